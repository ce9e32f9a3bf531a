"""Stretches of time: which whole hours the sums answer for, and which weeks of the log have a partition."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final, get_args

import msgspec

from libs.common.contracts.analytics import BreakdownQuery, LatencyQuery, Period, SavingsQuery
from libs.common.errors import BadRequest
from services.analytics.domain.sums import Interval

FUTURE_TOLERANCE: Final = timedelta(minutes=15)
_WEEK: Final = timedelta(days=7)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class TimeRange(msgspec.Struct, frozen=True, kw_only=True):
    """`start` up to and without `end`. Between `head` and `tail` lie whole hours only; both are `end` if there is none.
    Among those, whole days (UTC) lie between `first_day` and `last_day`; both are `tail` if there is none.
    """

    org_id: str
    start: datetime
    head: datetime
    first_day: datetime
    last_day: datetime
    tail: datetime
    end: datetime


def moment(ms: int, field: str) -> datetime:
    """Milliseconds since the epoch as a time; `BadRequest` names the field where no calendar has such a day."""
    try:
        return _EPOCH + timedelta(milliseconds=ms)
    except OverflowError:
        raise BadRequest(f"{field} is not a time that can be looked up.", param=field) from None


def time_range(period: Period | SavingsQuery | BreakdownQuery | LatencyQuery) -> TimeRange:
    """The period, cut at full hours. `BadRequest` where it ends before it starts."""
    start, end = moment(period.from_ms, "from"), moment(period.to_ms, "to")
    if start > end:
        raise BadRequest("from lies after to.", param="from")
    head, tail = _whole(start, end, timedelta(hours=1))
    first_day, last_day = _whole(head, tail, timedelta(days=1))
    return TimeRange(
        org_id=period.org_id, start=start, head=head, first_day=first_day, last_day=last_day, tail=tail, end=end
    )


def _whole(start: datetime, end: datetime, step: timedelta) -> tuple[datetime, datetime]:
    """The first and the last multiple of `step` (since the epoch) in a stretch, or its end, twice, without a whole one."""
    gap, last = (_EPOCH - start) % step, end - (end - _EPOCH) % step
    return (start + gap, last) if gap < last - start else (end, end)


def interval(name: str) -> Interval:
    """One of the three intervals, or `BadRequest`."""
    for known in get_args(Interval):
        if name == known:
            return known  # type: ignore[no-any-return]
    raise BadRequest("interval is one of hour, day, week.", param="interval")


def week_of(time: datetime) -> datetime:
    """The Monday, 0:00 UTC, of a time's week: the name and the start of a partition."""
    midnight = time.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(days=midnight.weekday())


def week_end(week: datetime) -> datetime:
    """Where the partition of a week ends."""
    return week + _WEEK


def weeks_worth_a_partition(times: Iterable[datetime], now: datetime, retention: timedelta) -> list[datetime]:
    """The weeks of these times, without what is from the future or past its retention: those stay in the default one.

    A clock gone wrong may name any week there is, and each would become a table.
    """
    oldest, newest = now - retention, now + FUTURE_TOLERANCE
    return sorted({week_of(time) for time in times if oldest <= time <= newest})
