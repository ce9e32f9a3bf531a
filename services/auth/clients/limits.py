"""Tries, counted here exactly and over all copies of auth by sums on the bus."""

import hashlib
import math
from typing import Final

from libs.common import context
from libs.common.bus import Bus
from libs.common.clock import Clock
from libs.common.contracts.auth import ATTEMPTS
from libs.common.errors import PromptlyError, RateLimited
from services.auth.domain.attempts import Allowance, Attempts

_BUDGET_MS: Final = 250.0


class SharedLimits:
    """Implements `ports.Limits`.

    This copy admits so many tries in any stretch of time. All copies together admit as many in each stretch of the clock,
    so that whoever has several to choose from, or sees one start again, gains nothing. Without a bus each copy counts for
    itself.
    """

    def __init__(self, bus: Bus, clock: Clock, *, shared_clock: bool = False) -> None:
        self._shared = shared_clock
        self._bus = bus
        self._clock = clock
        self._own: dict[str, Attempts] = {}

    async def take(self, allowance: Allowance, who: str) -> None:
        own = self._attempts(allowance)
        wait = own.take(who, self._clock.monotonic())
        if wait is None and await self._add(allowance, who, 1) > allowance.limit:
            own.undo(who)
            await self._add(allowance, who, -1)
            wait = allowance.seconds - self._now() % allowance.seconds
        if wait is not None:
            seconds = max(1, math.ceil(wait))
            raise RateLimited(f"{allowance.sentence}; try again in {seconds} seconds.", retry_after=seconds)

    async def undo(self, allowance: Allowance, who: str) -> None:
        self._attempts(allowance).undo(who)
        await self._add(allowance, who, -1)

    async def forget(self, allowance: Allowance, who: str) -> None:
        self._attempts(allowance).forget(who)
        if (counted := await self._add(allowance, who, 0)) > 0:
            await self._add(allowance, who, -counted)

    def _now(self) -> float:
        """Windows follow the bus's clock: a copy whose clock is ahead would count in a window of its own."""
        shared = self._bus.time()
        return self._clock.now().timestamp() if shared is None or not self._shared else shared

    def _attempts(self, allowance: Allowance) -> Attempts:
        return self._own.setdefault(allowance.name, Attempts(allowance.limit, allowance.seconds))

    async def _add(self, allowance: Allowance, who: str, amount: int) -> int:
        """The sum for the current window; 0 where the bus cannot be reached."""
        stretch = int(self._now()) // allowance.seconds
        key = f"{allowance.name}.{hashlib.sha256(who.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}.{stretch}"
        try:
            with context.bound(request_id=context.request_id(), budget_ms=_BUDGET_MS):
                return await self._bus.add(ATTEMPTS, key, amount)
        except PromptlyError:
            return 0
