"""One gateway's own count of requests, for as long as it cannot learn what the others have let through."""

import math
from collections import deque
from collections.abc import Callable

from services.gateway.domain.rate_limit import WINDOW, Verdict


class _Counts:
    """Requests per second of the last minute, oldest first, and their sum."""

    __slots__ = ("seconds", "total")

    def __init__(self) -> None:
        self.seconds: deque[list[int]] = deque()
        self.total = 0

    def forget(self, before: int) -> None:
        """Drop what happened up to the second `before`."""
        while self.seconds and self.seconds[0][0] <= before:
            self.total -= self.seconds.popleft()[1]

    def add(self, second: int) -> None:
        """Count one request."""
        if self.seconds and self.seconds[-1][0] == second:
            self.seconds[-1][1] += 1
        else:
            self.seconds.append([second, 1])
        self.total += 1


class LocalLimiter:
    """One gateway's own count: no stretch of sixty seconds sees more than the limit. By the second, a minute per key."""

    def __init__(self, clock: Callable[[], float], max_keys: int = 10_000) -> None:
        self._clock = clock
        self._max_keys = max_keys
        self._counts: dict[str, _Counts] = {}

    def take(self, key: str, limit: int) -> Verdict:
        """Count one request of `key` if it fits under `limit`; a refused one is not counted."""
        now = self._clock()
        second = int(now)
        counts = self._of(key, second)
        allowed = counts.total < limit
        if allowed:
            counts.add(second)
        oldest = counts.seconds[0][0] if counts.seconds else second
        reset = oldest + WINDOW + 1 - now
        return Verdict(
            allowed=allowed,
            limit=limit,
            remaining=max(0, limit - counts.total),
            reset=reset,
            retry_after=0 if allowed else max(1, math.ceil(reset)),
        )

    def note(self, key: str) -> None:
        """Count a request that somebody else let through."""
        second = int(self._clock())
        self._of(key, second).add(second)

    def recent(self, key: str) -> tuple[tuple[float, int], ...]:
        """What was counted in the last minute: (seconds ago, requests), a second being as old as its end."""
        counts = self._counts.get(key)
        now = self._clock()
        return () if counts is None else tuple((max(0.0, now - second - 1), count) for second, count in counts.seconds)

    def _of(self, key: str, second: int) -> _Counts:
        counts = self._counts.pop(key, None)
        if counts is None:
            if len(self._counts) >= self._max_keys:
                del self._counts[next(iter(self._counts))]
            counts = _Counts()
        self._counts[key] = counts  # the newest
        # A second that the window still touches counts whole, so the limit errs on the side of keeping it.
        counts.forget(second - WINDOW - 1)
        return counts
