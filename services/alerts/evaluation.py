"""Looks at every active rule, and records what crossed and what came back."""

from datetime import datetime, timedelta

from libs.common.clock import Clock
from libs.common.contracts.alerts import AlertEvent, AlertRule
from libs.common.ids import new_id
from services.alerts.domain.messages import sentence
from services.alerts.domain.metrics import METRICS, WindowUsage
from services.alerts.domain.notification import notification_of
from services.alerts.domain.rule_evaluation import Decision, RuleWithState, Window, decide, forecast, window
from services.alerts.ports import Backlog, Tx, UnitOfWork


class Evaluation:
    """One look is one transaction: an event, its notices and the state that goes with it are kept together or not at all.
    Of several copies of the service, one looks at a time.
    """

    def __init__(self, uow: UnitOfWork, backlog: Backlog, clock: Clock, resolve_after: timedelta) -> None:
        self._uow = uow
        self._backlog = backlog
        self._clock = clock
        self._resolve_after = resolve_after

    async def evaluate(self) -> None:
        """Evaluate all rules once, unless somebody else is doing so."""
        behind = await self._backlog.behind()
        async with self._uow() as tx:
            if not await tx.rules.try_lock():
                return
            watched = await tx.rules.active()
            now = self._clock.now()
            windows = [window(one.rule, now) for one in watched]
            for one, seen, counted in zip(watched, windows, await tx.usage.counted(windows), strict=True):
                decision = decide(one, counted, now, behind=behind, resolve_after=self._resolve_after)
                if decision.kind is not None:
                    await _record(tx, one.rule, _event(one, decision, counted, now), seen, now)
                if decision.state != one.state:
                    await tx.rules.save_state(one.rule, decision.state)


async def _record(tx: Tx, rule: AlertRule, event: AlertEvent, seen: Window, now: datetime) -> None:
    if await tx.events.add(event, seen):
        for channel in rule.channels:
            await tx.outbox.add(event.id, channel, notification_of(rule, event, new_id("ntf", _ms(now))), now)


def _event(watched: RuleWithState, decision: Decision, counted: WindowUsage, now: datetime) -> AlertEvent:
    rule = watched.rule
    assert decision.kind is not None
    expected = forecast(rule, counted, now) if decision.kind == "fired" else None
    return AlertEvent(
        id=new_id("ale", _ms(now)),
        org_id=rule.org_id,
        rule_id=rule.id,
        rule_name=rule.name,
        metric=rule.metric,
        kind=decision.kind,
        value=decision.value,
        threshold=rule.threshold,
        time_ms=_ms(now),
        data_as_of_ms=None if counted.newest is None else _ms(counted.newest),
        forecast=expected,
        scope=rule.scope,
        message=sentence(rule, decision.kind, decision.value, expected, METRICS[rule.metric].note(counted)),
    )


def _ms(time: datetime) -> int:
    return round(time.timestamp() * 1000)
