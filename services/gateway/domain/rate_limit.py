"""Requests per minute and key, over a window that slides."""

import math
from collections.abc import Callable

import msgspec

from libs.common.errors import RateLimited

_WINDOW = 60.0


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
    __slots__ = ("before", "now", "window")

    def __init__(self, window: int) -> None:
        self.window, self.now, self.before = window, 0, 0


class RateLimiter:
    """Two counters per key: this minute's, and the last one's by the share of it that the window still covers."""

    def __init__(self, clock: Callable[[], float], max_keys: int = 100_000) -> None:
        self._clock = clock
        self._max_keys = max_keys
        self._counts: dict[str, _Counts] = {}

    def take(self, key: str, limit: int) -> Verdict:
        """Count one request of `key` if it fits under `limit`; a refused one is not counted."""
        window, offset = divmod(self._clock(), _WINDOW)
        counts = self._counts_of(key, int(window))
        used = counts.now + counts.before * (1 - offset / _WINDOW)
        reset = _WINDOW - offset
        if used + 1 > limit:
            return Verdict(
                allowed=False,
                limit=limit,
                remaining=0,
                reset=reset,
                retry_after=max(1, math.ceil(_until_free(counts, limit, offset))),
            )
        counts.now += 1
        return Verdict(allowed=True, limit=limit, remaining=max(0, int(limit - used - 1)), reset=reset)

    def _counts_of(self, key: str, window: int) -> _Counts:
        counts = self._counts.get(key)
        if counts is None:
            if len(self._counts) >= self._max_keys:
                del self._counts[next(iter(self._counts))]
            counts = self._counts[key] = _Counts(window)
        elif counts.window != window:
            counts.before = counts.now if counts.window == window - 1 else 0
            counts.window, counts.now = window, 0
        return counts


def _until_free(counts: _Counts, limit: int, offset: float) -> float:
    """Seconds until the sliding window has room for one more, if nothing else comes."""
    room = limit - 1 - counts.now
    if counts.before and room >= 0:
        return _WINDOW * (1 - room / counts.before) - offset
    # This minute alone fills the limit: in the next one it fades by the same rule.
    return _WINDOW - offset + (_WINDOW * (1 - (limit - 1) / counts.now) if counts.now else 0)
