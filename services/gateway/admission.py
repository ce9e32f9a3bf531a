"""The way in: whose key it is, whether it may do this, and whether there is room for one more request of it."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager

from libs.common.contracts.auth import Principal
from libs.common.errors import Forbidden
from services.gateway.domain import rate_limit
from services.gateway.domain.slots import Slots
from services.gateway.ports import Limits, Principals

Admitted = Callable[[rate_limit.Verdict], None]


class Admission:
    """Keys, scopes, requests at once, requests per minute, in this order."""

    def __init__(self, principals: Principals, limits: Limits, slots: Slots) -> None:
        self._principals = principals
        self._limits = limits
        self._slots = slots

    async def anybody(self, api_key: str | None) -> Principal:
        """Who a key speaks for, whatever it may do; `Unauthorized`."""
        return await self._principals.verify(api_key)

    async def identify(self, api_key: str | None) -> Principal:
        """Who a key speaks for; `Unauthorized`, or `Forbidden` where it may not chat."""
        principal = await self.anybody(api_key)
        if "chat" not in principal.scopes:
            raise Forbidden("This key may not be used for chat completions: it lacks the scope `chat`.")
        return principal

    @asynccontextmanager
    async def room(self, principal: Principal, admitted: Admitted) -> AsyncIterator["Room"]:
        """A place for one request, given back at the end of the block, or of the stream that the block handed over.

        `admitted` is told the rate limit's verdict; `RateLimited` where there is no room.
        """
        self._slots.take(principal.key_id)
        room = Room(lambda: self._slots.free(principal.key_id))
        try:
            verdict = await self._limits.take(principal.key_id, principal.rpm)
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
