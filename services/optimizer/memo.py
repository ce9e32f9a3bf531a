"""Remembers results by what they were made from: a conversation sends its history again each turn."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from hashlib import blake2b
from typing import Generic, TypeVar

R = TypeVar("R")


class Memo(Generic[R]):
    """The last results, so many of them, by digest; safe to use from several threads."""

    def __init__(self, entries: int) -> None:
        self._entries = entries
        self._known: OrderedDict[bytes, R] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, parts: tuple[str, ...], make: Callable[[], R]) -> R:
        """What was made from these parts before, or what `make` makes now."""
        key = _digest(parts)
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        made = make()
        with self._lock:
            self._known[key] = made
            if len(self._known) > self._entries:
                self._known.popitem(last=False)
        return made


def _digest(parts: tuple[str, ...]) -> bytes:
    digest = blake2b(digest_size=16)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(data))
        digest.update(data)
    return digest.digest()
