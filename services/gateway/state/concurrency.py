"""How many requests are under way at once: of a key, of an organization, and in all."""

from collections import Counter

from libs.common.errors import RateLimited
from libs.common.telemetry.metrics import IN_FLIGHT


class ConcurrencyLimiter:
    """At most `limit` requests at a time per key, and `total` in this gateway. An organization may have as many as are
    still free: one alone gets half of them, two a third each, so that nobody finds them all taken by somebody else.
    """

    def __init__(self, limit: int, total: int) -> None:
        self._limit = limit
        self._total = total
        self._taken: Counter[str] = Counter()
        self._of_org: Counter[str] = Counter()
        self._all = 0

    async def show(self) -> None:
        """Say in the metrics how many requests hold one now."""
        IN_FLIGHT.set(self._all)

    def acquire(self, org_id: str, key: str) -> None:
        """Take one; `RateLimited` where there is none to be had."""
        if self._taken[key] >= self._limit:
            raise _refused(f"This key has {self._limit} requests under way already. Wait for one of them to end.")
        if self._of_org[org_id] >= self._total - self._all:
            raise _refused(
                f"Your organization has {self._of_org[org_id]} requests under way in this gateway, which is its share. "
                "Wait for one of them to end."
            )
        self._taken[key] += 1
        self._of_org[org_id] += 1
        self._all += 1

    def release(self, org_id: str, key: str) -> None:
        """Give one back."""
        self._all -= 1
        for counts, name in ((self._taken, key), (self._of_org, org_id)):
            counts[name] -= 1
            if not counts[name]:
                del counts[name]


def _refused(sentence: str) -> RateLimited:
    return RateLimited(sentence, code="concurrency_limit", retry_after=1)
