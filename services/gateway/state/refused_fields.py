"""Fields that Promptly adds and that a server has refused: requests go there without them from then on."""

from collections import OrderedDict
from collections.abc import Callable

_DAY = 86_400.0


class RefusedFields:
    """Fields by (server, model), each for a day, because servers learn; the least recently used are forgotten first."""

    def __init__(self, clock: Callable[[], float], entries: int = 4096) -> None:
        self._clock = clock
        self._entries = entries
        self._found: OrderedDict[tuple[str, str], tuple[float, frozenset[str]]] = OrderedDict()

    def of(self, server: str, model: str) -> frozenset[str]:
        """What this server does not want."""
        known = self._found.get((server, model))
        if known is None:
            return frozenset()
        if self._clock() - known[0] > _DAY:
            del self._found[server, model]
            return frozenset()
        self._found.move_to_end((server, model))
        return known[1]

    def add(self, server: str, model: str, names: frozenset[str]) -> None:
        """It has just said so."""
        self._found[server, model] = (self._clock(), names | self.of(server, model))
        self._found.move_to_end((server, model))
        if len(self._found) > self._entries:
            self._found.popitem(last=False)
