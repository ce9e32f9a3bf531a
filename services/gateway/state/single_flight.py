"""Single-flight: of identical requests that come at once, one goes to the provider and the others get its answer.

In memory, per gateway. The others wait for as long as the call lasts, within a bound. Where it brings no answer that can be
shared, the next one calls and the others wait for that: a failure is no answer for others, and no reason for a hundred calls at
once. A request that has waited for a few calls makes its own.
"""

import asyncio
from collections.abc import Callable

from libs.common.contracts.cache import CacheHit

_MAX_FLIGHTS = 3  # that are waited for in turn
Key = tuple[str, str]  # organization, fingerprint


class InFlight:
    """One request on its way to the provider, for all that are identical to it."""

    def __init__(self, began: float, forget: Callable[["InFlight"], None]) -> None:
        self.began = began
        self._forget = forget
        self._answer: asyncio.Future[CacheHit | None] = asyncio.get_running_loop().create_future()

    def resolve(self, answer: CacheHit | None) -> None:
        """Hand the answer to those that wait; None: they call themselves. The first call counts."""
        if not self._answer.done():
            self._answer.set_result(answer)
        if answer is None:
            self.evict()

    def evict(self) -> None:
        """Later requests find the answer in the cache."""
        self._forget(self)

    async def answer(self, seconds: float) -> CacheHit | None:
        """The answer; None also where it takes longer."""
        done, _ = await asyncio.wait([self._answer], timeout=seconds)
        return self._answer.result() if done else None


class SingleFlight:
    """Which requests are on their way."""

    def __init__(self, clock: Callable[[], float], wait_seconds: float) -> None:
        self._clock = clock
        self._wait = wait_seconds
        self._under_way: dict[Key, InFlight] = {}

    async def join(self, key: Key) -> tuple[InFlight | CacheHit | None, float]:
        """A flight of one's own, to be resolved however it ends; or the answer of another one, None for no answer; and the
        seconds that it was waited for.
        """
        began = self._clock()
        for _ in range(_MAX_FLIGHTS):
            now = self._clock()
            other = self._under_way.get(key)
            if other is None or other.began + self._wait <= now:
                flight = InFlight(now, lambda ended: self._forget(key, ended))
                self._under_way[key] = flight
                return flight, now - began
            answer = await other.answer(other.began + self._wait - now)
            if answer is not None:
                return answer, self._clock() - began
        return None, self._clock() - began

    def _forget(self, key: Key, flight: InFlight) -> None:
        if self._under_way.get(key) is flight:
            del self._under_way[key]
