"""Bytes that are under way at once: in all, and of one owner as many as are still free."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class ByteShares:
    """At most `most` bytes at a time. One owner alone gets half of them, two a third each, so that nobody finds them all taken by
    somebody else.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._of: Counter[str] = Counter()
        self._all = 0

    @contextmanager
    def taken(self, owner: str, size: int) -> Iterator[bool]:
        """Whether so many bytes could be had; they are while the context lasts."""
        free = self._most - self._all
        if self._of[owner] + size > free - size:
            if not self._of[owner]:
                del self._of[owner]
            yield False
            return
        self._of[owner] += size
        self._all += size
        try:
            yield True
        finally:
            self._all -= size
            self._of[owner] -= size
            if not self._of[owner]:
                del self._of[owner]
