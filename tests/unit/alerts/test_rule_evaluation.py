"""When a rule fires, when it resolves, and when it keeps still."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.alerts.domain.metrics import WindowUsage
from services.alerts.domain.rule_evaluation import Decision, RuleWithState, State, forecast, measure, window
from services.alerts.domain.rule_evaluation import decide as decide_after
from tests.unit.alerts.examples import rule

NOW = datetime(2026, 11, 20, 12, 34, 56, tzinfo=UTC)
DOLLAR = 1_000_000_000
OK = State()
SETTLE = timedelta(seconds=15)
FIRING = State(firing=True, fired_at=NOW - timedelta(minutes=10))
RESOLVED = State(fired_at=NOW - timedelta(minutes=10))


def decide(watched: RuleWithState, counted: WindowUsage, now: datetime, *, behind: bool) -> Decision:
    return decide_after(watched, counted, now, behind=behind, resolve_after=timedelta(0))


@pytest.mark.parametrize(
    ("metric", "counted", "value"),
    [
        ("cost_per_request", WindowUsage(), None),
        ("cost_per_request", WindowUsage(requests=4, spend_nano=2 * DOLLAR), 0.5),
        ("daily_spend", WindowUsage(), 0.0),
        ("daily_spend", WindowUsage(requests=2, spend_nano=51 * DOLLAR, cost_nano=1), 51.0),
        ("error_rate", WindowUsage(), None),
        ("error_rate", WindowUsage(requests=8, errors=2), 25.0),
        ("latency_p95", WindowUsage(), None),
        ("savings_percentage", WindowUsage(requests=5), None),
        ("savings_percentage", WindowUsage(requests=5, baseline_nano=200, cost_nano=50, spend_nano=999), 75.0),
        ("savings_percentage", WindowUsage(requests=5, baseline_nano=200, cost_nano=300), -50.0),
    ],
)
def test_the_metrics(metric: Any, counted: WindowUsage, value: float | None) -> None:
    assert measure(rule(metric=metric), counted) == value


@pytest.mark.parametrize(
    ("operator", "below", "equal", "above"),
    [("gt", False, False, True), ("gte", False, True, True), ("lt", True, False, False), ("lte", True, True, False)],
)
def test_the_operators(operator: Any, below: bool, equal: bool, above: bool) -> None:
    watched = RuleWithState(rule=rule(operator=operator))
    for dollars, crossed in ((49, below), (50, equal), (51, above)):
        decision = decide(watched, WindowUsage(spend_nano=dollars * DOLLAR), NOW, behind=False)
        assert (decision.kind == "fired") is crossed
        assert decision.state.firing is crossed


def test_a_tenth_of_a_dollar_is_a_tenth_of_a_dollar() -> None:
    watched = RuleWithState(rule=rule(operator="gt", threshold=0.1))
    assert decide(watched, WindowUsage(spend_nano=100_000_000), NOW, behind=False).kind is None
    assert decide(watched, WindowUsage(spend_nano=100_000_001), NOW, behind=False).kind == "fired"


@pytest.mark.parametrize(
    ("state", "dollars", "kind", "firing"),
    [
        (OK, 40, None, False),
        (OK, 60, "fired", True),
        (FIRING, 60, None, True),
        (FIRING, 40, "resolved", False),
        (RESOLVED, 60, None, False),  # cooling down
        (State(fired_at=NOW - timedelta(minutes=60)), 60, "fired", True),  # cooled down to the second
        (State(fired_at=NOW - timedelta(minutes=59, seconds=59)), 60, None, False),
    ],
)
def test_the_states(state: State, dollars: int, kind: str | None, firing: bool) -> None:
    watched = RuleWithState(rule=rule(cooldown_minutes=60), state=state)
    decision = decide(watched, WindowUsage(spend_nano=dollars * DOLLAR), NOW, behind=False)
    assert (decision.kind, decision.state.firing) == (kind, firing)
    assert decision.state.fired_at == (NOW if kind == "fired" else state.fired_at)


@pytest.mark.parametrize("metric", ["error_rate", "latency_p95", "savings_percentage"])
@pytest.mark.parametrize("state", [OK, FIRING])
def test_a_window_without_requests_decides_nothing(metric: Any, state: State) -> None:
    watched = RuleWithState(rule=rule(metric=metric, operator="lt", threshold=100), state=state)
    decision = decide(watched, WindowUsage(), NOW, behind=False)
    assert (decision.kind, decision.state) == (None, state)


@pytest.mark.parametrize(
    ("changes", "state", "counted", "kind"),
    [
        ({}, OK, WindowUsage(spend_nano=60 * DOLLAR), "fired"),  # whatever is still to come, it stays crossed
        ({"operator": "gte"}, OK, WindowUsage(spend_nano=50 * DOLLAR), "fired"),
        ({}, FIRING, WindowUsage(), None),  # the day's requests may only not be counted yet
        ({"operator": "lt"}, OK, WindowUsage(spend_nano=1), None),
        ({"metric": "error_rate", "threshold": 5}, OK, WindowUsage(requests=1, errors=1), None),
        ({"metric": "error_rate", "threshold": 5}, FIRING, WindowUsage(requests=1), None),
    ],
)
def test_while_counting_is_behind_only_what_cannot_come_back_fires(
    changes: dict[str, Any], state: State, counted: WindowUsage, kind: str | None
) -> None:
    decision = decide(RuleWithState(rule=rule(**changes), state=state), counted, NOW, behind=True)
    assert decision.kind == kind
    if kind is None:
        assert decision.state == state


def test_windows() -> None:
    day = window(rule(), NOW)
    assert (day.start, day.end) == (datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC))
    last = window(rule(metric="error_rate", window_minutes=5), NOW)
    assert last.start == datetime(2026, 11, 20, 12, 29, tzinfo=UTC)
    assert NOW < last.end <= NOW + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("back_at", "dollars", "kind", "then"),
    [
        (None, 40, None, NOW),  # back for the first time
        (NOW - timedelta(seconds=14), 40, None, NOW - timedelta(seconds=14)),
        (NOW - timedelta(seconds=15), 40, "resolved", None),
        (NOW - timedelta(seconds=14), 60, None, None),  # and gone again
    ],
)
def test_a_recovery_has_to_last(
    back_at: datetime | None, dollars: int, kind: str | None, then: datetime | None
) -> None:
    state = State(firing=True, fired_at=NOW - timedelta(minutes=10), back_at=back_at)
    counted = WindowUsage(spend_nano=dollars * DOLLAR)
    decision = decide_after(RuleWithState(rule=rule(), state=state), counted, NOW, behind=False, resolve_after=SETTLE)
    assert (decision.kind, decision.state.back_at) == (kind, then)
    assert decision.state.firing is (kind is None)


@pytest.mark.parametrize(
    ("hour", "metric", "expected"),
    [(0, "daily_spend", None), (1, "daily_spend", 240.0), (6, "daily_spend", 40.0), (6, "error_rate", None)],
)
def test_the_forecast(hour: int, metric: Any, expected: float | None) -> None:
    now = datetime(2026, 11, 20, hour, tzinfo=UTC)
    assert forecast(rule(metric=metric), WindowUsage(spend_nano=10 * DOLLAR), now) == expected
