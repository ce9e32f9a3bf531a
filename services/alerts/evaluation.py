"""Looks at every active rule, and records what crossed and what came back."""

from datetime import datetime

from libs.common.clock import Clock
from libs.common.contracts.alerts import AlertEvent
from libs.common.ids import new_id
from services.alerts.domain.watching import Counted, Decision, Watched, decide, window
from services.alerts.ports import Backlog, UnitOfWork


class Evaluation:
    """One look is one transaction: an event and the state that goes with it are kept together or not at all. Copies that
    look at the same time share the rules out among them.
    """

    def __init__(self, uow: UnitOfWork, backlog: Backlog, clock: Clock) -> None:
        self._uow = uow
        self._backlog = backlog
        self._clock = clock

    async def look(self) -> None:
        """Evaluate all rules once."""
        behind = await self._backlog.behind()
        async with self._uow() as tx:
            watched = await tx.rules.watched()
            now = self._clock.now()
            windows = [window(one.rule, now) for one in watched]
            for one, seen, counted in zip(watched, windows, await tx.meter.counted(windows), strict=True):
                decision = decide(one, counted, now, behind=behind)
                if decision.kind is not None:
                    await tx.events.add(_event(one, decision, counted, now), seen)
                if decision.state != one.state:
                    await tx.rules.stand(one.rule, decision.state)


def _event(watched: Watched, decision: Decision, counted: Counted, now: datetime) -> AlertEvent:
    rule = watched.rule
    assert decision.kind is not None
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
    )


def _ms(time: datetime) -> int:
    return round(time.timestamp() * 1000)
