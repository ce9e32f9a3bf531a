"""How many finished requests wait to be counted, as the bus knows it."""

from prometheus_client import Gauge

from libs.common.bus.ports import Bus
from libs.common.contracts.events import COMPLETION_FINISHED
from libs.common.errors import Unavailable

PENDING = Gauge("promptly_alerts_pending_events", "Finished requests that alert rules do not see yet")


class BusBacklog:
    """Implements `ports.Backlog`. Without the bus nobody knows, so counting is behind."""

    def __init__(self, bus: Bus, most: int) -> None:
        self._bus = bus
        self._most = most

    async def behind(self) -> bool:
        try:
            pending = await self._bus.pending(COMPLETION_FINISHED, "alerts")
        except Unavailable:
            return True
        PENDING.set(pending)
        return pending > self._most
