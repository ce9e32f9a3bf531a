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
    """`count` is what was heard last; while the bus is away nobody is heard, and nobody is taken for gone."""

    def __init__(self, bus: Bus, clock: Clock) -> None:
        self._bus = bus
        self._clock = clock
        self._own = new_id("gw")
        self._heard: dict[str, float] = {}
        self.count = 1

    async def start(self) -> None:
        """Listen for the others."""
        await self._bus.listen(GATEWAY_ALIVE, self._hear)

    async def keep_telling(self) -> None:
        """Tell the others, for ever."""
        while True:
            try:
                await self._bus.emit(GATEWAY_ALIVE, GatewayAlive(id=self._own))
                self._forget()
            except PromptlyError:
                pass  # the bus is away; it is told again in a moment
            await asyncio.sleep(EVERY_SECONDS)

    async def _hear(self, alive: GatewayAlive) -> None:
        self._heard[alive.id] = self._clock.monotonic()
        self._forget()

    def _forget(self) -> None:
        before = self._clock.monotonic() - _GONE_AFTER
        self._heard = {name: at for name, at in self._heard.items() if at > before}
        self.count = max(1, len(self._heard))
