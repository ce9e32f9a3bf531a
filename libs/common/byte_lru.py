"""A store in memory that is bounded in bytes: in all, and for each owner, the least recently used going first."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Final, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
_ENTRY: Final = 200  # bytes that an entry costs beside its value


class ByteLru(Generic[K, V]):
    """`share` of `max_bytes` is what one owner may hold: when it holds more, its own oldest entries go."""

    def __init__(self, max_bytes: int, share: float = 0.25) -> None:
        self._max = max_bytes
        self._most = int(max_bytes * share)
        self._entries: OrderedDict[K, tuple[V, int, str]] = OrderedDict()
        self._by_owner: dict[str, OrderedDict[K, None]] = {}
        self._bytes_of: dict[str, int] = {}
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: K) -> V | None:
        """The value, which is now the newest; None where there is none."""
        found = self._entries.get(key)
        if found is None:
            return None
        self._entries.move_to_end(key)
        self._by_owner[found[2]].move_to_end(key)
        return found[0]

    def put(self, key: K, value: V, size: int, owner: str = "") -> None:
        """Keep a value of `size` bytes; one that is larger than an owner's share is not kept."""
        self.pop(key)
        size += _ENTRY
        if size > self._most:
            return
        self._entries[key] = (value, size, owner)
        self._by_owner.setdefault(owner, OrderedDict())[key] = None
        self._bytes_of[owner] = self._bytes_of.get(owner, 0) + size
        self.bytes += size
        while self._bytes_of[owner] > self._most:
            self.pop(next(iter(self._by_owner[owner])))
        while self.bytes > self._max:
            self.pop(next(iter(self._entries)))

    def pop(self, key: K) -> V | None:
        """Forget it."""
        found = self._entries.pop(key, None)
        if found is None:
            return None
        value, size, owner = found
        self.bytes -= size
        self._bytes_of[owner] -= size
        del self._by_owner[owner][key]
        if not self._by_owner[owner]:
            del self._by_owner[owner], self._bytes_of[owner]
        return value

    def of(self, owner: str) -> list[tuple[K, V]]:
        """What an owner holds, oldest first."""
        return [(key, self._entries[key][0]) for key in self._by_owner.get(owner, ())]
