"""Work that comes round."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

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


@asynccontextmanager
async def running(*works: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run these beside the block; they are cancelled, and waited for, when it ends."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        yield
    finally:
        # Again and again: a driver's wait that ends in the very moment of a cancellation can swallow it.
        waiting = set(tasks)
        while waiting:
            for task in waiting:
                task.cancel()
            _, waiting = await asyncio.wait(waiting, timeout=1)
