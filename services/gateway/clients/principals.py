"""Who a key belongs to: requested of auth once, cached for a while, and dropped as soon as auth publishes a change."""

import asyncio
import math
from collections.abc import Awaitable, Callable

import httpx
import msgspec
import structlog

from libs.common import keys
from libs.common.bus.ports import Bus
from libs.common.byte_lru import ByteLru
from libs.common.clock import Clock
from libs.common.contracts.auth import (
    PRINCIPAL_CHANGED,
    VERIFY_API_KEY,
    VERIFY_OVER_HTTP,
    Principal,
    PrincipalChanged,
    VerifyApiKey,
    VerifyOverHttp,
    proof_of,
)
from libs.common.contracts.base import DECODE_ERRORS, decoder
from libs.common.errors import NotFound, PromptlyError, Unauthorized, Unavailable

log = structlog.get_logger()
_HTTP_SECONDS = 1.0
_REFUSED = "The API key is missing, unknown, revoked or expired."


class BusPrincipals:
    """Principals by the digest of their key. `ttl` and `stale` are seconds: fresh for so long, good enough for so long
    while auth cannot be reached, over the bus or, where that is away, over `http`. A key that auth refused is never kept.
    """

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        pepper: str,
        ttl: float,
        stale: float,
        memory_bytes: int = 64 << 20,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self._http = http
        self._bus = bus
        self._clock = clock
        self._pepper = pepper
        self._ttl = ttl
        self._stale = stale
        self._kept = ByteLru[str, tuple[float, Principal]](memory_bytes)
        self._pending: dict[str, asyncio.Task[Principal]] = {}
        self._changes = 0
        self._disconnected_at = -math.inf
        self.auth_answered = False

    async def start(self) -> None:
        """Listen for changes."""
        await self._bus.listen(PRINCIPAL_CHANGED, self._changed)

    async def verify(self, api_key: str | None) -> Principal:
        """See `ports.Principals`. A mistyped key is refused without a call."""
        if not api_key or not keys.well_formed(api_key):
            raise Unauthorized(_REFUSED)
        digest = keys.digest(api_key, self._pepper)
        kept = self._kept.get(digest)
        now, connected = self._clock.monotonic(), self._bus.connected
        if not connected:
            # A change may have been published meanwhile: once the bus is back, what is older is requested again.
            self._disconnected_at = now
        if kept is not None and now - kept[0] < self._ttl and (not connected or kept[0] > self._disconnected_at):
            return self._unexpired(kept[1])
        try:
            # One call per key, however many requests wait for its answer; none of them leaving ends it.
            task = self._pending.get(digest)
            if task is None:
                task = self._pending[digest] = asyncio.create_task(self._request(digest))
                task.add_done_callback(lambda _: self._pending.pop(digest, None))
            return self._unexpired(await asyncio.shield(task))
        except Unauthorized:
            self._kept.pop(digest)
            raise
        except PromptlyError:
            kept = self._kept.get(digest)  # again: it may have been revoked while auth was called
            if kept is not None and now - kept[0] < self._stale:
                return self._unexpired(kept[1])
            raise Unavailable("API keys cannot be checked right now. Try again in a moment.") from None

    async def probe(self, pause: Callable[[], Awaitable[None]]) -> None:
        """Call until auth has answered once, whatever it says."""
        while not self.auth_answered:
            try:
                await self._request("0" * 64)
            except (Unauthorized, NotFound):
                self.auth_answered = True
            except PromptlyError:
                await pause()

    async def _request(self, digest: str) -> Principal:
        changes = self._changes
        try:
            principal = await self._answer(digest)
        except Unauthorized:
            self.auth_answered = True
            raise Unauthorized(_REFUSED) from None
        except DECODE_ERRORS:
            raise Unavailable("auth answered with something that cannot be read.") from None
        self.auth_answered = True
        if changes == self._changes:  # else this answer may be older than a change that was published meanwhile
            size = 4 * len(msgspec.json.encode(principal))  # as objects
            self._kept.put(digest, (self._clock.monotonic(), principal), size, principal.org_id)
        return principal

    async def _answer(self, digest: str) -> Principal:
        """Auth's answer over the bus, and over HTTP where there is none."""
        try:
            return await self._bus.call(VERIFY_API_KEY, VerifyApiKey(digest=digest))
        except Unavailable:
            if self._http is None:
                raise
        request = VerifyOverHttp(digest=digest, proof=keys.digest(proof_of(digest), self._pepper))
        try:
            answer = await self._http.post(
                VERIFY_OVER_HTTP, content=msgspec.json.encode(request), timeout=_HTTP_SECONDS
            )
        except httpx.HTTPError:
            raise Unavailable("auth cannot be reached.") from None
        if answer.status_code == Unauthorized.status:
            raise Unauthorized(_REFUSED)
        if answer.status_code != 200:
            raise Unavailable("auth cannot say now.")
        principal: Principal = decoder(Principal).decode(answer.content)
        return principal

    def _unexpired(self, principal: Principal) -> Principal:
        expires = principal.expires_at_ms
        if expires is not None and expires <= self._clock.now().timestamp() * 1000:
            raise Unauthorized(_REFUSED)
        return principal

    async def _changed(self, change: PrincipalChanged) -> None:
        self._changes += 1
        gone = [
            digest
            for digest, (_, principal) in self._kept.of(change.org_id)
            if change.key_id in (None, principal.key_id)
        ]
        for digest in gone:
            self._kept.pop(digest)
