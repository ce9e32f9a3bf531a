"""The periods of budgets: days and calendar months in UTC."""

from datetime import UTC, datetime, timedelta

import msgspec

from libs.common.contracts.auth import BudgetPeriod


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """From `start` until before `end`; `name` is its date without marks."""

    name: str
    start: datetime
    end: datetime


def period_at(kind: BudgetPeriod, now: datetime) -> Period:
    """The period that a moment lies in."""
    day = datetime(now.year, now.month, now.day, tzinfo=UTC)
    if kind == "day":
        return Period(name=f"{day:%Y%m%d}", start=day, end=day + timedelta(days=1))
    first = day.replace(day=1)
    return Period(name=f"{first:%Y%m}", start=first, end=(first + timedelta(days=32)).replace(day=1))
