"""What analytics has learned of each organization, read when it is first needed and then now and again."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass

import structlog

from libs.common.bus.ports import Bus
from libs.common.clock import Clock
from libs.common.contracts.base import DECODE_ERRORS, decoder
from libs.common.contracts.router import LEARNED, Learned
from libs.common.errors import PromptlyError
from services.router.domain.quality_uplift import Estimate, Prior, learned, shipped

log = structlog.get_logger()
_KEPT = 10_000


@dataclass(slots=True)
class _Kept:
    estimate: Estimate
    asked: float


class BusEstimates:
    """Implements `ports.Calibrations`. Nobody waits: a request takes what is there, and has it renewed for the next ones."""

    def __init__(self, bus: Bus, prior: Prior, clock: Clock, refresh_seconds: float) -> None:
        self._bus = bus
        self._prior = prior
        self._clock = clock
        self._refresh = refresh_seconds
        self._shipped = shipped(prior)
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._asking: set[asyncio.Task[None]] = set()

    def of(self, org_id: str) -> Estimate:
        if not org_id:
            return self._shipped
        now = self._clock.monotonic()
        kept = self._kept.get(org_id)
        if kept is None:
            kept = self._kept[org_id] = _Kept(self._shipped, now - self._refresh)
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        if now - kept.asked >= self._refresh:
            kept.asked = now
            task = asyncio.create_task(self._renew(org_id, kept))
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)
        return kept.estimate

    async def settle(self) -> None:
        """Until nothing is being asked any more."""
        await asyncio.gather(*self._asking)

    async def _renew(self, org_id: str, kept: _Kept) -> None:
        try:
            found = await self._bus.get(LEARNED, org_id)
            kept.estimate = learned(self._prior, decoder(Learned).decode(found)) if found else self._shipped
        except (PromptlyError, *DECODE_ERRORS, ValueError) as error:
            log.warning("learned_not_read", org_id=org_id, error_type=type(error).__name__)
