"""Work beside requests: what comes round, and what outlives the request that began it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import structlog

from libs.common.errors import PromptlyError
from libs.common.telemetry import metrics

log = structlog.get_logger()
T = TypeVar("T")


class Background:
    """Tasks that nobody has to wait for. A failure is logged with its type and counted; `drain` waits for what is left.

    One for each part of a service, so that each can be drained when its turn comes.
    """

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    def start(self, name: str, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Run `work` in a task of its own; whoever waits for the task gets its result or its exception as well."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def drain(self) -> None:
        """Wait until no task is left, those included that are started meanwhile."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (failure := task.exception()) is not None:
            metrics.BACKGROUND_FAILURES.labels(task.get_name()).inc()
            # One of our own errors is an answer as well: whoever waits for the task passes it on.
            write = log.warning if isinstance(failure, PromptlyError) else log.error
            write("background_task_failed", job=task.get_name(), error_type=type(failure).__name__)


async def every(name: str, work: Callable[[], Awaitable[None]], every_seconds: float) -> None:
    """Do `work`, again and again, until cancelled. What fails is logged, and done again the next time."""
    while True:
        try:
            await work()
        except Exception as error:
            log.warning("job_failed", job=name, error_type=type(error).__name__)
        await asyncio.sleep(every_seconds)


@asynccontextmanager
async def background(*works: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
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
