"""Single-flight: of identical requests that come at once, one goes to the provider and the others get its answer.

In memory, per gateway. Who waits does so for as long as the call lasts, within a bound. Where the first one brings nothing
home the next one goes, and the others wait for that: somebody else's failure is nobody's answer, and no reason for a hundred
calls at once. Who has waited for a few goes its own way.
"""

import asyncio
from collections.abc import Callable

from libs.common.contracts.cache import CacheHit

_FLIGHTS = 3  # that are waited for in turn
Key = tuple[str, str]  # organisation, fingerprint


class InFlight:
    """Implements `domain.work.Flight`."""

    def __init__(self, began: float, forget: Callable[["InFlight"], None]) -> None:
        self.began = began
        self._forget = forget
        self._answer: asyncio.Future[CacheHit | None] = asyncio.get_running_loop().create_future()

    def resolve(self, answer: CacheHit | None) -> None:
        if not self._answer.done():
            self._answer.set_result(answer)
        if answer is None:
            self.evict()

    def evict(self) -> None:
        self._forget(self)

    async def answer(self, seconds: float) -> CacheHit | None:
        """What it brought home; None also where that takes longer."""
        done, _ = await asyncio.wait([self._answer], timeout=seconds)
        return self._answer.result() if done else None


class SingleFlight:
    """Which requests are on their way."""

    def __init__(self, clock: Callable[[], float], wait_seconds: float) -> None:
        self._clock = clock
        self._wait = wait_seconds
        self._under_way: dict[Key, InFlight] = {}

    async def join(self, key: Key) -> tuple[InFlight | CacheHit | None, float]:
        """A flight of one's own, to be landed however it ends; or what somebody else's brought home, None for nothing, and the
        seconds that it was waited for.
        """
        began = self._clock()
        for _ in range(_FLIGHTS):
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
