"""Tasks that an answer does not wait for."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Final

import structlog

from services.auth.ports import RunInBackground

log = structlog.get_logger()
_MOST: Final = 200
_LAST_SECONDS: Final = 10.0


@asynccontextmanager
async def background_tasks() -> AsyncIterator[RunInBackground]:
    """A function that runs coroutines; at the end of the block they have ten seconds. Past two hundred at once, more are dropped."""
    tasks: set[asyncio.Task[None]] = set()

    def take(work: Coroutine[Any, Any, object]) -> None:
        if len(tasks) >= _MOST:
            work.close()
            log.warning("background_task_dropped", count=len(tasks))
            return
        task = asyncio.create_task(_watched(work))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    try:
        yield take
    finally:
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=_LAST_SECONDS)
            for task in late:
                task.cancel()


async def _watched(work: Coroutine[Any, Any, object]) -> None:
    try:
        await work
    except Exception as error:
        log.warning("background_task_failed", error_type=type(error).__name__)
