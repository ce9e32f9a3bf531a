"""The door for COMPLETION_FINISHED."""

from libs.common.bus.ports import Bus
from libs.common.contracts.events import COMPLETION_FINISHED
from services.alerts.metering import Metering


async def consume(bus: Bus, metering: Metering) -> None:
    """Count every finished request."""
    await bus.consume(COMPLETION_FINISHED, "alerts", metering.count, batch=500, wait_ms=200)
