"""Who a key belongs to, what it may do, and whether one more request of it may be under way."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager

from libs.common.contracts.auth import Principal, Scope
from libs.common.errors import Forbidden
from services.gateway.domain import rate_limit
from services.gateway.ports import Limits, Principals
from services.gateway.state.concurrency import ConcurrencyLimiter
from services.gateway.state.org_rotation import OrgRotation

_USES: dict[Scope, str] = {"chat": "chat completions", "optimize": "the optimize API"}
RateLimitCallback = Callable[[rate_limit.Verdict], None]


class Admission:
    """Keys, scopes, requests at once, whose begins next, requests per minute, in this order. `besides_rpm` is the limit per
    key of calls that use no model: lists, balances, feedback; `max_rpm` is the operator's bound on every key's own limit.
    """

    def __init__(
        self,
        principals: Principals,
        limits: Limits,
        concurrency: ConcurrencyLimiter,
        rotation: OrgRotation,
        besides_rpm: int = 300,
        max_rpm: int = 100_000,
    ) -> None:
        self._max_rpm = max_rpm
        self._besides_rpm = besides_rpm
        self._principals = principals
        self._limits = limits
        self._concurrency = concurrency
        self._rotation = rotation

    async def authenticate(self, api_key: str | None) -> Principal:
        """Whom a key belongs to, whatever it may do; `Unauthorized`."""
        return await self._principals.verify(api_key)

    async def authorize(self, api_key: str | None, scope: Scope, known: Principal | None = None) -> Principal:
        """Whom a key belongs to, `known` where that is so already; `Unauthorized`, or `Forbidden` where it lacks the scope."""
        principal = known or await self.authenticate(api_key)
        if scope not in principal.scopes:
            raise Forbidden(f"This key may not be used for {_USES[scope]}: it lacks the scope `{scope}`.")
        return principal

    @asynccontextmanager
    async def without_model(
        self, api_key: str | None, on_rate_limit: RateLimitCallback, scope: Scope | None = None
    ) -> AsyncIterator[Principal]:
        """A permit for a call that uses no model."""
        principal = await (self.authenticate(api_key) if scope is None else self.authorize(api_key, scope))
        async with self.acquire(principal, on_rate_limit, apart="besides", rpm=self._besides_rpm):
            yield principal

    def acquire(
        self,
        principal: Principal,
        on_rate_limit: RateLimitCallback,
        *,
        apart: str | None = None,
        rpm: int | None = None,
        count: int = 1,
    ) -> "_Admitted":
        """A permit for one request, released at the end of the block, or by the stream that it was transferred to.

        `on_rate_limit` gets the rate limit's verdict; `RateLimited` where there is no permit. What counts `apart`, under a
        name, has a limit of its own; `count` is how many requests it counts as.
        """
        name = principal.key_id if apart is None else f"{principal.key_id}-{apart}"
        limit = min(principal.rpm if rpm is None else rpm, self._max_rpm)
        return _Admitted(self, principal, on_rate_limit, name, limit, count)

    def begin(self, principal: Principal) -> "ConcurrencyPermit":
        """The permit for one more request, whatever the limits say."""
        self._concurrency.acquire(principal.org_id, principal.key_id)
        return ConcurrencyPermit(lambda: self._concurrency.release(principal.org_id, principal.key_id))

    async def wait(self, org_id: str, name: str, limit: int, count: int) -> rate_limit.Verdict:
        """The rate limit's verdict, once it is the organization's turn."""
        await self._rotation.wait(org_id)
        verdict = await self._limits.take(name, limit)
        for _ in range(count - 1):
            if not verdict.allowed:
                break
            verdict = await self._limits.take(name, limit)
        return verdict


class _Admitted:
    """Around one request. Written out, because each has one."""

    def __init__(
        self,
        admission: Admission,
        principal: Principal,
        on_rate_limit: RateLimitCallback,
        name: str,
        limit: int,
        count: int,
    ) -> None:
        self._admission = admission
        self._principal = principal
        self._on_rate_limit = on_rate_limit
        self._limited = (name, limit, count)
        self._permit: ConcurrencyPermit | None = None

    async def __aenter__(self) -> "ConcurrencyPermit":
        permit = self._admission.begin(self._principal)
        try:
            verdict = await self._admission.wait(self._principal.org_id, *self._limited)
            self._on_rate_limit(verdict)
            if not verdict.allowed:
                raise rate_limit.refused(verdict)
        except BaseException:
            permit.release()
            raise
        self._permit = permit
        return permit

    async def __aexit__(self, *_: object) -> None:
        if self._permit is not None and not self._permit.transferred:
            self._permit.release()


class ConcurrencyPermit:
    """One request's right to be under way."""

    def __init__(self, release: Callable[[], None]) -> None:
        self._release = release
        self.transferred = False
        self._released = False

    def release(self) -> None:
        """Give it back, once."""
        if not self._released:
            self._released = True
            self._release()

    async def release_after(self, chunks: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
        """The same stream, which gives the permit back when it ends. It has begun when this returns."""
        held = self._hold(chunks)
        await anext(held)
        self.transferred = True
        return held

    async def _hold(self, chunks: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
        try:
            yield b""
            async for chunk in chunks:
                yield chunk
        finally:
            try:
                await chunks.aclose()
            finally:
                self.release()
