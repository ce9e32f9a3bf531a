"""Calendars of breakdowns, and what cannot be asked."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.contracts.analytics import BreakdownQuery, Period
from libs.common.errors import BadRequest
from services.analytics.domain.breakdowns import INTERVALS, asked, intervals, previous, zone
from services.analytics.domain.periods import time_range
from services.analytics.translate.labels import MAX_LABELS, MAX_VALUES, OTHER, Labels, labels_of
from tests.unit.analytics.examples import NOW, ms, request

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Santiago")


def query(start: datetime, end: datetime, **more: object) -> BreakdownQuery:
    plain: dict[str, object] = {"by": ("key",), "limit": 10}
    return BreakdownQuery(org_id="org_a", from_ms=ms(start), to_ms=ms(end), **{**plain, **more})  # type: ignore[arg-type]


def local(text: str, place: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(place))


def before(start: str, end: str, place: str = "Europe/Berlin") -> tuple[str, str]:
    found = previous(query(local(start, place), local(end, place), time_zone=place))
    times = (datetime.fromtimestamp(at / 1000, UTC).astimezone(ZoneInfo(place)) for at in found)
    first, last = (f"{time:%Y-%m-%d %H:%M}" for time in times)
    return first, last


@pytest.mark.parametrize(
    ("asked_for", "found"),
    [
        (("2026-11-01", "2026-12-01"), ("2026-10-01 00:00", "2026-11-01 00:00")),
        (("2026-03-01", "2026-04-01"), ("2026-02-01 00:00", "2026-03-01 00:00")),
        (("2026-01-01", "2026-02-01"), ("2025-12-01 00:00", "2026-01-01 00:00")),
        (("2026-11-01", "2026-11-15"), ("2026-10-01 00:00", "2026-10-15 00:00")),  # a month so far
        (("2026-03-01", "2026-03-31"), ("2026-02-01 00:00", "2026-02-28 00:00")),
        (("2026-07-01", "2026-10-01"), ("2026-04-01 00:00", "2026-07-01 00:00")),
        (("2026-11-02", "2026-11-09"), ("2026-10-26 00:00", "2026-11-02 00:00")),
    ],
)
def test_the_period_before(asked_for: tuple[str, str], found: tuple[str, str]) -> None:
    assert before(*asked_for) == found


@given(
    begin=st.integers(0, 90_000).map(
        lambda hours: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=hours, seconds=hours % 7)
    ),
    days=st.floats(0, 70),
    step=st.sampled_from(INTERVALS),
    place=st.sampled_from(ZONES),
)
def test_intervals_follow_the_clocks_of_the_place(begin: datetime, days: float, step: str, place: str) -> None:
    end = begin + timedelta(days=days)
    found = intervals(time_range(Period(org_id="o", from_ms=ms(begin), to_ms=ms(end))), step, ZoneInfo(place))
    assert list(found) == sorted({*found})
    if not found:
        assert days < 0.001
        return
    assert found[0] <= begin + timedelta(milliseconds=1)
    assert found[-1] < end
    for time in found:
        here = time.astimezone(ZoneInfo(place))
        assert here.second == 0
        if step != "hour" and place != "America/Santiago":  # whose summer begins at midnight
            assert (here.hour, here.minute) == (0, 0)
        if step == "month":
            assert here.day == 1
        if step == "week":
            assert here.weekday() == 0
    longest = {"hour": 3600, "day": 25 * 3600, "week": 169 * 3600, "month": 745 * 3600}[step]
    for one, other in zip(found, found[1:], strict=False):
        assert 0 < (other - one).total_seconds() <= longest


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"by": ()}, "by"),
        ({"by": ("key", "model", "user")}, "by"),
        ({"by": ("key", "key")}, "by"),
        ({"by": ("colour",)}, "by"),
        ({"by": ("tag:",)}, "by"),
        ({"by": ("user", "client")}, "by"),
        ({"by": ("user",), "filters": {"tag:team": "a"}}, "by"),
        ({"filters": {"org_id": "org_b"}}, "by"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"time_zone": "../../etc/passwd"}, "time_zone"),
        ({"time_zone": ""}, "time_zone"),
        ({"interval": "minute"}, "interval"),
        ({"interval": "hour"}, "interval"),
        ({"limit": 0}, "limit"),
        ({"limit": 501}, "limit"),
    ],
)
def test_what_cannot_be_asked(changes: dict[str, object], param: str) -> None:
    wanted = query(NOW - timedelta(days=400), NOW, **changes)
    with pytest.raises(BadRequest) as refused:
        asked(wanted, time_range(wanted))
    assert refused.value.details.param == param


def test_a_zone_is_known_by_its_name() -> None:
    assert zone("Europe/Berlin") == ZoneInfo("Europe/Berlin")


def test_names_have_a_bound_by_day_and_organization() -> None:
    labels = Labels()
    many = [request(end_user=f"user {number}", at=NOW) for number in range(MAX_VALUES + 5)]
    found = [label.value for label in labels.of(many)]
    assert len({*found}) == MAX_VALUES + 1
    assert found[-5:] == [OTHER] * 5
    again, other, tomorrow = (
        request(end_user="user 7"),
        request("org_b", end_user="somebody"),
        request(at=NOW + timedelta(days=1), end_user="somebody"),
    )
    assert [label.value for label in labels.of([again, other, tomorrow])] == ["user 7", "somebody", "somebody"]


def test_tags_have_a_bound_too() -> None:
    labels = Labels()
    found = labels.of([request(tags={f"tag {number}": "x"}) for number in range(MAX_LABELS + 9)])
    assert len({label.label for label in found}) == MAX_LABELS


def test_a_request_s_names_are_those_of_the_log() -> None:
    event = request(end_user="a\x00nn", team_id="team_1", client="codex", tags={"team\x00": "x" * 300})
    assert labels_of(event) == {"user": "ann", "team": "team_1", "client": "codex", "tag:team": "x" * 256}
    assert labels_of(request()) == {}


def test_what_is_remembered_has_a_bound_over_all_organizations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.analytics.translate.labels._MAX_REMEMBERED", 50)
    labels = Labels()
    for number in range(40):
        labels.of([request(f"org_{number}", end_user=f"user {one}") for one in range(10)])
        assert sum(len(values) for seen in labels._seen.values() for values in seen.values()) <= 60
    assert ("org_39", NOW.date()) in labels._seen
