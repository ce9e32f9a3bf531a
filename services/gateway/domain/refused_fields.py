"""What Promptly adds to a request by itself, and servers that refuse it."""

import re
from collections.abc import Sequence

from services.gateway.domain.attempts import Failure

_REFUSED = (400, 404, 415, 422, 500, 501)
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
