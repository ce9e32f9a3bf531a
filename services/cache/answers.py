"""What the cache does for its callers. A look-up that cannot be finished is a miss; a store or a clear that cannot is an error."""

import asyncio
from collections.abc import Sequence
from typing import Literal

import msgspec
import numpy as np
import structlog
from prometheus_client import Counter

from libs.common import context
from libs.common.contracts.cache import (
    LOOKUP_EXACT,
    CacheHit,
    CacheMiss,
    CacheStats,
    Cleared,
    ExactLookup,
    ForgetEntry,
    Forgotten,
    SemanticLookup,
    StoreAnswer,
    Stored,
    cache_entry_id,
)
from libs.common.errors import Unavailable
from services.cache.domain.identity import pair_id_for
from services.cache.domain.verifier import Verdict, judge
from services.cache.embedding_cache import EmbeddingCache
from services.cache.entries import Candidate, Entries, Entry, size_of
from services.cache.ports import StaticEmbedder, StoreDownError
from services.cache.quota import Quota
from services.cache.static_embedding import embed_static

log = structlog.get_logger()
LOOKUPS = Counter("promptly_cache_lookups", "Look-ups, by kind and by how they ended", ["kind", "outcome"])

Kind = Literal["exact", "semantic"]
# What a miss names where somebody said that the answer was wrong.
BLOCKED = "blocked"
# Three embeddings of short questions fit into a look-up's budget.
UNSEEN = 2
CANDIDATES = 10
# Of the pairs that the model puts at .95 or nearer, the static table leaves about one in a hundred below this.
FLOOR = 0.68
# What is left of a caller's budget for the answer's way back.
_WAY_BACK_MS = 5.0


class Answers:
    """Answers that were paid for once."""

    def __init__(
        self, entries: Entries, quota: Quota, static_embedder: StaticEmbedder, embedder: EmbeddingCache
    ) -> None:
        self._entries = entries
        self._quota = quota
        self._static_embedder = static_embedder
        self._embedder = embedder

    async def exact(self, asked: ExactLookup) -> CacheHit | CacheMiss:
        """The answer to this very request."""
        try:
            async with _budget():
                found = await self._entries.exact(asked.org_id, asked.fingerprint)
        except (StoreDownError, TimeoutError) as error:
            return _failed("exact", error)
        if found is None:
            return _counted("exact", CacheMiss())
        return _counted("exact", _hit("exact", *found, 1.0))

    async def semantic(self, asked: SemanticLookup) -> CacheHit | CacheMiss:
        """The answer to a question of the same meaning: near by the static table, not vetoed, near by the model."""
        try:
            async with _budget():
                return _counted("semantic", await self._semantic(asked))
        except (StoreDownError, TimeoutError) as error:
            return _failed("semantic", error)

    async def store(self, answer: StoreAnswer) -> Stored:
        """Keep an answer. It can be found, by its request and by paraphrases, when this returns; where its organization stores
        too fast, it is let go.
        """
        form, static = embed_static(answer.query, self._static_embedder) if answer.query is not None else (None, None)
        try:
            if not await self._quota.admits(answer.org_id, size_of(answer)):
                return Stored(entry_id=cache_entry_id(answer.org_id, answer.fingerprint), accepted=False)
            entry_id = await self._entries.store(answer, form, static)
            if form is not None and (embedding := self._embedder.known(form)) is not None:
                await self._entries.set_embedding(entry_id, embedding)
        except StoreDownError as error:
            raise Unavailable(f"The answer was not stored: {error}") from None
        return Stored(entry_id=entry_id)

    async def stats(self, org_id: str) -> CacheStats:
        """How many live entries an organization has."""
        try:
            return await self._entries.stats(org_id)
        except StoreDownError as error:
            raise Unavailable(f"The cache cannot be counted now: {error}") from None

    async def forget(self, asked: ForgetEntry) -> Forgotten:
        """Remove an entry that answered wrongly, and keep its pairs of questions apart from now on."""
        try:
            for pair_id in asked.pair_ids:
                await self._entries.block(asked.org_id, pair_id)
            return Forgotten(forgotten=await self._entries.forget(asked.org_id, asked.entry_id))
        except StoreDownError as error:
            raise Unavailable(f"The entry was not removed: {error}") from None

    async def clear(self, org_id: str) -> Cleared:
        """Remove all entries of an organization; they are gone when this returns."""
        try:
            return Cleared(cleared=await self._entries.clear(org_id))
        except StoreDownError as error:
            raise Unavailable(f"The cache was not cleared: {error}") from None

    async def erase(self, org_id: str) -> None:
        """Remove all that is kept for an organization that is gone."""
        try:
            await self._entries.erase(org_id)
        except StoreDownError as error:
            raise Unavailable(f"The organization was not erased: {error}") from None

    async def _semantic(self, asked: SemanticLookup) -> CacheHit | CacheMiss:
        form, static = embed_static(asked.query, self._static_embedder)
        if form is None or static is None:
            return CacheMiss()
        near = await self._entries.near(asked.org_id, asked.scope, static, limit=CANDIDATES, floor=FLOOR)
        # The same form needs no model: whatever it makes of one, it makes of the other.
        near = sorted(near, key=lambda candidate: candidate.asked.form != form)
        allowed: list[tuple[Candidate, Verdict]] = []
        miss, failed = CacheMiss(), False
        for candidate in near:
            verdict = _judged(candidate.asked.query, asked.query)
            if verdict is None:
                failed = True
            elif verdict.vetoes:
                miss = miss if miss.vetoes else CacheMiss(vetoes=verdict.vetoes)
            elif candidate.asked.form != form:
                allowed.append((candidate, verdict))
            elif isinstance(outcome := await self._served(asked, form, candidate, 1.0), CacheHit):
                return outcome
            else:
                miss = outcome
        if not allowed:
            return msgspec.structs.replace(miss, verifier_failed=failed)
        scored = list(zip(await self._similarities(form, allowed), allowed, strict=True))
        for similarity, (candidate, _) in sorted(scored, key=lambda one: -one[0]):
            if similarity < asked.threshold:
                return CacheMiss(best_similarity=similarity, verifier_failed=failed)
            outcome = await self._served(asked, form, candidate, similarity)
            if isinstance(outcome, CacheHit):
                return outcome
            miss = outcome
        return msgspec.structs.replace(miss, verifier_failed=failed)

    async def _served(
        self, asked: SemanticLookup, form: str, candidate: Candidate, similarity: float
    ) -> CacheHit | CacheMiss:
        """The whole entry, unless it has gone meanwhile, or somebody said that it is no answer to this."""
        pair_id = pair_id_for(asked.org_id, asked.scope, candidate.asked.form, form)
        entry, blocked = await self._entries.paired(asked.org_id, candidate.entry_id, pair_id)
        if blocked:
            return CacheMiss(best_similarity=similarity, vetoes=(BLOCKED,))
        return CacheMiss() if entry is None else _hit("semantic", candidate.entry_id, entry, similarity, pair_id)

    async def _similarities(self, form: str, allowed: Sequence[tuple[Candidate, Verdict]]) -> list[float]:
        """Unrounded, on the threshold's scale. The nearest entries that the model has not seen yet are shown to it with the
        query, once for all: most entries are never near to anything that is asked, and cost no pass of the model. What is not
        compared scores nothing.
        """
        candidates = [candidate for candidate, _ in allowed]
        unseen = [candidate for candidate in candidates if candidate.embedding is None][:UNSEEN]
        query, *fresh = await self._embedder.embed([form, *(candidate.asked.form for candidate in unseen)])
        embeddings = {candidate.entry_id: candidate.embedding for candidate in candidates}
        for candidate, embedding in zip(unseen, fresh, strict=True):
            embeddings[candidate.entry_id] = embedding
            await self._entries.set_embedding(candidate.entry_id, embedding)
        return [
            0.0 if embedding is None else verdict.similarity(min(1.0, float(np.dot(query, embedding))))
            for (_, verdict), embedding in zip(allowed, embeddings.values(), strict=True)
        ]


def _budget() -> asyncio.Timeout:
    left = context.remaining_ms()
    return asyncio.timeout(max(0.0, (LOOKUP_EXACT.budget_ms if left is None else left) - _WAY_BACK_MS) / 1000)


def _judged(stored: str, asked: str) -> Verdict | None:
    """The verdict, or None where the verifier fails: what cannot be judged is not served, and somebody has to look."""
    try:
        return judge(stored, asked)
    except Exception as error:
        log.error("verifier_failed", error_type=type(error).__name__)
        return None


def _hit(kind: Kind, entry_id: str, entry: Entry, similarity: float, pair_id: str | None = None) -> CacheHit:
    return CacheHit(
        kind=kind,
        entry_id=entry_id,
        similarity=similarity,
        answer=msgspec.Raw(entry.answer.encode()),
        served_model=entry.served_model,
        provider=entry.provider,
        prompt_tokens=entry.prompt_tokens,
        completion_tokens=entry.completion_tokens,
        request_id=entry.request_id,
        stored_at_ms=entry.stored_at_ms,
        pair_id=pair_id,
    )


def _counted(kind: Kind, outcome: CacheHit | CacheMiss) -> CacheHit | CacheMiss:
    LOOKUPS.labels(kind, _named(outcome)).inc()
    return outcome


def _named(outcome: CacheHit | CacheMiss) -> str:
    if isinstance(outcome, CacheHit):
        return "hit"
    return "verifier_failed" if outcome.verifier_failed else "vetoed" if outcome.vetoes else "miss"


def _failed(kind: Kind, error: Exception) -> CacheMiss:
    LOOKUPS.labels(kind, "timeout" if isinstance(error, TimeoutError) else "store_down").inc()
    return CacheMiss()
