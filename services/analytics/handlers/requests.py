"""Bus handlers for COMPLETION_FINISHED, FEEDBACK_GIVEN, ORG_DELETED, REQUESTS, REQUEST, SPENT and CHARGED."""

from libs.common.bus.ports import Bus
from libs.common.contracts.analytics import CHARGED, REQUEST, REQUESTS, SPENT
from libs.common.contracts.events import COMPLETION_FINISHED, FEEDBACK_GIVEN, ORG_DELETED
from services.analytics.requests import Requests


async def serve(bus: Bus, requests: Requests) -> None:
    """Write down what finished, and look it up."""
    await bus.serve(REQUESTS, requests.page)
    await bus.serve(REQUEST, requests.one)
    await bus.serve(SPENT, requests.spent)
    await bus.serve(CHARGED, requests.charged)
    await bus.consume(FEEDBACK_GIVEN, "analytics_feedback", requests.record_feedback)
    await bus.consume(ORG_DELETED, "analytics_erase", requests.erase)
    await bus.consume(COMPLETION_FINISHED, "analytics", requests.record, batch=500, wait_ms=200)
