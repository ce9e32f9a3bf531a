"""The service over the bus, with the real model and the built-in vector store."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from libs.common.bus import MemoryBus
from libs.common.clock import ManualClock
from libs.common.contracts.cache import (
    CLEAR,
    FORGET,
    LOOKUP_EXACT,
    LOOKUP_SEMANTIC,
    STATS,
    STORE,
    CacheHit,
    CacheMiss,
    CacheOf,
    ExactLookup,
    ForgetEntry,
    SemanticLookup,
)
from libs.common.errors import Unavailable
from libs.common.settings import SettingsError
from services.cache.app import create_app
from services.cache.settings import CacheSettings
from tests.integration.cache.conftest import answer_for
from tests.unit.cache.examples import DOCUMENTED_HITS, DOCUMENTED_MISSES, NEAR_MISSES, PARAPHRASES

UNREACHABLE = "http://127.0.0.1:9"


@pytest.fixture
def settings(tmp_path: Path, model_dir: Path) -> CacheSettings:
    return CacheSettings(model_dir=str(model_dir), cache_dir=str(tmp_path))


@pytest.fixture
async def bus(settings: CacheSettings, clock: ManualClock) -> AsyncIterator[MemoryBus]:
    bus = MemoryBus()
    async with create_app(settings, bus, clock) as app:
        assert app.missing() == ()
        yield bus


async def ask(bus: MemoryBus, query: str, **changes: object) -> CacheHit | CacheMiss:
    asked = SemanticLookup(org_id="org_a", scope="scope", query=query, threshold=0.95)
    # A busy test machine is not what is tested here.
    return await bus.call(LOOKUP_SEMANTIC, msgspec.structs.replace(asked, **changes), budget_ms=20_000)


async def repeat(bus: MemoryBus, org_id: str = "org_a") -> CacheHit | CacheMiss:
    asked = ExactLookup(org_id=org_id, fingerprint="fingerprint")
    return await bus.call(LOOKUP_EXACT, asked, budget_ms=20_000)


async def test_paraphrases_hit_right_after_the_store(bus: MemoryBus) -> None:
    for at, (stored, asked) in enumerate(DOCUMENTED_HITS + PARAPHRASES):
        await bus.call(STORE, answer_for(query=stored, scope=str(at), fingerprint=str(at)))
        found = await ask(bus, asked, scope=str(at))
        assert isinstance(found, CacheHit), (stored, asked, found)
        assert found.kind == "semantic"
        assert 0.95 <= found.similarity <= 1.0
        assert bytes(found.answer) == b'{"id":"one"}'


async def test_near_misses_miss(bus: MemoryBus) -> None:
    for at, (stored, asked) in enumerate(DOCUMENTED_MISSES + NEAR_MISSES):
        await bus.call(STORE, answer_for(query=stored, scope=str(at), fingerprint=str(at)))
        assert isinstance(await ask(bus, asked, scope=str(at)), CacheMiss), (stored, asked)
        assert isinstance(await ask(bus, stored, scope=str(at)), CacheHit)


async def test_the_documented_conversation(bus: MemoryBus) -> None:
    """Store, paraphrase, paraphrase, near miss: the third one's score is not rounded up."""
    assert isinstance(await ask(bus, "What's the capital of France?"), CacheMiss)
    await bus.call(STORE, answer_for(query="What's the capital of France?"))
    second, third = await ask(bus, "capital of france?"), await ask(bus, "What is France's capital city?")
    assert isinstance(second, CacheHit)
    assert isinstance(third, CacheHit)
    assert second.similarity == 1.0
    assert third.similarity == pytest.approx(0.9512, abs=5e-4)
    assert isinstance(await ask(bus, "What is France's capital city?", threshold=third.similarity + 1e-6), CacheMiss)


async def test_a_miss_says_why(bus: MemoryBus) -> None:
    await bus.call(STORE, answer_for(query="Is it healthy to eat before 10pm?"))
    vetoed = await ask(bus, "Is it healthy to eat after 10pm?")
    assert isinstance(vetoed, CacheMiss)
    assert "qualifiers" in vetoed.vetoes
    await bus.call(STORE, answer_for(fingerprint="2", query="What is entropy?"))
    near = await ask(bus, "What is the concept of entropy?")
    assert isinstance(near, CacheMiss)
    assert near.best_similarity is not None
    assert 0.7 < near.best_similarity < 0.95


async def test_exact_repeats_hit_at_once(bus: MemoryBus) -> None:
    stored = await bus.call(STORE, answer_for(query=None))
    found = await repeat(bus)
    assert isinstance(found, CacheHit)
    assert (found.kind, found.similarity, found.entry_id) == ("exact", 1.0, stored.entry_id)
    assert (found.prompt_tokens, found.completion_tokens, found.request_id) == (12, 34, "req_1")


@pytest.mark.parametrize("change", [{"org_id": "org_b"}, {"scope": "other"}])
async def test_nothing_crosses_an_organization_or_a_scope(bus: MemoryBus, change: dict[str, object]) -> None:
    await bus.call(STORE, answer_for())
    assert isinstance(await ask(bus, "What is tin?"), CacheHit)
    assert await ask(bus, "What is tin?", **change) == CacheMiss()


@pytest.mark.parametrize(
    "query",
    ["What is the weather in Rome?", "Where is my order?", "What is t\u200bin?", "rain " * 255, "rain" * 2_000, " "],
)
async def test_some_questions_serve_exact_repeats_only(bus: MemoryBus, query: str) -> None:
    await bus.call(STORE, answer_for(query=query))
    assert await ask(bus, query) == CacheMiss()
    assert isinstance(await repeat(bus), CacheHit)
    stats = await bus.call(STATS, CacheOf(org_id="org_a"))
    assert (stats.exact_entries, stats.semantic_entries) == (1, 0)


async def test_an_entry_expires(bus: MemoryBus, clock: ManualClock) -> None:
    await bus.call(STORE, answer_for(ttl_seconds=10))
    clock.advance(11)
    assert await ask(bus, "What is tin?") == CacheMiss()
    assert isinstance(await repeat(bus), CacheMiss)


async def test_stats_and_clear(bus: MemoryBus) -> None:
    await bus.call(STORE, answer_for())
    await bus.call(STORE, answer_for(fingerprint="2", query=None))
    stats = await bus.call(STATS, CacheOf(org_id="org_a"))
    assert (stats.exact_entries, stats.semantic_entries, stats.total_entries) == (1, 1, 2)
    assert (await bus.call(CLEAR, CacheOf(org_id="org_a"))).cleared == 2
    assert (await bus.call(STATS, CacheOf(org_id="org_a"))).total_entries == 0
    assert await ask(bus, "What is tin?") == CacheMiss()


async def test_a_pair_that_was_wrong_is_never_put_together_again(bus: MemoryBus) -> None:
    """Neither way round, also after the question was answered anew or the cache was cleared; other pairs go on."""
    stored, asked = DOCUMENTED_HITS[1]
    await bus.call(STORE, answer_for(query=stored))
    wrong = await ask(bus, asked)
    assert isinstance(wrong, CacheHit)
    assert wrong.pair_id is not None
    told = ForgetEntry(org_id="org_a", entry_id=wrong.entry_id, pair_ids=(wrong.pair_id,))
    assert (await bus.call(FORGET, told)).forgotten
    assert await ask(bus, asked) == CacheMiss()
    await bus.call(CLEAR, CacheOf(org_id="org_a"))
    await bus.call(STORE, answer_for(query=stored))
    refused = await ask(bus, asked)
    assert isinstance(refused, CacheMiss)
    assert refused.vetoes == ("blocked",)
    assert isinstance(await ask(bus, DOCUMENTED_HITS[0][1]), CacheHit)
    await bus.call(CLEAR, CacheOf(org_id="org_a"))
    await bus.call(STORE, answer_for(query=asked))
    assert isinstance(await ask(bus, stored), CacheMiss)
    assert (await bus.call(STATS, CacheOf(org_id="org_a"))).total_entries == 1


async def test_another_organizations_feedback_changes_nothing(bus: MemoryBus) -> None:
    await bus.call(STORE, answer_for())
    hit = await ask(bus, "what is tin")
    assert isinstance(hit, CacheHit)
    assert hit.pair_id is not None
    told = ForgetEntry(org_id="org_b", entry_id=hit.entry_id, pair_ids=(hit.pair_id, hit.entry_id))
    assert not (await bus.call(FORGET, told)).forgotten
    assert await ask(bus, "what is tin") == hit


async def test_the_next_best_entry_answers_where_the_best_is_blocked(bus: MemoryBus) -> None:
    stored, asked = DOCUMENTED_HITS[1]
    for fingerprint, query in (("1", stored), ("2", asked.replace("What is", "Tell me"))):
        await bus.call(STORE, answer_for(fingerprint=fingerprint, query=query, request_id=f"req_{fingerprint}"))
    best = await ask(bus, "capital of france")
    assert isinstance(best, CacheHit)
    assert best.request_id == "req_1"
    told = ForgetEntry(org_id="org_a", entry_id="", pair_ids=(best.pair_id or "",))
    await bus.call(FORGET, told)
    next_best = await ask(bus, "capital of france")
    assert isinstance(next_best, CacheHit)
    assert next_best.request_id == "req_2"


async def test_what_is_stored_too_fast_is_let_go(settings: CacheSettings, clock: ManualClock) -> None:
    bus = MemoryBus()
    async with create_app(msgspec.structs.replace(settings, cache_stores_per_minute=1), bus, clock):
        assert (await bus.call(STORE, answer_for())).accepted
        refused = await bus.call(STORE, answer_for(fingerprint="2"))
        assert not refused.accepted
        assert isinstance(await bus.call(LOOKUP_EXACT, ExactLookup(org_id="org_a", fingerprint="2")), CacheMiss)


async def test_with_qdrant_away_look_ups_miss_and_the_rest_says_so(settings: CacheSettings) -> None:
    bus = MemoryBus()
    async with create_app(msgspec.structs.replace(settings, qdrant_url=UNREACHABLE), bus) as app:
        assert app.missing() == ("qdrant",)
        assert await ask(bus, "What is tin?") == CacheMiss()
        assert isinstance(await repeat(bus), CacheMiss)
        with pytest.raises(Unavailable, match="not stored"):
            await bus.call(STORE, answer_for())
        with pytest.raises(Unavailable, match="not cleared"):
            await bus.call(CLEAR, CacheOf(org_id="org_a"))
        with pytest.raises(Unavailable, match="counted"):
            await bus.call(STATS, CacheOf(org_id="org_a"))


async def test_without_a_model_it_does_not_start(tmp_path: Path) -> None:
    settings = CacheSettings(model_dir=str(tmp_path / "none"), cache_dir=str(tmp_path))
    with pytest.raises(SettingsError, match=r"python -m libs\.common\.embedding"):
        async with create_app(settings, MemoryBus(), ManualClock(datetime(2026, 1, 1, tzinfo=UTC))):
            pass
