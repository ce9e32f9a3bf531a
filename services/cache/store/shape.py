"""What both Qdrant adapters agree on."""

from collections import Counter
from collections.abc import Iterable, Mapping

from services.cache.ports import Payload

STATIC = "static"
EMBEDDING = "meaning"
PARTITION = "room"
TENANT = "org_id"
EXPIRY = "expires_at_ms"
BYTES = "bytes"
# Of an entry from before sizes were kept.
USUAL_BYTES = 2_000


def collection_name(embedder: str, normaliser: int) -> str:
    """One collection per pair: vectors of two models, or of two normal forms, never meet."""
    return f"promptly-answers-{embedder}-n{normaliser}"


# Vectors that callers had made elsewhere: values by key, which no search looks through.
VALUES = "promptly-vectors-v1"


def summed(payloads: Iterable[Payload]) -> Mapping[str, int]:
    """The bytes of answers by organization. What has no expiry is no answer."""
    found: Counter[str] = Counter()
    for payload in payloads:
        if EXPIRY in payload:
            found[payload[TENANT]] += payload.get(BYTES, USUAL_BYTES)
    return found
