"""The one place where entries are read and written: every question to the store carries the organization, and whatever
comes back is checked again before anybody sees it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from libs.common.clock import Clock
from libs.common.contracts.cache import CacheStats, StoreAnswer, cache_entry_id
from libs.common.embedding.ports import Vectors
from services.cache.domain.identity import block_id, is_id, partition_key
from services.cache.ports import Partition, Payload, Points, Selector

# Expired entries that are not swept yet may stand among the nearest.
_SPARE = 5
_BESIDE = 3_000  # bytes of an entry's vectors, ids and keys


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The part of an entry that decides whether it may serve a paraphrase."""

    org_id: str
    scope: str
    query: str
    form: str
    expires_at_ms: int


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A stored answer with what decides whom it may serve.

    `query` as it was written and its normal `form` are None where only exact repeats are served; `answer` is JSON text;
    times are ms since the epoch.
    """

    org_id: str
    scope: str
    fingerprint: str
    query: str | None
    form: str | None
    answer: str
    served_model: str
    provider: str
    prompt_tokens: int
    completion_tokens: int
    request_id: str
    stored_at_ms: int
    expires_at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An entry that may mean what was asked."""

    entry_id: str
    asked: Asked
    embedding: Vectors | None


def size_of(answer: StoreAnswer) -> int:
    """About the bytes that an answer takes: its texts, and what goes with every entry."""
    return len(bytes(answer.answer)) + len((answer.query or "").encode("utf-8", "surrogatepass")) + _BESIDE


class Entries:
    """Entries of one organization at a time."""

    def __init__(self, points: Points, clock: Clock) -> None:
        self._points = points
        self._clock = clock

    async def exact(self, org_id: str, fingerprint: str) -> tuple[str, Entry] | None:
        """The live entry of this very request, with its id."""
        entry_id = cache_entry_id(org_id, fingerprint)
        entry = await self.whole(org_id, entry_id)
        return (entry_id, entry) if entry is not None and entry.fingerprint == fingerprint else None

    async def whole(self, org_id: str, entry_id: str) -> Entry | None:
        """A live entry by its id."""
        return self._entry(org_id, await self._points.fetch(entry_id), entry_id)

    async def paired(self, org_id: str, entry_id: str, pair_id: str) -> tuple[Entry | None, bool]:
        """A live entry, and whether somebody of the organization said that these two questions share no answer."""
        blocked_id = block_id(org_id, pair_id)
        found = await self._points.fetch(entry_id, blocked_id)
        block = found.get(blocked_id, {})
        blocked = (block.get("org_id"), block.get("pair_id")) == (org_id, pair_id)
        return self._entry(org_id, found, entry_id), blocked

    async def near(self, org_id: str, scope: str, static: Vectors, *, limit: int, floor: float) -> Sequence[Candidate]:
        """Live entries of this scope that serve paraphrases, nearest by static cosine first."""
        partition = Partition(org_id=org_id, key=partition_key(org_id, scope))
        fields = Asked.__struct_fields__
        found = await self._points.nearest(static, partition, limit=limit + _SPARE, floor=floor, fields=fields)
        return [
            Candidate(entry_id=near.point_id, asked=asked, embedding=near.embedding)
            for near in found
            if self._mine(asked := msgspec.convert(near.payload, Asked), org_id) and asked.scope == scope
        ][:limit]

    async def store(self, answer: StoreAnswer, form: str | None = None, static: Vectors | None = None) -> str:
        """Keep an answer, in the place of an earlier one to the same request. Returns its id.

        With the normal form of its query and that form's static vector it serves paraphrases too.
        """
        now = self._now_ms()
        entry = Entry(
            org_id=answer.org_id,
            scope=answer.scope,
            fingerprint=answer.fingerprint,
            query=answer.query if form is not None else None,
            form=form,
            answer=bytes(answer.answer).decode(),
            served_model=answer.served_model,
            provider=answer.provider,
            prompt_tokens=answer.prompt_tokens,
            completion_tokens=answer.completion_tokens,
            request_id=answer.request_id,
            stored_at_ms=now,
            expires_at_ms=now + answer.ttl_seconds * 1000,
        )
        entry_id = cache_entry_id(answer.org_id, answer.fingerprint)
        partition = partition_key(answer.org_id, answer.scope)
        await self._points.put(
            entry_id, {**msgspec.to_builtins(entry), "room": partition, "bytes": size_of(answer)}, static
        )
        return entry_id

    async def set_embedding(self, entry_id: str, embedding: Vectors) -> None:
        """Keep the model's vector of an entry."""
        await self._points.set_embedding(entry_id, embedding)

    async def stats(self, org_id: str) -> CacheStats:
        """Live entries, each counted once: as semantic where it serves paraphrases too, else as exact."""
        selector = Selector(org_id=org_id, alive_at_ms=self._now_ms())
        total = await self._points.count(selector)
        semantic = await self._points.count(selector, semantic=True)
        return CacheStats(exact_entries=total - semantic, semantic_entries=semantic, total_entries=total)

    async def forget(self, org_id: str, entry_id: str) -> bool:
        """Remove one entry, if it is this organization's; whether there was one."""
        if not is_id(entry_id) or await self.whole(org_id, entry_id) is None:
            return False
        await self._points.remove(entry_id)
        return True

    async def block(self, org_id: str, pair_id: str) -> None:
        """Never let these two questions share an answer again."""
        await self._points.put(block_id(org_id, pair_id), {"org_id": org_id, "pair_id": pair_id}, None)

    async def live(self, org_id: str) -> int:
        """How many entries an organization has."""
        return await self._points.count(Selector(org_id=org_id, alive_at_ms=self._now_ms()))

    async def evict(self, org_id: str, count: int) -> None:
        """Remove so many entries, those first that would expire first."""
        await self._points.evict(Selector(org_id=org_id, alive_at_ms=0), count)

    async def sizes(self, org_id: str | None = None) -> Mapping[str, int]:
        """The bytes that each organization's answers take, or one's alone."""
        return await self._points.sizes(org_id)

    async def clear(self, org_id: str) -> int:
        """Remove all entries, expired ones too; blocked pairs stay, for they say what was wrong and hold no answer. Returns
        how many live entries there were.
        """
        live = await self.live(org_id)
        await self._points.delete(Selector(org_id=org_id, alive_at_ms=0))
        return live

    async def erase(self, org_id: str) -> None:
        """Remove all that is kept for an organization."""
        await self._points.delete(Selector(org_id=org_id))

    async def sweep(self) -> None:
        """Remove what expired."""
        await self._points.sweep(self._now_ms())

    def _entry(self, org_id: str, found: Mapping[str, Payload], entry_id: str) -> Entry | None:
        payload = found.get(entry_id, {})
        # A blocked pair is a point, too, and no entry.
        entry = msgspec.convert(payload, Entry) if "answer" in payload else None
        return entry if entry is not None and self._mine(entry, org_id) else None

    def _mine(self, entry: Entry | Asked, org_id: str) -> bool:
        return entry.org_id == org_id and entry.expires_at_ms > self._now_ms()

    def _now_ms(self) -> int:
        return int(self._clock.now().timestamp() * 1000)
