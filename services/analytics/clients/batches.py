"""Batches at providers, which only gateways reach."""

from libs.common.bus.ports import Bus
from libs.common.contracts.gateway import CHECK_BATCH, CheckBatch


class BusBatchChecker:
    """Implements `ports.BatchChecker`."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def check(self, org_id: str, batch_id: str) -> bool:
        return (await self._bus.call(CHECK_BATCH, CheckBatch(org_id=org_id, batch_id=batch_id))).over
