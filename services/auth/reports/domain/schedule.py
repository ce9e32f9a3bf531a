"""Which days a report is about, and when it is sent. All in UTC."""

from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec

ReportPeriod = Literal["month", "week"]
# The last requests of a period are in the log by then.
_SETTLED: Final = timedelta(hours=6)
# Ten hours in all: well before the next period ends.
_PAUSES: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 120, 180, 240))


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """From `start`, up to and without `end`."""

    start: datetime
    end: datetime


def last_span(period: ReportPeriod, now: datetime) -> Span:
    """The last whole month, or the last whole week from Monday on."""
    end = _start(period, now)
    return Span(start=_start(period, end - timedelta(days=1)), end=end)


def next_due(period: ReportPeriod, now: datetime) -> datetime:
    """When the report about the period that runs now is sent."""
    return _start(period, _start(period, now) + timedelta(days=7 if period == "week" else 32)) + _SETTLED


def retry_after(attempts: int) -> timedelta | None:
    """How long to wait after so many failed tries; None: this report is given up."""
    return _PAUSES[attempts - 1] if attempts <= len(_PAUSES) else None


def _start(period: ReportPeriod, moment: datetime) -> datetime:
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return day.replace(day=1) if period == "month" else day - timedelta(days=day.weekday())
