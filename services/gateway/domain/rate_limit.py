"""Requests per minute and key, over a window that slides."""

import math
from collections import deque
from collections.abc import Callable

import msgspec

from libs.common.errors import RateLimited

_WINDOW = 60


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a request may pass, and what the headers say. Times are seconds; `local` says that this gateway alone
    counted, because it could not ask what the others have let through.
    """

    allowed: bool
    limit: int
    remaining: int
    reset: float
    retry_after: int = 0
    local: bool = False


def refused(verdict: Verdict) -> RateLimited:
    """The error for a request that did not fit."""
    return RateLimited(
        f"Rate limit reached: {verdict.limit} requests a minute for this key. Try again in {verdict.retry_after} s.",
        retry_after=verdict.retry_after,
    )


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """One key's last sixty seconds, as far as one gateway can tell: what all of them let through in this minute and in the
    one before (`current`, `previous`), and when it let its own requests through.

    `own` holds (seconds ago, requests), `own_previous` how many of its own fell into the minute before. How much of a
    minute has left the window is read off a gateway's own requests, for bursts come to all gateways alike; a gateway that
    had none takes it that they came evenly.
    """

    limit: int
    previous: int
    current: int
    elapsed: float
    own: tuple[tuple[float, int], ...] = ()
    own_previous: int = 0

    def free(self, later: float = 0.0) -> float:
        """Requests that fit, now or so many seconds later, if none come meanwhile."""
        before = [(ago, count) for ago, count in self.own if ago > self.elapsed]
        since = [(ago, count) for ago, count in self.own if ago <= self.elapsed]
        gone = self.elapsed + later
        used = min(self.previous, self.limit) * _share(before, self.own_previous, later, 1 - gone / _WINDOW)
        own_current = sum(count for _, count in since)
        used += self.current * _share(since, own_current, later, 2 - gone / _WINDOW)
        return self.limit - used

    @property
    def wait(self) -> int:
        """Whole seconds until one more request fits, if no other comes."""
        return next((later for later in range(1, 2 * _WINDOW) if self.free(later) >= 1), 2 * _WINDOW)


def _share(own: list[tuple[float, int]], total: int, later: float, evenly: float) -> float:
    """How much of a minute's requests the window still holds after a while, 0 to 1."""
    if not total:
        return min(max(evenly, 0.0), 1.0)
    return sum(count for ago, count in own if ago + later < _WINDOW) / total


def block_of(limit: int) -> int:
    """How many requests a gateway asks for at a time: few enough that what it does not use is not missed elsewhere."""
    return max(1, limit // 50)


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
        reset = oldest + _WINDOW + 1 - now
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
        counts.forget(second - _WINDOW - 1)
        return counts
