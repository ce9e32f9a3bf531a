"""Probes the database and the backlog."""

from prometheus_client import Gauge

from libs.common.bus.ports import Bus
from libs.common.contracts.events import COMPLETION_FINISHED
from services.analytics.ports import UnitOfWork

PENDING = Gauge("promptly_analytics_pending_events", "Finished requests that are not in the log yet")


class HealthCheck:
    """Probes the database and the bus; readiness and the gauge show the result."""

    def __init__(self, uow: UnitOfWork, bus: Bus) -> None:
        self._uow = uow
        self._bus = bus

    async def probe(self) -> None:
        """Probe once."""
        async with self._uow():
            pass  # beginning a transaction is the probe
        PENDING.set(await self._bus.pending(COMPLETION_FINISHED, "analytics"))
