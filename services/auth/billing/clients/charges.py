"""What was charged, out of the request log."""

from libs.common.bus import Bus
from libs.common.contracts.analytics import CHARGED, LeaseOf


class BusCharges:
    """Implements `ports.Charges`."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def of_lease(self, org_id: str, lease_id: str) -> int:
        return (await self._bus.call(CHARGED, LeaseOf(org_id=org_id, lease_id=lease_id))).tokens
