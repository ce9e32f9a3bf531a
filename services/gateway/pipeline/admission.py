"""The way in: whose key it is, whether it may do this, and whether there is room for one more request of it."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager

from libs.common.contracts.auth import Principal, Scope
from libs.common.errors import Forbidden
from services.gateway.domain import rate_limit
from services.gateway.ports import Limits, Principals
from services.gateway.state.concurrency import ConcurrencyLimiter

_USES: dict[Scope, str] = {"chat": "chat completions", "optimize": "the optimize API"}
RateLimitCallback = Callable[[rate_limit.Verdict], None]


class Admission:
    """Keys, scopes, requests at once, requests per minute, in this order. `besides_rpm` is the limit per key of what is
    no request of a model: lists, balances, feedback; whatever a key's owner gave it, `max_rpm` is the operator's word.
    """

    def __init__(
        self,
        principals: Principals,
        limits: Limits,
        slots: ConcurrencyLimiter,
        besides_rpm: int = 300,
        max_rpm: int = 100_000,
    ) -> None:
        self._max_rpm = max_rpm
        self._besides_rpm = besides_rpm
        self._principals = principals
        self._limits = limits
        self._slots = slots

    async def anybody(self, api_key: str | None) -> Principal:
        """Who a key speaks for, whatever it may do; `Unauthorized`."""
        return await self._principals.verify(api_key)

    async def identify(self, api_key: str | None, scope: Scope = "chat", known: Principal | None = None) -> Principal:
        """Who a key speaks for, `known` where that was asked already; `Unauthorized`, or `Forbidden` where it may not do this."""
        principal = known or await self.anybody(api_key)
        if scope not in principal.scopes:
            raise Forbidden(f"This key may not be used for {_USES[scope]}: it lacks the scope `{scope}`.")
        return principal

    @asynccontextmanager
    async def besides(
        self, api_key: str | None, admitted: RateLimitCallback, scope: Scope | None = None
    ) -> AsyncIterator[Principal]:
        """A place for a call that asks no model."""
        principal = await (self.anybody(api_key) if scope is None else self.identify(api_key, scope))
        async with self.room(principal, admitted, apart="besides", rpm=self._besides_rpm):
            yield principal

    @asynccontextmanager
    async def room(
        self,
        principal: Principal,
        admitted: RateLimitCallback,
        *,
        apart: str | None = None,
        rpm: int | None = None,
        count: int = 1,
    ) -> AsyncIterator["Room"]:
        """A place for one request, given back at the end of the block, or of the stream that the block handed over.

        `admitted` is told the rate limit's verdict; `RateLimited` where there is no room. What counts `apart`, under a name,
        has a limit of its own; `count` is how many requests it is worth.
        """
        self._slots.acquire(principal.org_id, principal.key_id)
        room = Room(lambda: self._slots.release(principal.org_id, principal.key_id))
        try:
            name = principal.key_id if apart is None else f"{principal.key_id}-{apart}"
            limit = min(principal.rpm if rpm is None else rpm, self._max_rpm)
            for _ in range(count):
                verdict = await self._limits.take(name, limit)
                if not verdict.allowed:
                    break
            admitted(verdict)
            if not verdict.allowed:
                raise rate_limit.refused(verdict)
            yield room
        finally:
            if not room.handed_over:
                room.leave()


class Room:
    """One request's place."""

    def __init__(self, leave: Callable[[], None]) -> None:
        self.leave = leave
        self.handed_over = False

    async def until_sent(self, chunks: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
        """The same stream, which gives the place back when it ends."""
        try:
            async for chunk in chunks:
                yield chunk
        finally:
            await chunks.aclose()
            self.leave()
