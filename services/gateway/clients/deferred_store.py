"""Requests that wait for a batch, in a bucket that all gateways share.

Keys begin with the organization, so that all of one can be removed. What holds texts is compressed and sealed. The queue is in the keys
alone: one look at them shows what is to be done.
"""

import asyncio
import base64
import zlib
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import msgspec

from libs.common import context
from libs.common.bus.ports import Bus
from libs.common.clock import Clock
from libs.common.contracts.base import DECODE_ERRORS, decoder
from libs.common.contracts.gateway import DEFERRED, DEFERRED_BYTES
from libs.common.errors import PromptlyError, Unavailable
from libs.common.ids import new_id
from libs.common.sealing import CannotOpen, Sealer
from services.gateway.domain.batches import Batch, BatchLimits
from services.gateway.domain.deferred import (
    DeferredAnswer,
    DeferredRequest,
    DeferredStatus,
    Queue,
    WaitingRequest,
    status_url,
)

T = TypeVar("T")
_REQUEST, _ANSWER = "deferred-request", "deferred-answer"
_MOST = 6 << 20  # bytes, sealed: the bus takes 8 MiB
_BUDGET_MS = 5_000.0
_UNCERTAIN = "It is not certain whether this request waits for a batch now. Look at {url} before you send it again."


class BusDeferredStore:
    """See `ports.DeferredStore`. `ttl` is in seconds; `daily` is bytes of each organization's in a UTC day."""

    def __init__(self, bus: Bus, sealer: Sealer, clock: Clock, limits: BatchLimits, *, ttl: float, daily: int) -> None:
        self._bus = bus
        self._sealer = sealer
        self._clock = clock
        self._ttl = ttl
        self._daily = daily
        self._lease_seconds = limits.lease_seconds
        self._pause = limits.look_seconds
        self._own = new_id("gw")

    @property
    def answer_seconds(self) -> float:
        return self._ttl

    async def add(self, request: DeferredRequest, group: str, size: int) -> bool:
        org = request.principal.org_id
        sealed = await self._sealed(org, _REQUEST, request.id, request)
        if len(sealed) > _MOST:
            return False
        status = DeferredStatus(
            id=request.id,
            surface=request.surface,
            state="queued",
            created_ms=request.time_ms,
            deadline_ms=request.deadline_ms,
        )
        try:
            with _within():
                if not await self._counted(org, len(sealed)):
                    return False
                await self._bus.put(DEFERRED, f"{org}.request.{request.id}", sealed)
                await self._bus.put(DEFERRED, f"{org}.status.{request.id}", msgspec.json.encode(status))
                # Last: what stands in the queue is complete.
                name = f"{request.id}.{request.time_ms}.{request.deadline_ms}.{size}"
                await self._bus.put(DEFERRED, f"{org}.queue.{group}.{name}", b"1")
        except PromptlyError:
            # It may stand in the queue, where it is nothing without its request.
            try:
                await self.forget_request(org, request.id)
            except PromptlyError:
                raise Unavailable(_UNCERTAIN.format(url=status_url(request.id))) from None
            return False
        return True

    async def status(self, org_id: str, request_id: str) -> tuple[DeferredStatus | None, int]:
        with _within():
            data, revision = await self._bus.revised(DEFERRED, f"{org_id}.status.{request_id}")
        return _decoded(data, DeferredStatus), revision

    async def change(self, org_id: str, status: DeferredStatus, revision: int) -> bool:
        with _within():
            key = f"{org_id}.status.{status.id}"
            return await self._bus.replace(DEFERRED, key, msgspec.json.encode(status), revision) is not None

    async def request(self, org_id: str, request_id: str) -> DeferredRequest | None:
        return await self._opened(org_id, _REQUEST, "request", request_id, DeferredRequest)

    async def answer(self, org_id: str, request_id: str) -> DeferredAnswer | None:
        return await self._opened(org_id, _ANSWER, "answer", request_id, DeferredAnswer)

    async def keep(self, org_id: str, request_id: str, answer: DeferredAnswer) -> bool:
        sealed = await self._sealed(org_id, _ANSWER, request_id, answer)
        if len(sealed) > _MOST:
            return False
        with _within():
            await self._bus.put(DEFERRED, f"{org_id}.answer.{request_id}", sealed, max_age=self._ttl)
            await self._bus.add(DEFERRED_BYTES, self._day(org_id), len(sealed))
        return True

    async def forget_request(self, org_id: str, request_id: str) -> None:
        with _within():
            await self._bus.delete(DEFERRED, f"{org_id}.request.{request_id}")

    async def forget_answer(self, org_id: str, request_id: str) -> None:
        with _within():
            await self._bus.delete(DEFERRED, f"{org_id}.answer.{request_id}")

    async def erase(self, org_id: str) -> None:
        await self._bus.delete(DEFERRED, f"{org_id}.>")

    async def queues(self, org_id: str = "*", group: str = "*") -> list[Queue]:
        with _within():
            queued = await self._bus.keys(DEFERRED, f"{org_id}.queue.{group}.>")
            batches = await self._bus.keys(DEFERRED, f"{org_id}.batch.{group}.*")
        waiting: dict[tuple[str, str], list[WaitingRequest]] = defaultdict(list)
        named: dict[tuple[str, str], list[str]] = defaultdict(list)
        for key in queued:
            org, _, named_group, request_id, time_ms, deadline_ms, size = key.split(".")
            waiting[org, named_group].append(
                WaitingRequest(id=request_id, time_ms=int(time_ms), deadline_ms=int(deadline_ms), size=int(size))
            )
        for key in batches:
            org, _, named_group, name = key.split(".")
            named[org, named_group].append(name)
        return [
            Queue(
                org_id=place[0],
                group=place[1],
                waiting=tuple(sorted(waiting.get(place, ()), key=lambda one: (one.time_ms, one.id))),
                batches=tuple(named.get(place, ())),
            )
            for place in sorted({*waiting, *named})
        ]

    async def leave_queue(self, org_id: str, group: str, one: WaitingRequest) -> None:
        name = f"{one.id}.{one.time_ms}.{one.deadline_ms}.{one.size}"
        with _within():
            await self._bus.delete(DEFERRED, f"{org_id}.queue.{group}.{name}")

    async def batch(self, org_id: str, group: str, name: str) -> Batch | None:
        with _within():
            return _decoded(await self._bus.get(DEFERRED, f"{org_id}.batch.{group}.{name}"), Batch)

    async def save_batch(self, batch: Batch) -> None:
        with _within():
            key = f"{batch.group.org_id}.batch.{batch.group.digest}.{batch.name}"
            await self._bus.put(DEFERRED, key, msgspec.json.encode(batch))

    async def forget_batch(self, batch: Batch) -> None:
        with _within():
            await self._bus.delete(DEFERRED, f"{batch.group.org_id}.batch.{batch.group.digest}.{batch.name}")

    @asynccontextmanager
    async def lease(self, org_id: str, group: str) -> AsyncIterator[bool]:
        """See the port. The block is cancelled where the lease is lost."""
        key = f"{org_id}.lease.{group}"
        revision = await self._take(key, self._lease_seconds, None)
        if revision is None:
            yield False
            return
        holder = asyncio.current_task()
        assert holder is not None
        lost = False

        async def renew() -> None:
            nonlocal revision, lost
            renewed = self._clock.monotonic()
            while True:
                await asyncio.sleep(self._lease_seconds / 4)
                began = self._clock.monotonic()
                try:
                    found = await self._take(key, self._lease_seconds, revision)
                except PromptlyError:  # while the bus is away nobody gets it, until it is over
                    if began - renewed < self._lease_seconds:
                        continue
                    found = None
                if found is None:
                    lost = True
                    holder.cancel()
                    return
                revision, renewed = found, began

        renewing = asyncio.create_task(renew())
        try:
            yield True
        except asyncio.CancelledError:
            if not lost:
                raise
            holder.uncancel()
        finally:
            renewing.cancel()
            if not lost:
                await self._take(key, self._pause, revision)

    async def _take(self, key: str, seconds: float, held: int | None) -> int | None:
        """The revision of a lease that is ours for so many seconds; None where another gateway has it. `held` is that of ours."""
        with _within():
            data, revision = await self._bus.revised(DEFERRED, key)
            if data is not None and held != revision:
                until, _, owner = data.decode().partition(" ")
                # Ours may have been renewed without our having heard of it.
                if float(until) > self._now() and (held is None or owner != self._own):
                    return None
            mine = f"{self._now() + seconds:.3f} {self._own}".encode()
            return await self._bus.replace(DEFERRED, key, mine, revision, max_age=86_400)

    def _now(self) -> float:
        """Seconds since the epoch, on the clock that all gateways have in common."""
        shared = self._bus.time()
        return self._clock.now().timestamp() if shared is None else shared

    def _day(self, org_id: str) -> str:
        return f"{org_id}.{self._clock.now():%Y%m%d}"

    async def _counted(self, org_id: str, size: int) -> bool:
        total = await self._bus.add(DEFERRED_BYTES, self._day(org_id), size)
        if total <= self._daily:
            return True
        await self._bus.add(DEFERRED_BYTES, self._day(org_id), -size)
        return False

    async def _sealed(self, org_id: str, purpose: str, name: str, value: msgspec.Struct) -> bytes:
        def sealed() -> bytes:
            packed = base64.b64encode(zlib.compress(msgspec.json.encode(value))).decode()
            return self._sealer.seal(org_id, purpose, name, packed).encode()

        return await asyncio.to_thread(sealed)

    async def _opened(self, org_id: str, purpose: str, kind: str, name: str, shape: type[T]) -> T | None:
        with _within():
            data = await self._bus.get(DEFERRED, f"{org_id}.{kind}.{name}")
        if data is None:
            return None

        def opened() -> T | None:
            try:
                packed = self._sealer.open(org_id, purpose, name, data.decode())
            except (CannotOpen, UnicodeDecodeError):
                return None
            return _decoded(zlib.decompress(base64.b64decode(packed)), shape)

        return await asyncio.to_thread(opened)


def _decoded(data: bytes | None, shape: type[T]) -> T | None:
    if data is None:
        return None
    try:
        found: T = decoder(shape).decode(data)
    except DECODE_ERRORS:
        return None
    return found


def _within() -> Any:
    return context.bound(request_id=context.request_id(), budget_ms=_BUDGET_MS)
