"""Work that comes round."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger()


async def regularly(name: str, work: Callable[[], Awaitable[None]], every_seconds: float) -> None:
    """Do `work`, again and again, until cancelled. What fails is logged, and done again the next time."""
    while True:
        try:
            await work()
        except Exception as error:
            log.warning("job_failed", job=name, error_type=type(error).__name__)
        await asyncio.sleep(every_seconds)
