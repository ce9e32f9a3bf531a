"""Periods, cut where the hourly sums can answer for them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.contracts.analytics import Period
from libs.common.errors import BadRequest
from services.analytics.domain.periods import interval, moment, time_range, week_end, week_of, weeks_worth_a_partition
from tests.unit.analytics.examples import NOW, ms

DAY = timedelta(days=1)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-20T{text}").replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "end", "head", "tail"),
    [
        ("10:20", "13:40", "11:00", "13:00"),
        ("10:00", "13:00", "10:00", "13:00"),
        ("10:00", "13:40", "10:00", "13:00"),
        ("10:20", "11:00", "11:00", "11:00"),  # no whole hour in it
        ("10:20", "10:40", "10:40", "10:40"),
        ("10:20", "11:10", "11:10", "11:10"),
        ("10:00", "10:00", "10:00", "10:00"),
        ("10:00:00.001", "12:00", "11:00", "12:00"),
    ],
)
def test_whole_hours(start: str, end: str, head: str, tail: str) -> None:
    found = time_range(Period(org_id="org_a", from_ms=ms(_at(start)), to_ms=ms(_at(end))))
    assert (found.start, found.head, found.tail, found.end) == tuple(map(_at, (start, head, tail, end)))


@given(st.integers(-(10**12), 10**13), st.integers(0, 10**9))
def test_the_parts_of_a_period_make_it_up(from_ms: int, length: int) -> None:
    found = time_range(Period(org_id="org_a", from_ms=from_ms, to_ms=from_ms + length))
    assert found.start <= found.head <= found.tail <= found.end
    if found.head < found.tail:
        assert ms(found.head) % 3_600_000 == ms(found.tail) % 3_600_000 == 0
        assert found.head - found.start < timedelta(hours=1) > found.end - found.tail
    else:
        assert found.end - found.start < timedelta(hours=2)
    assert found.head <= found.first_day <= found.last_day <= found.tail
    if found.first_day < found.last_day:
        assert ms(found.first_day) % 86_400_000 == ms(found.last_day) % 86_400_000 == 0
        assert found.first_day - found.head < DAY > found.tail - found.last_day
    else:
        assert found.tail - found.head < 2 * DAY


@pytest.mark.parametrize(("from_ms", "to_ms"), [(1, 0), (0, 10**30), (-(10**30), 0), (0, 253_402_300_800_000)])
def test_what_is_no_period(from_ms: int, to_ms: int) -> None:
    with pytest.raises(BadRequest):
        time_range(Period(org_id="org_a", from_ms=from_ms, to_ms=to_ms))


def test_intervals() -> None:
    assert [interval(name) for name in ("hour", "day", "week")] == ["hour", "day", "week"]
    with pytest.raises(BadRequest, match="interval"):
        interval("day'; DROP TABLE analytics.hours --")


def test_moments_are_exact_to_the_millisecond() -> None:
    assert moment(1_795_178_096_789, "at") == datetime(2026, 11, 20, 12, 34, 56, 789_000, tzinfo=UTC)


@given(st.integers(0, 4 * 10**12))
def test_weeks(at_ms: int) -> None:
    time = moment(at_ms, "at")
    week = week_of(time)
    assert week.weekday() == 0
    assert week <= time < week_end(week)
    assert week == week_of(week)


def test_only_what_could_be_true_is_worth_a_partition() -> None:
    times = [
        NOW,
        NOW - 90 * DAY,
        NOW - 91 * DAY,
        NOW + timedelta(minutes=5),
        NOW + timedelta(minutes=6),
        NOW + 400 * DAY,
    ]
    weeks = weeks_worth_a_partition(times, NOW, 90 * DAY)
    assert weeks == [week_of(NOW - 90 * DAY), week_of(NOW)]
    assert weeks_worth_a_partition([NOW + 7 * DAY], NOW, 90 * DAY) == []
