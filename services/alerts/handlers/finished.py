"""The doors for COMPLETION_FINISHED and ORG_DELETED."""

from libs.common.bus.ports import Bus
from libs.common.contracts.events import COMPLETION_FINISHED, ORG_DELETED
from services.alerts.usage_counters import UsageCounting


async def consume(bus: Bus, counting: UsageCounting) -> None:
    """Count every finished request, and forget organizations that are no more."""
    await bus.consume(ORG_DELETED, "alerts_erase", counting.erase)
    await bus.consume(COMPLETION_FINISHED, "alerts", counting.count, batch=500, wait_ms=200)
