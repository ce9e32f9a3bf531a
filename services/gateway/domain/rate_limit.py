"""Requests per minute and key, over a window that slides."""

import msgspec

from libs.common.errors import RateLimited

WINDOW = 60


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a request may pass, and what the headers say. Times are seconds; `local` says that this gateway alone
    counted, because it could not learn what the others have let through.
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
    """One key's last sixty seconds, as far as one gateway knows: what all of them let through in this minute and in the
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
        used = min(self.previous, self.limit) * _share(before, self.own_previous, later, 1 - gone / WINDOW)
        own_current = sum(count for _, count in since)
        used += self.current * _share(since, own_current, later, 2 - gone / WINDOW)
        return self.limit - used

    @property
    def wait(self) -> int:
        """Whole seconds until one more request fits, if no other comes."""
        return next((later for later in range(1, 2 * WINDOW) if self.free(later) >= 1), 2 * WINDOW)


def _share(own: list[tuple[float, int]], total: int, later: float, evenly: float) -> float:
    """How much of a minute's requests the window still holds after a while, 0 to 1."""
    if not total:
        return min(max(evenly, 0.0), 1.0)
    return sum(count for ago, count in own if ago + later < WINDOW) / total


def block_of(limit: int) -> int:
    """How many requests a gateway leases at a time: few enough that what it does not use is not missed elsewhere."""
    return max(1, limit // 50)
