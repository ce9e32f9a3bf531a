"""What we add to a request on our own account, and servers that refuse it: they are asked again without, and so from then on."""

import re
from collections import OrderedDict
from collections.abc import Callable, Sequence

from services.gateway.domain.attempts import Failure

_REFUSED = (400, 404, 415, 422, 500, 501)
_DAY = 86_400.0
# What a server says of a field that it does not know, where it does not say which.
_UNKNOWN_FIELD = re.compile(
    r"\b(?:extra|additional|unknown|unrecogni[sz]ed|unexpected|unsupported|unpermitted)\b.{0,60}"
    r"\b(?:inputs?|fields?|param(?:eter)?s?|arguments?|propert(?:y|ies)|keys?|options?)\b"
    r"|\b(?:inputs?|fields?|param(?:eter)?s?|arguments?|propert(?:y|ies)|keys?|options?)\b.{0,60}"
    r"\b(?:not (?:permitted|allowed|supported|recogni[sz]ed)|unknown|unsupported)\b",
    re.IGNORECASE | re.DOTALL,
)
_READ = 2000
_PARTS = {"stream_options": ("stream_options", "include_usage", "stream options")}


def refused(failure: Failure, added: Sequence[str], *, guess: bool) -> frozenset[str]:
    """Which of the fields that we added a failure is about; none where it is about the client's own request. With `guess`, a
    server that names no field may mean ours.
    """
    if not added or failure.status not in _REFUSED:
        return frozenset()
    said = f"{failure.param or ''} {failure.code or ''} {failure.message[:_READ]}".lower()
    named = frozenset(name for name in added if any(part in said for part in _PARTS.get(name, (name,))))
    if named or not guess or failure.status not in (400, 422) or failure.param:
        return named
    return frozenset(added) if _UNKNOWN_FIELD.search(said) else frozenset()


class Unwanted:
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
