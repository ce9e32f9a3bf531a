"""Which requests a rule is evaluated over, and what follows from the value."""

import operator
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec

from libs.common.contracts.alerts import AlertRule, Operator
from libs.common.money import usd
from services.alerts.domain.anomaly import HISTORY_DAYS
from services.alerts.domain.metrics import METRICS, WindowUsage
from services.alerts.domain.scopes import counted_as

_COMPARE: Final[Mapping[Operator, Callable[[float, float], bool]]] = {
    "gt": operator.gt,
    "lt": operator.lt,
    "gte": operator.ge,
    "lte": operator.le,
}
_SKEW: Final = timedelta(minutes=5)  # a gateway's clock may be ahead of ours by this much


class State(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a rule fires now, when it last began to, and since when its value has been back meanwhile."""

    firing: bool = False
    fired_at: datetime | None = None
    back_at: datetime | None = None


class RuleWithState(msgspec.Struct, frozen=True, kw_only=True):
    """A rule and where it stands."""

    rule: AlertRule
    state: State = State()


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule looks at: from `start`, up to and without `end`, by minutes or `daily`; its requests are counted under `scope`."""

    org_id: str
    start: datetime
    end: datetime
    scope: str = ""
    daily: bool = False


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """Where the rule stands now, and what there is to record."""

    state: State
    kind: Literal["fired", "resolved"] | None = None
    value: float = 0.0


def window(rule: AlertRule, now: datetime) -> Window:
    """The day or the month so far (UTC) for spending, with the weeks before for what is unusual; for the rest the last
    `window_minutes`, and the minute that has begun.
    """
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    month = today.replace(day=1)
    tomorrow = today + timedelta(days=1)
    start, end = {
        "day": (today, tomorrow),
        "month": (month, (month + timedelta(days=31)).replace(day=1)),
        "weeks": (today - timedelta(days=HISTORY_DAYS + 1), tomorrow),
        "window": (now.replace(second=0, microsecond=0) - timedelta(minutes=rule.window_minutes), now + _SKEW),
    }[over := METRICS[rule.metric].over]
    return Window(
        org_id=rule.org_id, start=start, end=end, scope=counted_as(rule.scope), daily=over in ("month", "weeks")
    )


def measure(rule: AlertRule, usage: WindowUsage) -> float | None:
    """The metric in the threshold's unit; None where there is nothing to divide by."""
    return METRICS[rule.metric].compute(usage)


def decide(
    standing: RuleWithState, usage: WindowUsage, now: datetime, *, behind: bool, resolve_after: timedelta
) -> Decision:
    """Fire once when the threshold is crossed, resolve once when it has not been any more for as long as `resolve_after`.

    Without a value nothing changes. Neither does anything while counting is `behind`, but for one case: what was spent
    only grows, so that a limit that is crossed already stays crossed. After a firing the next one waits for the cooldown.
    """
    rule, state = standing.rule, standing.state
    value = measure(rule, usage)
    if value is None:
        return Decision(state=state)
    crossed = _COMPARE[rule.operator](value, rule.threshold)
    certain = crossed and METRICS[rule.metric].grows and rule.operator in ("gt", "gte")
    if behind and not certain:
        return Decision(state=state)
    if state.firing:
        if crossed:
            return Decision(state=State(firing=True, fired_at=state.fired_at))
        back_at = state.back_at or now
        if now - back_at < resolve_after:
            return Decision(state=State(firing=True, fired_at=state.fired_at, back_at=back_at))
        return Decision(state=State(fired_at=state.fired_at), kind="resolved", value=value)
    cooling = state.fired_at is not None and now < state.fired_at + timedelta(minutes=rule.cooldown_minutes)
    if not crossed or cooling:
        return Decision(state=state)
    return Decision(state=State(firing=True, fired_at=now), kind="fired", value=value)


def forecast(rule: AlertRule, usage: WindowUsage, now: datetime) -> float | None:
    """What the day or the month will have cost at the pace so far, in dollars; None for other metrics, in the day's first hour and in
    the month's first day.
    """
    whole = window(rule, now)
    gone, least = now - whole.start, timedelta(days=1) if whole.daily else timedelta(hours=1)
    if not METRICS[rule.metric].grows or gone < least:
        return None
    return usd(usage.spend_nano) * ((whole.end - whole.start) / gone)
