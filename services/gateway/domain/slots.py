"""How many requests of a key are under way at once."""

from collections import Counter

from libs.common.errors import RateLimited


class Slots:
    """At most `limit` requests at a time per key, in this gateway."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._taken: Counter[str] = Counter()

    def take(self, key: str) -> None:
        """Take one; `RateLimited` where all are taken."""
        if self._taken[key] >= self._limit:
            raise RateLimited(
                f"This key has {self._limit} requests under way already. Wait for one of them to end.",
                code="concurrency_limit",
                details={"retry_after": 1},
            )
        self._taken[key] += 1

    def free(self, key: str) -> None:
        """Give one back."""
        self._taken[key] -= 1
        if not self._taken[key]:
            del self._taken[key]
