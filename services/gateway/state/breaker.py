"""A circuit breaker: after a run of failures a service is not called for a while, then tried once."""

from collections.abc import Callable


class Breaker:
    """Closed, open, or half open with one probe under way. Seconds on the given monotonic clock."""

    def __init__(self, clock: Callable[[], float], failures: int = 5, open_seconds: float = 5.0) -> None:
        self._clock = clock
        self._limit = failures
        self._open_seconds = open_seconds
        self._failures = 0
        self._opened_at: float | None = None
        self._probing_since: float | None = None

    @property
    def open(self) -> bool:
        """Whether the part is being left alone."""
        return self._opened_at is not None

    def allow(self) -> bool:
        """Whether to call now. While open, one caller at a time gets to probe, once the pause is over."""
        if self._opened_at is None:
            return True
        now = self._clock()
        if now - self._opened_at < self._open_seconds:
            return False
        if self._probing_since is not None and now - self._probing_since < self._open_seconds:
            return False
        self._probing_since = now
        return True

    def succeeded(self) -> None:
        """The part answered."""
        self._failures = 0
        self._opened_at = self._probing_since = None

    def failed(self) -> None:
        """The part did not answer in time, or nonsense."""
        self._failures += 1
        if self._opened_at is not None or self._failures >= self._limit:
            self._opened_at = self._clock()
            self._probing_since = None
