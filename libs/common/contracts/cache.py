"""What the cache answers: exact and semantic look-ups, stores, counts and clears, always within one organization.

A `scope` is the hex SHA-256 of everything that must be equal for an answer to serve another request (requested model,
system prompt, earlier turns, tools, response format, sampling parameters); a `fingerprint` that of the whole canonical
request. The cache adds the embedding model and the normaliser's version to both itself.
"""

import uuid
from typing import Literal

import msgspec

from libs.common.contracts.base import Rpc

_ENTRIES = uuid.UUID("6f0c3d0e-6b0f-5c8e-9a51-2f1d5f4a7c10")


class ExactLookup(msgspec.Struct, frozen=True, kw_only=True):
    """Is there an answer to this very request?"""

    org_id: str
    fingerprint: str


class SemanticLookup(msgspec.Struct, frozen=True, kw_only=True):
    """Is there an answer to a question that means the same? `query` is the last user turn's text."""

    org_id: str
    scope: str
    query: str
    threshold: float


class CacheHit(msgspec.Struct, frozen=True, kw_only=True, tag="hit"):
    """A stored answer. `answer` is the `chat.completion` object that the first request got, as JSON.

    `similarity` is unrounded and on the threshold's scale: 1.0 for an exact hit and for questions of one normal form, else the
    cosine, weighted by what the words of both questions have in common. `prompt_tokens` is the original size of the request
    that was stored; `request_id` is the request that paid for it. `pair_id` stands for the two questions that a semantic hit
    put together; no text can be read from it.
    """

    kind: Literal["exact", "semantic"]
    entry_id: str
    similarity: float
    answer: msgspec.Raw
    served_model: str
    provider: str
    prompt_tokens: int
    completion_tokens: int
    request_id: str
    stored_at_ms: int
    pair_id: str | None = None


class CacheMiss(msgspec.Struct, frozen=True, kw_only=True, tag="miss"):
    """No answer. `best_similarity` and `vetoes` say how near the nearest one came, and why it was not served; `verifier_failed`
    that a near one could not be judged.
    """

    best_similarity: float | None = None
    vetoes: tuple[str, ...] = ()
    verifier_failed: bool = False


class StoreAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Keep a complete answer. Without `query` it serves exact repeats only."""

    org_id: str
    scope: str
    fingerprint: str
    query: str | None
    ttl_seconds: int
    answer: msgspec.Raw
    served_model: str
    provider: str
    prompt_tokens: int
    completion_tokens: int
    request_id: str


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """`accepted` is false where the organization stores too fast and the answer was let go."""

    entry_id: str
    accepted: bool = True


def cache_entry_id(org_id: str, fingerprint: str) -> str:
    """The id under which a request's answer is kept, a UUIDv5; another organization's request never has the same."""
    return str(uuid.uuid5(_ENTRIES, f"{org_id}\n{fingerprint}"))


class CacheOf(msgspec.Struct, frozen=True, kw_only=True):
    """Whose entries a count or a clear is about."""

    org_id: str


class CacheStats(msgspec.Struct, frozen=True, kw_only=True):
    """Live entries: those that serve exact repeats only, those that serve paraphrases too, and their sum."""

    exact_entries: int
    semantic_entries: int
    total_entries: int


class Cleared(msgspec.Struct, frozen=True, kw_only=True):
    """How many entries a clear removed."""

    cleared: int


class ForgetEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Whose entry is wrong. The pairs are never put together again, also once the entry's question was answered anew."""

    org_id: str
    entry_id: str
    pair_ids: tuple[str, ...] = ()


class Forgotten(msgspec.Struct, frozen=True, kw_only=True):
    """Whether there was such an entry."""

    forgotten: bool


LOOKUP_EXACT: Rpc[ExactLookup, CacheHit | CacheMiss] = Rpc(
    "promptly.v1.cache.lookup_exact", ExactLookup, CacheHit | CacheMiss, 80
)
LOOKUP_SEMANTIC: Rpc[SemanticLookup, CacheHit | CacheMiss] = Rpc(
    "promptly.v1.cache.lookup_semantic", SemanticLookup, CacheHit | CacheMiss, 80
)
STORE: Rpc[StoreAnswer, Stored] = Rpc("promptly.v1.cache.store", StoreAnswer, Stored, 2000)
STATS: Rpc[CacheOf, CacheStats] = Rpc("promptly.v1.cache.stats", CacheOf, CacheStats, 2000)
FORGET: Rpc[ForgetEntry, Forgotten] = Rpc("promptly.v1.cache.forget", ForgetEntry, Forgotten, 2000)
CLEAR: Rpc[CacheOf, Cleared] = Rpc("promptly.v1.cache.clear", CacheOf, Cleared, 10_000)


# Of one look-up or store: vectors of 4,096 dimensions stay below the size of a message.
MAX_VECTORS = 64


class CachedVector(msgspec.Struct, frozen=True, kw_only=True):
    """A vector as the bytes of its little-endian 32-bit floats, and the tokens of the input that it was made of."""

    data: bytes
    tokens: int


class LookupVectors(msgspec.Struct, frozen=True, kw_only=True):
    """Which of these are there? Keys are hex SHA-256 digests of everything that a vector depends on; at most `MAX_VECTORS`."""

    org_id: str
    keys: tuple[str, ...]


class VectorsFound(msgspec.Struct, frozen=True, kw_only=True):
    """Those that are, by key."""

    found: dict[str, CachedVector]


class StoreVectors(msgspec.Struct, frozen=True, kw_only=True):
    """Keep these, by key; at most `MAX_VECTORS`."""

    org_id: str
    ttl_seconds: int
    vectors: dict[str, CachedVector]


class VectorsStored(msgspec.Struct, frozen=True, kw_only=True):
    """How many were kept: the others are too large, or came too fast."""

    accepted: int


LOOKUP_VECTORS: Rpc[LookupVectors, VectorsFound] = Rpc(
    "promptly.v1.cache.lookup_vectors", LookupVectors, VectorsFound, 500
)
STORE_VECTORS: Rpc[StoreVectors, VectorsStored] = Rpc(
    "promptly.v1.cache.store_vectors", StoreVectors, VectorsStored, 5000
)
