"""Remembers results by what they were made from: a conversation sends its history again each turn."""

from collections.abc import Callable
from hashlib import blake2b
from typing import Generic, TypeVar

from libs.common.byte_store import ByteStore

R = TypeVar("R")
_BESIDE = 400  # bytes that an entry takes without its texts


class ResultCache(Generic[R]):
    """The last results of at most so many bytes, by digest; safe to use from several threads. Each owner has a share."""

    def __init__(self, most_bytes: int, size: Callable[[R], int]) -> None:
        self._size = size
        self._known: ByteStore[bytes, R] = ByteStore(most_bytes, most_bytes // 4)

    def get(self, owner: str, parts: tuple[str, ...], make: Callable[[], R]) -> R:
        """What was made from these parts before, or what `make` makes now. Owners share nothing: what one has asked shows
        nobody else, not even by its speed.
        """
        key = _digest((owner, *parts))
        if (known := self._known.get(owner, key)) is not None:
            return known
        made = make()
        self._known.put(owner, key, made, _BESIDE + self._size(made))
        return made


def _digest(parts: tuple[str, ...]) -> bytes:
    digest = blake2b(digest_size=16)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(data))
        digest.update(data)
    return digest.digest()
