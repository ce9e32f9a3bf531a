"""A bounded memory for what several owners ask: in bytes, for each and in all, the least recently used goes first."""

import threading
from collections import OrderedDict
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class ByteStore(Generic[K, V]):
    """Entries of at most `most` bytes in all and `share` bytes of one owner; safe to use from several threads."""

    def __init__(self, most: int, share: int) -> None:
        self._most = most
        self.share = min(share, most)
        self._entries: OrderedDict[tuple[str, K], tuple[V, int]] = OrderedDict()
        self._of: dict[str, OrderedDict[K, int]] = {}
        self._held: dict[str, int] = {}
        self._lock = threading.Lock()
        self.bytes = 0

    def get(self, owner: str, key: K) -> V | None:
        """The value, which is now the one used last; None where there is none."""
        with self._lock:
            found = self._entries.get((owner, key))
            if found is None:
                return None
            self._entries.move_to_end((owner, key))
            self._of[owner].move_to_end(key)
            return found[0]

    def put(self, owner: str, key: K, value: V, size: int) -> None:
        """Remember a value of `size` bytes, in the place of an earlier one; what is larger than a share is not kept."""
        with self._lock:
            self._drop(owner, key)
            if size > self.share:
                return
            self._entries[owner, key] = (value, size)
            self._of.setdefault(owner, OrderedDict())[key] = size
            self._held[owner] = self._held.get(owner, 0) + size
            self.bytes += size
            while self._held[owner] > self.share:
                self._drop(owner, next(iter(self._of[owner])))
            while self.bytes > self._most:
                self._drop(*next(iter(self._entries)))

    def drop(self, owner: str, key: K) -> None:
        """Forget one entry, if it is there."""
        with self._lock:
            self._drop(owner, key)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
            self._of.clear()
            self._held.clear()
            self.bytes = 0

    def held(self, owner: str) -> int:
        """The bytes that one owner has here."""
        return self._held.get(owner, 0)

    def __len__(self) -> int:
        return len(self._entries)

    def _drop(self, owner: str, key: K) -> None:
        found = self._entries.pop((owner, key), None)
        if found is None:
            return
        self.bytes -= found[1]
        self._held[owner] -= found[1]
        del self._of[owner][key]
        if not self._of[owner]:
            del self._of[owner], self._held[owner]
