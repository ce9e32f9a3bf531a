"""How many gateways there are: each one says every few seconds that it is there."""

import asyncio

from libs.common.bus.ports import Bus
from libs.common.clock import Clock
from libs.common.contracts.gateway import GATEWAY_ALIVE, GatewayAlive
from libs.common.errors import PromptlyError
from libs.common.ids import new_id

EVERY_SECONDS = 5.0
_GONE_AFTER = 3 * EVERY_SECONDS


class Replicas:
    """`count` is the last known number; while the bus is away it stays."""

    def __init__(self, bus: Bus, clock: Clock) -> None:
        self._bus = bus
        self._clock = clock
        self._own = new_id("gw")
        self._seen: dict[str, float] = {}
        self.count = 1

    async def start(self) -> None:
        """Listen for the others."""
        await self._bus.listen(GATEWAY_ALIVE, self._consume)

    async def keep_publishing(self) -> None:
        """Publish that this gateway is there, until cancelled."""
        while True:
            try:
                await self._bus.emit(GATEWAY_ALIVE, GatewayAlive(id=self._own))
                self._expire()
            except PromptlyError:
                pass  # the bus is away; it is published again in a moment
            await asyncio.sleep(EVERY_SECONDS)

    async def _consume(self, alive: GatewayAlive) -> None:
        self._seen[alive.id] = self._clock.monotonic()
        self._expire()

    def _expire(self) -> None:
        before = self._clock.monotonic() - _GONE_AFTER
        self._seen = {name: at for name, at in self._seen.items() if at > before}
        self.count = max(1, len(self._seen))
