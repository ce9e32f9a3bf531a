"""The bus inside one process, for tests and for services put together without a server. Encodes every message all the
same, so that what would not survive the wire does not survive here.
"""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from libs.common import context
from libs.common.bus import headers
from libs.common.bus.dispatch import answer, run_batch
from libs.common.bus.ports import BatchHandler, Handler, Listener
from libs.common.contracts.base import Bucket, Event, Payload, Rep, Req, Rpc, SharedCounter
from libs.common.errors import DeadlineExceeded, NoResponders, NotConnected, Unavailable


class MemoryBus:
    """Durable events are kept until every consumer that has ever named itself is done with them."""

    def __init__(self) -> None:
        self.connected = True
        self.dead_letters: list[bytes] = []
        self._served: dict[str, Callable[[bytes, dict[str, str]], Awaitable[tuple[dict[str, str], bytes]]]] = {}
        self._listeners: dict[str, list[Callable[[bytes], Awaitable[None]]]] = defaultdict(list)
        self._seen: set[str] = set()
        self._queues: dict[tuple[str, str], asyncio.Queue[bytes]] = {}
        self._unfinished: dict[tuple[str, str], int] = defaultdict(int)
        self._buckets: dict[tuple[str, str], tuple[bytes, float, int]] = {}
        self._revision = 0
        self._tallies: Counter[tuple[str, str]] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()

    def time(self) -> float | None:
        return None

    async def serve(self, rpc: Rpc[Req, Rep], handler: Handler[Req, Rep], *, concurrency: int = 64) -> None:
        gate = asyncio.Semaphore(concurrency)

        async def run(data: bytes, incoming: dict[str, str]) -> tuple[dict[str, str], bytes]:
            async with gate:
                return await answer(rpc, handler, data, incoming)

        self._served[rpc.subject] = run

    async def call(self, rpc: Rpc[Req, Rep], request: Req, *, budget_ms: float | None = None) -> Rep:
        if not self.connected:
            raise NotConnected(f"The bus is not connected, so {rpc.service} cannot be asked.")
        serve = self._served.get(rpc.subject)
        if serve is None:
            raise NoResponders(f"No {rpc.service} service answers.")
        budget = min(budget_ms or rpc.budget_ms, context.remaining_ms() or float("inf"))
        try:
            async with asyncio.timeout(max(budget, 0) / 1000):
                reply_headers, data = await asyncio.create_task(
                    _call(serve, msgspec.json.encode(request), headers.outgoing(budget))
                )
        except TimeoutError:
            raise DeadlineExceeded(f"{rpc.service} did not answer within {budget:.0f} ms.") from None
        if (error := headers.decode_error(reply_headers, data)) is not None:
            raise error
        reply: Rep = msgspec.json.decode(data, type=rpc.reply)
        return reply

    async def emit(self, event: Event[Payload], payload: Payload, *, event_id: str = "") -> None:
        self._check()
        data = msgspec.json.encode(payload)
        if not event.durable:
            for listener in self._listeners[event.subject]:
                self._spawn(listener(data))
        elif event_id not in self._seen:
            self._seen.add(event_id)
            for key, queue in self._queues.items():
                if key[0] == event.subject:
                    self._unfinished[key] += 1
                    queue.put_nowait(data)

    async def listen(self, event: Event[Payload], listener: Listener[Payload]) -> None:
        async def run(data: bytes) -> None:
            await listener(msgspec.json.decode(data, type=event.payload))

        self._listeners[event.subject].append(run)

    async def consume(
        self,
        event: Event[Payload],
        consumer: str,
        handler: BatchHandler[Payload],
        *,
        batch: int = 500,
        wait_ms: int = 200,
    ) -> None:
        key = (event.subject, consumer)
        queue = self._queues.setdefault(key, asyncio.Queue())

        async def run() -> None:
            while True:
                taken = [await queue.get()]
                while len(taken) < batch and not queue.empty():
                    taken.append(queue.get_nowait())
                while True:
                    try:
                        result = await run_batch(event, handler, taken)
                        break
                    except Unavailable:
                        await asyncio.sleep(wait_ms / 1000)
                self.dead_letters.extend(taken[i] for i in result.unreadable + result.failed)
                for position in result.postponed:
                    queue.put_nowait(taken[position])
                self._unfinished[key] -= len(taken) - len(result.postponed)

        self._spawn(run())

    async def pending(self, event: Event[Payload], consumer: str) -> int:
        return self._unfinished[event.subject, consumer]

    async def put(self, bucket: Bucket, key: str, value: bytes, *, max_age: float | None = None) -> None:
        self._check()
        self._revision += 1
        until = time.monotonic() + min(max_age or bucket.max_age, bucket.max_age)
        self._buckets[bucket.name, key] = (value, until, self._revision)

    async def get(self, bucket: Bucket, key: str) -> bytes | None:
        return (await self.revised(bucket, key))[0]

    async def revised(self, bucket: Bucket, key: str) -> tuple[bytes | None, int]:
        self._check()
        value, until, revision = self._buckets.get((bucket.name, key), (None, 0.0, 0))
        return (value, revision) if until > time.monotonic() else (None, 0)

    async def replace(
        self, bucket: Bucket, key: str, value: bytes, revision: int, *, max_age: float | None = None
    ) -> int | None:
        if (await self.revised(bucket, key))[1] != revision:
            return None
        await self.put(bucket, key, value, max_age=max_age)
        return self._revision

    async def keys(self, bucket: Bucket, pattern: str) -> list[str]:
        self._check()
        now = time.monotonic()
        found = (key for (name, key), (_, until, _) in self._buckets.items() if name == bucket.name and until > now)
        return sorted(key for key in found if _fits(key.split("."), pattern.split(".")))

    async def delete(self, bucket: Bucket, key: str) -> None:
        self._check()
        below = key.removesuffix(">") if key.endswith(".>") else None
        self._buckets = {
            place: value
            for place, value in self._buckets.items()
            if place[0] != bucket.name or not (place[1] == key if below is None else place[1].startswith(below))
        }

    async def add(self, tally: SharedCounter, key: str, amount: int) -> int:
        self._check()
        self._tallies[tally.name, key] += amount
        return self._tallies[tally.name, key]

    async def total(self, tally: SharedCounter, key: str) -> int | None:
        self._check()
        return self._tallies.get((tally.name, key))

    def _check(self) -> None:
        if not self.connected:
            raise NotConnected("The bus is not connected.")

    async def drain(self) -> None:
        self.connected = False
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _fits(key: list[str], pattern: list[str]) -> bool:
    """Whether the parts of a key are what a pattern asks for."""
    if pattern[-1] == ">":
        pattern = pattern[:-1]
        if len(key) <= len(pattern):
            return False
        key = key[: len(pattern)]
    return len(key) == len(pattern) and all(wanted in ("*", part) for part, wanted in zip(key, pattern, strict=True))


async def _call(
    serve: Callable[[bytes, dict[str, str]], Awaitable[tuple[dict[str, str], bytes]]], data: bytes, sent: dict[str, str]
) -> tuple[dict[str, str], bytes]:
    """A task of its own, so that the handler sees only the context that crosses the wire."""
    return await serve(data, sent)
