"""Keeps the log's partitions ahead of time, and an eye on the database and the backlog."""

import asyncio

import structlog
from prometheus_client import Gauge

from libs.common.bus.ports import Bus
from libs.common.contracts.events import COMPLETION_FINISHED
from services.analytics.ports import UnitOfWork
from services.analytics.requests import Requests

log = structlog.get_logger()
PENDING = Gauge("promptly_analytics_pending_events", "Finished requests that are not in the log yet")


async def upkeep(requests: Requests, every_seconds: float) -> None:
    """Make and drop partitions until cancelled. Whatever goes wrong once is tried again: rows find a place meanwhile."""
    while True:
        try:
            await requests.keep_up()
        except Exception as error:
            log.warning("log_upkeep_failed", error_type=type(error).__name__)
        await asyncio.sleep(every_seconds)


async def watch(uow: UnitOfWork, bus: Bus, every_seconds: float) -> None:
    """Ask the database and the bus how they are until cancelled; readiness and the gauge tell."""
    while True:
        try:
            async with uow():
                pass  # beginning a transaction is the question
            PENDING.set(await bus.pending(COMPLETION_FINISHED, "analytics"))
        except Exception as error:
            log.info("analytics_waits", error_type=type(error).__name__)
        await asyncio.sleep(every_seconds)
