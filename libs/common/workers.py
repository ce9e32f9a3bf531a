"""Processes that do one piece of work at a time, and are ended where it takes too long: a thread cannot be."""

import asyncio
import contextlib
import struct
import sys
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from typing import BinaryIO

import structlog
from prometheus_client import Counter as Metric

from libs.common.errors import Unavailable

log = structlog.get_logger()
ENDED = Metric(
    "promptly_workers_ended", "Worker processes that were ended because one piece of work took too long.", ["name"]
)
SKIPPED = Metric(
    "promptly_workers_skipped", "Pieces of work that no worker was free for in time, or that were too long.", ["name"]
)
_LENGTH = struct.Struct(">I")
_MOST_BYTES = 64 << 20
_MOST_OWNERS = 4_096


class Workers:
    """Some processes of one program, which is given pieces of work on its standard input, each with its length before it.

    Each owner has at most all processes but one at a time, so that nobody's texts keep everybody's waiting, and the one
    that worked for it last where that is free: it remembers the most of its texts.
    """

    def __init__(self, name: str, program: Sequence[str], *, count: int, seconds: float) -> None:
        self._name = name
        self._program = program
        self._seconds = seconds
        self._share = max(1, count - 1)
        self._busy: Counter[str] = Counter()
        self._workers = [_Worker(name, program) for _ in range(count)]
        self._idle: list[_Worker] = list(self._workers)
        self._last: OrderedDict[str, _Worker] = OrderedDict()
        self._freed = asyncio.Condition()
        self._tasks: set[asyncio.Task[bytes]] = set()

    async def start(self) -> None:
        """Start every process; each is ready when it has loaded what it needs, and work waits for it until then."""
        for worker in self._workers:
            await worker.start()

    async def close(self) -> None:
        """End every process."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for worker in self._workers:
            await worker.end()

    async def ask(self, owner: str, work: bytes, wait_seconds: float) -> bytes:
        """What a worker makes of it. `Unavailable` where that takes longer than `wait_seconds`: the work itself may go on, up
        to the bound that all work has, so that what is remembered of it is there the next time.
        """
        task = asyncio.create_task(self._ask(owner, work, wait_seconds))
        self._tasks.add(task)
        task.add_done_callback(self._done)
        try:
            return await asyncio.wait_for(asyncio.shield(task), wait_seconds)
        except TimeoutError:
            SKIPPED.labels(self._name).inc()
            raise Unavailable(f"The {self._name} had no time for a text of this length.") from None

    def _done(self, task: asyncio.Task[bytes]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # whoever asked may be gone, and nobody else looks

    async def _ask(self, owner: str, work: bytes, wait_seconds: float) -> bytes:
        worker = await self._free(owner, wait_seconds)
        try:
            await worker.ready()
            return await asyncio.wait_for(worker.ask(work), self._seconds)
        except TimeoutError:
            ENDED.labels(self._name).inc()
            log.warning("worker_ended", part=self._name, reason="too_slow", count=len(work))
            await worker.restart()
            raise Unavailable(f"The {self._name} gave a text up after {self._seconds:g} s.") from None
        except (OSError, EOFError, asyncio.IncompleteReadError):
            log.warning("worker_ended", part=self._name, reason="died")
            await worker.restart()
            raise Unavailable(f"The {self._name} lost the process that worked on a text.") from None
        except asyncio.CancelledError:
            await worker.end()
            raise
        finally:
            async with self._freed:
                self._busy[owner] -= 1
                if not self._busy[owner]:
                    del self._busy[owner]
                self._idle.append(worker)
                self._freed.notify_all()

    async def _free(self, owner: str, wait_seconds: float) -> "_Worker":
        def mine() -> bool:
            return bool(self._idle) and self._busy[owner] < self._share

        async with self._freed:
            try:
                await asyncio.wait_for(self._freed.wait_for(mine), wait_seconds)
            except TimeoutError:
                raise Unavailable(f"The {self._name} has other long texts to work on.") from None
            self._busy[owner] += 1
            worker = self._last.pop(owner, None)
            if worker is None or worker not in self._idle:
                # The one that became free last has the most of what it remembers at hand.
                worker = self._idle[-1]
            self._idle.remove(worker)
            self._last[owner] = worker
            if len(self._last) > _MOST_OWNERS:
                self._last.popitem(last=False)
            return worker


class _Worker:
    """One process, started again whenever it is gone."""

    def __init__(self, name: str, program: Sequence[str]) -> None:
        self._name = name
        self._program = program
        self._process: asyncio.subprocess.Process | None = None
        self._loaded = False

    async def start(self) -> None:
        if self._process is None or self._process.returncode is not None:
            self._loaded = False
            self._process = await asyncio.create_subprocess_exec(
                *self._program, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
            )

    async def ready(self) -> None:
        """Wait until it says that it has loaded what it needs."""
        await self.start()
        if not self._loaded:
            await self._read()
            self._loaded = True

    async def ask(self, work: bytes) -> bytes:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(_LENGTH.pack(len(work)) + work)
        await self._process.stdin.drain()
        return await self._read()

    async def _read(self) -> bytes:
        assert self._process is not None
        assert self._process.stdout is not None
        (length,) = _LENGTH.unpack(await self._process.stdout.readexactly(_LENGTH.size))
        return await self._process.stdout.readexactly(length)

    async def restart(self) -> None:
        await self.end()
        await self.start()

    async def end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def serve(answer: Callable[[bytes], bytes]) -> None:
    """The other side: answer each piece of work on standard input, until that ends. Nothing else may write to standard output."""
    given, out = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr
    out.write(_LENGTH.pack(0))
    out.flush()
    while (work := _read(given)) is not None:
        made = answer(work)
        out.write(_LENGTH.pack(len(made)) + made)
        out.flush()


def _read(given: BinaryIO) -> bytes | None:
    head = given.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    return given.read(length) if length <= _MOST_BYTES else None
