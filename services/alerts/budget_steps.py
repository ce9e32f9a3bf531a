"""Budgets that had no room, as events that an organization's admins are told of."""

from collections.abc import Sequence
from datetime import UTC, datetime

from libs.common.clock import Clock
from libs.common.contracts.alerts import AlertEvent
from libs.common.contracts.events import BudgetExceeded
from libs.common.ids import new_id
from libs.common.money import usd
from services.alerts.domain.messages import budget_sentence
from services.alerts.domain.notification import notification_without_rule
from services.alerts.domain.rule_evaluation import Window
from services.alerts.ports import UnitOfWork


class BudgetSteps:
    """Records each budget once in a period, however many gateways tell of it, and writes to the admins."""

    def __init__(self, uow: UnitOfWork, clock: Clock) -> None:
        self._uow = uow
        self._clock = clock

    async def record(self, told: Sequence[BudgetExceeded]) -> None:
        """Record these and their notifications, all of them or none."""
        now = self._clock.now()
        async with self._uow() as tx:
            for one in told:
                event = _event(one)
                window = Window(org_id=one.org_id, start=_moment(one.start_ms), end=_moment(one.time_ms))
                if await tx.events.add(event, window):
                    notice = notification_without_rule(event, new_id("ntf", round(now.timestamp() * 1000)))
                    await tx.outbox.add(event.id, "email", notice, now)


def _event(one: BudgetExceeded) -> AlertEvent:
    limit = usd(one.limit_nano)
    return AlertEvent(
        id=new_id("ale", one.time_ms),
        org_id=one.org_id,
        rule_id=one.budget_id,
        rule_name=f"Budget: {one.name}",
        metric="budget",
        kind="fired",
        value=limit,
        threshold=limit,
        time_ms=one.time_ms,
        data_as_of_ms=one.time_ms,
        message=budget_sentence(one),
    )


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
