"""What was learned, kept where routers read it."""

import msgspec

from libs.common.bus.ports import Bus
from libs.common.contracts.router import LEARNED, Learned


class BusTrainingSignals:
    """Implements `ports.TrainingSignals`. Raises as `Bus.put` does, and is then asked again."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def publish(self, org_id: str, sums: Learned) -> None:
        await self._bus.put(LEARNED, org_id, msgspec.json.encode(sums))

    async def forget(self, org_id: str) -> None:
        await self._bus.put(LEARNED, org_id, b"")
