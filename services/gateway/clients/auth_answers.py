"""What auth answers about keys and issuers: requested once, cached for a while, and dropped as soon as auth publishes a change."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

import httpx
import msgspec

from libs.common import keys
from libs.common.bus.ports import Bus
from libs.common.byte_lru import ByteLru
from libs.common.clock import Clock
from libs.common.contracts.auth import Principal, PrincipalChanged, proof_of
from libs.common.contracts.base import DECODE_ERRORS, Rpc, decoder
from libs.common.errors import PromptlyError, Unauthorized, Unavailable

A = TypeVar("A")
_HTTP_SECONDS = 1.0
_LARGEST_DETAIL = 4096


class Answered(msgspec.Struct, Generic[A], frozen=True):
    """An answer, how many changes had been published when it was requested, and whether it came out of the cache."""

    value: A
    changes: int
    cached: bool


class AuthAnswers(Generic[A]):
    """Answers by name. `ttl` and `stale` are seconds: fresh for so long, good enough for so long while auth cannot be reached. A refusal
    is never kept, and an answer only where `keep` is called with it.
    """

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        ttl: float,
        stale: float,
        memory_bytes: int,
        principal_of: Callable[[A], Principal],
    ) -> None:
        self._bus = bus
        self._clock = clock
        self._ttl = ttl
        self._stale = stale
        self._kept = ByteLru[str, tuple[float, A]](memory_bytes)
        self._principal_of = principal_of
        self._pending: dict[str, asyncio.Task[Answered[A]]] = {}
        self._changes = 0
        self._disconnected_at = -math.inf

    async def get(self, name: str, ask: Callable[[], Awaitable[A]]) -> Answered[A]:
        """The answer under this name, or the one that `ask` gets. `Unauthorized` where auth refuses, `Unavailable` where it cannot be
        reached and nothing good enough is kept.
        """
        kept = self._kept.get(name)
        now, connected = self._clock.monotonic(), self._bus.connected
        if not connected:
            # A change may have been published meanwhile: once the bus is back, what is older is requested again.
            self._disconnected_at = now
        if kept is not None and now - kept[0] < self._ttl and (not connected or kept[0] > self._disconnected_at):
            return Answered(kept[1], self._changes, cached=True)
        try:
            # One call per name, however many requests wait for its answer; none of them leaving ends it.
            task = self._pending.get(name)
            if task is None:
                task = self._pending[name] = asyncio.create_task(self.ask(ask))
                task.add_done_callback(lambda _: self._pending.pop(name, None))
            return await asyncio.shield(task)
        except Unauthorized:
            self._kept.pop(name)
            raise
        except PromptlyError as error:
            kept = self._kept.get(name)  # again: it may have been revoked while auth was called
            if kept is not None and now - kept[0] < self._stale:
                return Answered(kept[1], self._changes, cached=True)
            raise Unavailable(error.message) from None

    async def ask(self, ask: Callable[[], Awaitable[A]]) -> Answered[A]:
        """The answer that `ask` gets now."""
        changes = self._changes
        return Answered(await ask(), changes, cached=False)

    def keep(self, name: str, answered: Answered[A], size: int) -> None:
        """Keep a new answer of so many bytes, unless it may be older than a change that was published meanwhile."""
        if not answered.cached and answered.changes == self._changes:
            org_id = self._principal_of(answered.value).org_id
            self._kept.put(name, (self._clock.monotonic(), answered.value), size, org_id)

    async def on_change(self, change: PrincipalChanged) -> None:
        """Drop what is about this key, or about this organization."""
        self._changes += 1
        gone = [
            name
            for name, (_, value) in self._kept.of(change.org_id)
            if change.key_id in (None, self._principal_of(value).key_id)
        ]
        for name in gone:
            self._kept.pop(name)


class AuthCalls:
    """Questions to auth: over the bus or, where that is away, over `http`, with the proof that a gateway asks."""

    def __init__(self, bus: Bus, pepper: str, http: httpx.AsyncClient | None) -> None:
        self._bus = bus
        self._pepper = pepper
        self._http = http

    def proof(self, about: str) -> str:
        """What shows that a question about this comes from a gateway."""
        return keys.digest(proof_of(about), self._pepper)

    async def __call__(self, rpc: Rpc[Any, A], request: Any, path: str, over_http: Any) -> A:
        """The answer to `request`; `over_http` is the same question as `path` takes it."""
        try:
            return await self._bus.call(rpc, request)
        except DECODE_ERRORS:
            raise Unavailable("auth answered with something that cannot be read.") from None
        except Unavailable:
            if self._http is None:
                raise
        try:
            answer = await self._http.post(path, content=msgspec.json.encode(over_http), timeout=_HTTP_SECONDS)
        except httpx.HTTPError:
            raise Unavailable("auth cannot be reached.") from None
        if answer.status_code == Unauthorized.status:
            raise Unauthorized(_detail(answer.content))
        if answer.status_code != 200:
            raise Unavailable("auth cannot say now.")
        try:
            found: A = decoder(rpc.reply).decode(answer.content)
        except DECODE_ERRORS:
            raise Unavailable("auth answered with something that cannot be read.") from None
        return found


def _detail(body: bytes) -> str:
    try:
        said = msgspec.json.decode(body[:_LARGEST_DETAIL], type=dict[str, str])
    except DECODE_ERRORS:
        return ""
    return said.get("detail", "")
