"""What the guard did, as events that an organization's admins are told of."""

from collections.abc import Sequence
from datetime import UTC, datetime

from libs.common.clock import Clock
from libs.common.contracts.alerts import AlertEvent
from libs.common.contracts.events import LeverSwitchedOff
from libs.common.ids import new_id
from services.alerts.domain.notification import notification_without_rule
from services.alerts.domain.rule_evaluation import Window
from services.alerts.ports import UnitOfWork


class GuardSteps:
    """Records each step once, however often it is told, and writes to the admins."""

    def __init__(self, uow: UnitOfWork, clock: Clock) -> None:
        self._uow = uow
        self._clock = clock

    async def record(self, steps: Sequence[LeverSwitchedOff]) -> None:
        """Record these steps and their notices, all of them or none."""
        now = self._clock.now()
        async with self._uow() as tx:
            for step in steps:
                event, at = _event(step), datetime.fromtimestamp(step.time_ms / 1000, UTC)
                if await tx.events.add(event, Window(org_id=step.org_id, start=at, end=at)):
                    notice = notification_without_rule(event, new_id("ntf", _ms(now)))
                    await tx.outbox.add(event.id, "email", notice, now)


def _event(step: LeverSwitchedOff) -> AlertEvent:
    return AlertEvent(
        id=new_id("ale", step.time_ms),
        org_id=step.org_id,
        rule_id=step.id,
        rule_name=f"Guard: {step.lever}",
        metric="lever_guard",
        kind="fired",
        value=step.worse_by,
        threshold=step.margin,
        time_ms=step.time_ms,
        data_as_of_ms=step.time_ms,
        message=f"The lever {step.lever} was switched off for your organization. {step.reason} An admin can switch it on again.",
    )


def _ms(time: datetime) -> int:
    return round(time.timestamp() * 1000)
