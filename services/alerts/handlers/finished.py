"""The doors for COMPLETION_FINISHED and ORG_DELETED."""

from libs.common.bus.ports import Bus
from libs.common.contracts.events import COMPLETION_FINISHED, ORG_DELETED
from services.alerts.metering import Metering


async def consume(bus: Bus, metering: Metering) -> None:
    """Count every finished request, and forget organisations that are no more."""
    await bus.consume(ORG_DELETED, "alerts_erase", metering.erase)
    await bus.consume(COMPLETION_FINISHED, "alerts", metering.count, batch=500, wait_ms=200)
