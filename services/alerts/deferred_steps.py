"""Requests that waited and have their answers, as notifications for the webhooks that their clients named."""

from collections.abc import Sequence

from libs.common.clock import Clock
from libs.common.contracts.events import DeferredEnded
from services.alerts.domain.notification import deferred_notification
from services.alerts.ports import UnitOfWork


class DeferredSteps:
    """Keeps one notification for each request, however often its end is published."""

    def __init__(self, uow: UnitOfWork, clock: Clock) -> None:
        self._uow = uow
        self._clock = clock

    async def record(self, ended: Sequence[DeferredEnded]) -> None:
        """Have these sent, all of them or none. What is for a webhook that was deleted is dropped."""
        now = self._clock.now()
        async with self._uow() as tx:
            for one in ended:
                await tx.outbox.add_deferred(deferred_notification(one), now)
