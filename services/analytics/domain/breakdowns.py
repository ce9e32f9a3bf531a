"""What a breakdown asks for, checked, and the answer put together."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

import msgspec

from libs.common.contracts.analytics import Breakdown, BreakdownPoint, BreakdownQuery, BreakdownRow, Use
from libs.common.errors import BadRequest
from services.analytics.domain.periods import TimeRange, moment

DIMENSIONS: Final = ("key", "endpoint", "model", "provider")
LABELS: Final = ("user", "team", "client", "error")
INTERVALS: Final = ("hour", "day", "week", "month")
MAX_LIMIT: Final = 500
MAX_MERGED: Final = 5_000
# An answer is one message on the bus.
MAX_POINTS: Final = 4_000
_TAG: Final = re.compile(r"tag:[^\x00]{1,256}", re.DOTALL)
_FIELDS: Final = Use.__struct_fields__


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The dimensions of a breakdown, in their order, with the one among them or the filters that is a label; and the starts of its
    intervals, of which the last ends at `until`. `merged_keys` count as one.
    """

    by: tuple[str, ...]
    filters: Mapping[str, str] = {}
    label: str | None = None
    starts: tuple[datetime, ...] = ()
    until: datetime | None = None
    merged_keys: tuple[str, ...] = ()


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What was found for one value of each dimension, in one interval (by its place) or in the whole period."""

    values: tuple[str, ...]
    use: Use
    place: int = 0


class Groups(msgspec.Struct, frozen=True, kw_only=True):
    """What a period's sums are by the dimensions: a row for each value, the costliest first; those by interval, where any were asked for;
    and all that have the dimensions, rows or not.
    """

    rows: Sequence[Found]
    points: Sequence[Found] = ()
    whole: Use


def asked(query: BreakdownQuery, time_range: TimeRange) -> Asked:
    """The query, checked. `BadRequest` names the field that is wrong."""
    if not 1 <= len(query.by) <= 2 or len({*query.by}) < len(query.by):
        raise BadRequest("by takes one or two different dimensions.", param="by")
    for name in (*query.by, *query.filters):
        if name not in DIMENSIONS and not is_label(name):
            known = ", ".join((*DIMENSIONS, *LABELS))
            raise BadRequest(f"A dimension is one of {known}, or tag:name.", param="by")
    labels = {name for name in (*query.by, *query.filters) if is_label(name)}
    if len(labels) > 1:
        raise BadRequest("At most one of user, team, client, error and tags can be asked for at once.", param="by")
    if not 1 <= query.limit <= MAX_LIMIT:
        raise BadRequest(f"limit is between 1 and {MAX_LIMIT}.", param="limit")
    if len(query.merged_keys) > MAX_MERGED:
        raise BadRequest(f"At most {MAX_MERGED} keys can count as one.", param="merged_keys")
    place = zone(query.time_zone)
    starts = () if query.interval is None else intervals(time_range, query.interval, place)
    if len(starts) * query.limit > MAX_POINTS:
        raise BadRequest(
            f"{len(starts)} intervals of {query.limit} rows are too much for one answer: ask for a longer interval, a shorter"
            " period or a lower limit.",
            param="interval",
        )
    until = _next(starts[-1], query.interval, place) if starts and query.interval is not None else None
    return Asked(
        by=query.by,
        filters=query.filters,
        label=next(iter(labels), None),
        starts=starts,
        until=until,
        merged_keys=query.merged_keys,
    )


def is_label(name: str) -> bool:
    """Whether a dimension is one that requests may not have."""
    return name in LABELS or _TAG.fullmatch(name) is not None


def zone(name: str) -> ZoneInfo:
    """A time zone by its name in the IANA database; `BadRequest` for another."""
    if name not in _zones():
        raise BadRequest("time_zone is a name such as Europe/Berlin.", param="time_zone")
    return ZoneInfo(name)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())  # it walks through folders


def intervals(time_range: TimeRange, step: str, place: ZoneInfo) -> tuple[datetime, ...]:
    """The starts of the intervals that a period touches, by the clocks of a place. Weeks start on Monday."""
    if step not in INTERVALS:
        raise BadRequest(f"interval is one of {', '.join(INTERVALS)}.", param="interval")
    found: list[datetime] = []
    start = _floor(time_range.start, step, place)
    while start < time_range.end:
        if len(found) == MAX_POINTS:
            raise BadRequest("The period has too many intervals for one answer.", param="interval")
        found.append(start)
        start = _next(start, step, place)
    return tuple(found)


def previous(query: BreakdownQuery) -> tuple[int, int]:
    """The period before, in milliseconds: as many months back where it begins with a month, else as long and just before."""
    place = zone(query.time_zone)
    start, end = (moment(ms, name).astimezone(place) for ms, name in ((query.from_ms, "from"), (query.to_ms, "to")))
    if start == _floor(start, "month", place):
        months = (end.year - start.year) * 12 + end.month - start.month
        months = max(1, months if end == _floor(end, "month", place) else months + 1)
        return _ms(_months_before(start, months)), _ms(_months_before(end, months))
    return 2 * query.from_ms - query.to_ms, query.from_ms


def breakdown(
    found: Groups,
    total: Use,
    question: Asked,
    time_range: TimeRange,
) -> Breakdown:
    """The answer without the period before as a whole."""
    lines: dict[tuple[str, ...], list[BreakdownPoint]] = {}
    for point in sorted(found.points, key=lambda one: one.place):
        at = BreakdownPoint(time_ms=_ms(question.starts[point.place]), use=point.use)
        lines.setdefault(point.values, []).append(at)
    rows = tuple(
        BreakdownRow(
            values=one.values,
            use=one.use,
            points=tuple(lines.get(one.values, ())),
        )
        for one in found.rows
    )
    ends = (*question.starts[1:], question.until)
    partial = [
        start
        for start, end in zip(question.starts, ends, strict=bool(question.starts))
        if start < time_range.start or (end is not None and end > time_range.end)
    ]
    return Breakdown(
        rows=rows,
        other=less(found.whole, *(row.use for row in rows)),
        without=less(total, found.whole),
        total=total,
        intervals=tuple(map(_ms, question.starts)),
        partial=tuple(map(_ms, partial)),
    )


def compared(answer: Breakdown, before: Sequence[Found], total: Use, from_ms: int, to_ms: int) -> Breakdown:
    """The answer beside the period before; a value that had nothing then has zeros."""
    earlier = {one.values: one.use for one in before}
    rows = tuple(msgspec.structs.replace(row, previous=earlier.get(row.values, Use())) for row in answer.rows)
    return msgspec.structs.replace(
        answer, rows=rows, previous_total=total, previous_from_ms=from_ms, previous_to_ms=to_ms
    )


def less(whole: Use, *parts: Use) -> Use:
    """What parts leave of a whole."""
    return Use(**{name: getattr(whole, name) - sum(getattr(part, name) for part in parts) for name in _FIELDS})


def _floor(time: datetime, step: str, place: ZoneInfo) -> datetime:
    local = time.astimezone(place)
    if step == "hour":  # which an hour is, is the same everywhere but for the minutes
        return local.replace(minute=0, second=0, microsecond=0).astimezone(UTC)
    day = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if step == "week":
        day -= timedelta(days=day.weekday())
    elif step == "month":
        day = day.replace(day=1)
    return day.astimezone(UTC)


def _next(start: datetime, step: str, place: ZoneInfo) -> datetime:
    if step == "hour":
        return start + timedelta(hours=1)
    # By the local calendar: a day may have 23 or 25 hours.
    local = start.astimezone(place) + timedelta(hours=3)
    days = {"day": 1, "week": 7, "month": 32}[step]
    return _floor((local.replace(tzinfo=None) + timedelta(days=days)).replace(tzinfo=place), step, place)


def _months_before(time: datetime, months: int) -> datetime:
    """The same day and time of day so many months before, or the month's last day where it is shorter."""
    number = time.year * 12 + time.month - 1 - months
    first = time.replace(year=number // 12, month=number % 12 + 1, day=1)
    last = ((first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)).day
    return first.replace(day=min(time.day, last))


def _ms(time: datetime) -> int:
    return round(time.timestamp() * 1000)
