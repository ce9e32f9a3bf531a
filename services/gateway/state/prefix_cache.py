"""Remembers the last turn of conversations, so that the provider's own prefix cache is not thrown away turn by turn."""

from collections.abc import Callable

from libs.common.byte_lru import ByteLru
from services.gateway.domain.chat import Chat
from services.gateway.domain.prefix import PrefixState
from services.gateway.domain.prefix_writes import Lifetime

_WARM_SECONDS = {"5m": 300.0, "1h": 3_600.0}
_ENTRY = 200  # bytes


class PrefixCacheTracker:
    """A bounded map from the leading messages of a conversation to its last turn. Unknown counts as cold."""

    def __init__(self, clock: Callable[[], float], memory_bytes: int = 8 << 20) -> None:
        self._clock = clock
        self._turns = ByteLru[tuple[str, bytes], PrefixState](memory_bytes)

    def lookup(self, org_id: str, chat: Chat) -> PrefixState | None:
        """The last turn of this conversation, while the provider's cache of it is warm."""
        if not len(self._turns) or len(chat.fields.messages) == 1:
            return None
        for digest in reversed(chat.beginnings):
            known = self._turns.get((org_id, digest))
            if known is not None:
                warm = known.cached_tokens > 0 and self._clock() < known.until
                return known if warm else None
        return None

    def update(self, org_id: str, chat: Chat, cut: int | None, cached_tokens: int, lifetime: Lifetime = "5m") -> None:
        """Note how this request was cut, and how much of it the provider had cached, which it keeps so long after each read."""
        marked = 0 if chat.own is None else chat.own.marked
        state = PrefixState(cut, cached_tokens, self._clock() + _WARM_SECONDS[lifetime], marked)
        self._turns.put((org_id, chat.beginnings[-1]), state, _ENTRY, org_id)
