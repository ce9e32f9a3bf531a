"""Requests per minute and key, over a window that slides."""

import math
from collections import deque
from collections.abc import Callable

import msgspec

from libs.common.errors import RateLimited

_WINDOW = 60


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a request may pass, and what the headers say. Times are seconds."""

    allowed: bool
    limit: int
    remaining: int
    reset: float
    retry_after: int = 0


def refused(verdict: Verdict) -> RateLimited:
    """The error for a request that did not fit."""
    return RateLimited(
        f"Rate limit reached: {verdict.limit} requests a minute for this key. Try again in {verdict.retry_after} s.",
        details={
            "retry_after": verdict.retry_after,
            "limit": verdict.limit,
            "remaining": 0,
            "reset": verdict.reset,
        },
    )


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


class RateLimiter:
    """No stretch of sixty seconds sees more than the limit. Counts by the second, a minute per key."""

    def __init__(self, clock: Callable[[], float], max_keys: int = 100_000) -> None:
        self._clock = clock
        self._max_keys = max_keys
        self._counts: dict[str, _Counts] = {}

    def take(self, key: str, limit: int) -> Verdict:
        """Count one request of `key` if it fits under `limit`; a refused one is not counted."""
        now = self._clock()
        second = int(now)
        counts = self._counts.get(key)
        if counts is None:
            if len(self._counts) >= self._max_keys:
                del self._counts[next(iter(self._counts))]
            counts = self._counts[key] = _Counts()
        # A second that the window still touches counts whole, so the limit errs on the side of keeping it.
        counts.forget(second - _WINDOW - 1)
        allowed = counts.total < limit
        if allowed:
            counts.add(second)
        oldest = counts.seconds[0][0] if counts.seconds else second
        reset = oldest + _WINDOW + 1 - now
        return Verdict(
            allowed=allowed,
            limit=limit,
            remaining=max(0, limit - counts.total),
            reset=reset,
            retry_after=0 if allowed else max(1, math.ceil(reset)),
        )
