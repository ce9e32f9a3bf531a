"""Counts finished requests, each once, for as long as a rule may look at them."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from libs.common.bounded import bounded
from libs.common.clock import Clock
from libs.common.contracts.events import CompletionFinished, OrgDeleted
from services.alerts.domain.anomaly import HISTORY_DAYS
from services.alerts.ports import UnitOfWork
from services.alerts.translate.request_sample import sample

# Longer than the bus keeps an event (7 days) and a rule looks back (7 days).
_REMEMBERED: Final = timedelta(days=8)
# Longer than a month, and than what a day is compared with.
_DAYS_REMEMBERED: Final = timedelta(days=HISTORY_DAYS + 8)


class UsageCounting:
    """A request older than what is remembered is not counted: nobody looks, and nobody would know it a second time."""

    def __init__(self, uow: UnitOfWork, clock: Clock) -> None:
        self._uow = uow
        self._clock = clock

    async def count(self, events: Sequence[CompletionFinished]) -> None:
        """Count a batch, all of it or nothing."""
        oldest = self._clock.now() - _REMEMBERED
        samples = {found.id: found for event in events if (found := sample(bounded(event))).at >= oldest}
        if samples:
            async with self._uow() as tx:
                await tx.usage.add(list(samples.values()))

    async def erase(self, deleted: Sequence[OrgDeleted]) -> None:
        """Keep nothing of these organizations, also of what of theirs is still on its way."""
        for org_id in sorted({one.org_id for one in deleted}):
            async with self._uow() as tx:
                await tx.erasing.forbid(org_id, self._clock.now())
            more = True
            while more:
                async with self._uow() as tx:
                    more = await tx.erasing.erase(org_id)

    async def sweep(self) -> None:
        """Forget what is too old to matter, a portion at a time."""
        more = True
        while more:
            async with self._uow() as tx:
                now = self._clock.now()
                more = await tx.usage.sweep(now - _REMEMBERED, now - _DAYS_REMEMBERED)
