"""Remembers where conversations were cut, so that the provider's own prefix cache is not thrown away turn by turn."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence

import msgspec

_WARM_SECONDS = 300.0


class _Cut(msgspec.Struct, frozen=True):
    index: int
    cached_tokens: int
    at: float


class Conversations:
    """A bounded map from the leading messages of a conversation to its last cut. Unknown counts as cold."""

    def __init__(self, clock: Callable[[], float], entries: int = 20_000) -> None:
        self._clock = clock
        self._entries = entries
        self._cuts: OrderedDict[bytes, _Cut] = OrderedDict()

    def keep_cut(self, org_id: str, messages: Sequence[bytes]) -> int | None:
        """The cut that this conversation should keep: its last one, while the provider's cache of it is warm."""
        for digest in reversed(_prefixes(org_id, messages)):
            cut = self._cuts.get(digest)
            if cut is not None:
                warm = cut.cached_tokens > 0 and self._clock() - cut.at < _WARM_SECONDS
                return cut.index if warm else None
        return None

    def remember(self, org_id: str, messages: Sequence[bytes], cut: int, cached_tokens: int) -> None:
        """Note how this request was cut, and how much of it the provider had cached."""
        digest = _prefixes(org_id, messages)[-1]
        self._cuts[digest] = _Cut(cut, cached_tokens, self._clock())
        self._cuts.move_to_end(digest)
        if len(self._cuts) > self._entries:
            self._cuts.popitem(last=False)


def _prefixes(org_id: str, messages: Sequence[bytes]) -> list[bytes]:
    """A digest per leading part of the conversation, shortest first."""
    running = hashlib.blake2b(org_id.encode(), digest_size=16)
    digests = []
    for message in messages:
        running.update(len(message).to_bytes(8, "big") + message)
        digests.append(running.digest())
    return digests
