"""Learning from routed requests: each is judged once, when it has had time to be complained about."""

import asyncio
from collections import defaultdict
from datetime import timedelta

from libs.common.clock import Clock
from services.analytics.domain.learning import Routed, add
from services.analytics.ports import TrainingSignals, UnitOfWork

_AT_ONCE = 500


class Learning:
    """Hands what an organization's traffic teaches to the routers. `patience` is how long a complaint may take."""

    def __init__(self, uow: UnitOfWork, clock: Clock, training_signals: TrainingSignals, patience: timedelta) -> None:
        self._uow = uow
        self._clock = clock
        self._training_signals = training_signals
        self._patience = patience

    async def learn(self) -> None:
        """Judge what has become old enough. What was published before a commit that fails is published again, the same."""
        while await self._portion() >= _AT_ONCE:
            pass

    async def _portion(self) -> int:
        async with self._uow() as tx:
            taken = await tx.learning.take(self._clock.now() - self._patience, _AT_ONCE)
            by_org = defaultdict[str, list[Routed]](list)
            for one in taken:
                by_org[one.org_id].append(one)
            for org_id in sorted(by_org):
                # Half a millisecond a label: beside the loop, which answers dashboards meanwhile.
                sums = await asyncio.to_thread(add, await tx.learning.sums(org_id), by_org[org_id])
                await tx.learning.keep(org_id, sums)
                await self._training_signals.publish(org_id, sums)
        return len(taken)
