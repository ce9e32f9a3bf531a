"""Who a key, or a caller's token, belongs to."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import msgspec

from libs.common import keys
from libs.common.bus.ports import Bus
from libs.common.clock import Clock
from libs.common.contracts.auth import (
    PRINCIPAL_CHANGED,
    VERIFY_API_KEY,
    VERIFY_OVER_HTTP,
    Principal,
    PrincipalChanged,
    VerifyApiKey,
    VerifyOverHttp,
)
from libs.common.errors import NotFound, PromptlyError, Unauthorized, Unavailable
from libs.common.json_web_tokens import looks_like_token
from services.gateway.clients.auth_answers import AuthAnswers, AuthCalls
from services.gateway.clients.caller_tokens import CallerTokens

_REFUSED = "The API key is missing, unknown, revoked or expired."


class BusPrincipals:
    """Principals by the digest of their key, and of callers' tokens by their issuer. `ttl` and `stale` are seconds: auth's answers are
    fresh for so long, and good enough for so long while auth cannot be reached. A key that auth refused is never kept.
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
        self._bus = bus
        self._clock = clock
        self._pepper = pepper
        self._calls = AuthCalls(bus, pepper, http)
        self._answers = AuthAnswers[Principal](bus, clock, ttl, stale, memory_bytes, lambda principal: principal)
        self._tokens = CallerTokens(self._calls, bus, clock, ttl, stale, memory_bytes)
        self.auth_answered = False

    async def start(self) -> None:
        """Listen for changes."""
        await self._bus.listen(PRINCIPAL_CHANGED, self._changed)

    async def verify(self, api_key: str | None) -> Principal:
        """See `ports.Principals`. A mistyped key is refused without a call."""
        if api_key and looks_like_token(api_key):
            return await self._tokens.verify(api_key)
        if not api_key or not keys.well_formed(api_key):
            raise Unauthorized(_REFUSED)
        digest = keys.digest(api_key, self._pepper)
        try:
            answered = await self._answers.get(digest, lambda: self._request(digest))
        except Unavailable:
            raise Unavailable("API keys cannot be checked right now. Try again in a moment.") from None
        if not answered.cached:
            size = 4 * len(msgspec.json.encode(answered.value))  # as objects
            self._answers.keep(digest, answered, size)
        expires = answered.value.expires_at_ms
        if expires is not None and expires <= self._clock.now().timestamp() * 1000:
            raise Unauthorized(_REFUSED)
        return answered.value

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
        over_http = VerifyOverHttp(digest=digest, proof=self._calls.proof(digest))
        try:
            principal = await self._calls(VERIFY_API_KEY, VerifyApiKey(digest=digest), VERIFY_OVER_HTTP, over_http)
        except Unauthorized:
            self.auth_answered = True
            raise Unauthorized(_REFUSED) from None
        self.auth_answered = True
        return principal

    async def _changed(self, change: PrincipalChanged) -> None:
        await asyncio.gather(self._answers.on_change(change), self._tokens.on_change(change))
