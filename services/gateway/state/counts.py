"""Counts of tokens that providers have given, for as long as the same is likely to be counted again."""

from collections.abc import Callable

from libs.common.byte_lru import ByteLru

_SECONDS = 300.0
Key = tuple[str, bytes]


class Counts:
    """By the organization's id and a digest of the request. `clock` gives monotonic seconds."""

    def __init__(self, clock: Callable[[], float], max_bytes: int = 8 << 20) -> None:
        self._clock = clock
        self._kept: ByteLru[Key, tuple[float, bytes]] = ByteLru(max_bytes)

    def get(self, key: Key) -> bytes | None:
        """The answer; None where there is none, or an old one."""
        found = self._kept.get(key)
        if found is None:
            return None
        until, body = found
        if self._clock() >= until:
            self._kept.pop(key)
            return None
        return body

    def put(self, key: Key, body: bytes) -> None:
        """Keep an answer for five minutes."""
        self._kept.put(key, (self._clock() + _SECONDS, body), len(body), key[0])
