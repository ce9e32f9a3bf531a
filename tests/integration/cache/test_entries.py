"""One suite for every vector store, through the class that all reads and writes go through."""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from libs.common.clock import ManualClock
from libs.common.contracts.cache import CacheStats, cache_entry_id
from libs.common.embedding.ports import Vectors
from libs.common.settings import SettingsError
from services.cache.entries import Entries
from services.cache.ports import Points
from services.cache.store.edge import EdgePoints
from tests.integration.cache.conftest import EMBEDDING_SIZE, STATIC_SIZE, answer_for, make_points

NEAR: dict[str, Any] = {"limit": 10, "floor": 0.68}


def direction(angle: float, size: int = STATIC_SIZE) -> Vectors:
    vector = np.zeros(size, np.float32)
    vector[:2] = np.cos(angle), np.sin(angle)
    return vector


async def blocked(entries: Entries, org_id: str, pair_id: str) -> bool:
    return (await entries.paired(org_id, cache_entry_id(org_id, "any"), pair_id))[1]


@pytest.fixture
def entries(points: Points, clock: ManualClock) -> Entries:
    return Entries(points, clock)


async def test_an_exact_entry_comes_back_whole(entries: Entries) -> None:
    entry_id = await entries.store(answer_for())
    found = await entries.exact("org_a", "fingerprint")
    assert found is not None
    assert found[0] == entry_id
    assert (found[1].answer, found[1].served_model, found[1].completion_tokens) == ('{"id":"one"}', "gpt-4o", 34)
    assert found[1].expires_at_ms - found[1].stored_at_ms == 60_000


async def test_a_second_answer_takes_the_place_of_the_first(entries: Entries) -> None:
    await entries.store(answer_for(), "What is tin?", direction(0))
    await entries.store(answer_for(request_id="req_2"), "What is tin?", direction(0))
    found = await entries.exact("org_a", "fingerprint")
    assert found is not None
    assert found[1].request_id == "req_2"
    assert (await entries.stats("org_a")).total_entries == 1


@pytest.mark.parametrize(
    ("org_id", "fingerprint"), [("org_b", "fingerprint"), ("org_a", "other"), ("org_a\nfinger", "print")]
)
async def test_another_organization_or_request_finds_nothing(entries: Entries, org_id: str, fingerprint: str) -> None:
    await entries.store(answer_for())
    assert await entries.exact(org_id, fingerprint) is None


async def test_the_nearest_come_first_and_the_far_not_at_all(entries: Entries) -> None:
    for angle in (0.6, 0.1, 0.3, 1.2):
        await entries.store(answer_for(fingerprint=str(angle), query=f"at {angle}"), "form", direction(angle))
    found = await entries.near("org_a", "scope", direction(0), **NEAR)
    assert [candidate.asked.query for candidate in found] == ["at 0.1", "at 0.3", "at 0.6"]
    assert len(await entries.near("org_a", "scope", direction(0), limit=2, floor=0.68)) == 2


async def test_only_the_same_organization_and_scope_are_near(entries: Entries) -> None:
    await entries.store(answer_for(), "What is tin?", direction(0))
    assert await entries.near("org_b", "scope", direction(0), **NEAR) == []
    assert await entries.near("org_a", "other scope", direction(0), **NEAR) == []
    assert len(await entries.near("org_a", "scope", direction(0), **NEAR)) == 1


async def test_an_exact_only_entry_is_near_nothing(entries: Entries) -> None:
    await entries.store(answer_for())
    assert await entries.near("org_a", "scope", direction(0), limit=10, floor=-1.0) == []


async def test_meaning_is_kept_beside_the_static_vector(entries: Entries) -> None:
    entry_id = await entries.store(answer_for(), "What is tin?", direction(0))
    [before] = await entries.near("org_a", "scope", direction(0), **NEAR)
    await entries.set_embedding(entry_id, direction(0.5, EMBEDDING_SIZE))
    [after] = await entries.near("org_a", "scope", direction(0), **NEAR)
    assert before.embedding is None
    assert after.embedding == pytest.approx(direction(0.5, EMBEDDING_SIZE), abs=1e-6)


async def test_meaning_does_not_bring_a_cleared_entry_back(entries: Entries) -> None:
    entry_id = await entries.store(answer_for(), "What is tin?", direction(0))
    await entries.clear("org_a")
    await entries.set_embedding(entry_id, direction(0.5, EMBEDDING_SIZE))
    assert (await entries.stats("org_a")).total_entries == 0


async def test_expired_entries_are_neither_served_nor_counted(entries: Entries, clock: ManualClock) -> None:
    await entries.store(answer_for(), "What is tin?", direction(0))
    clock.advance(59.9)
    assert await entries.exact("org_a", "fingerprint") is not None
    clock.advance(0.1)
    assert await entries.exact("org_a", "fingerprint") is None
    assert await entries.near("org_a", "scope", direction(0), **NEAR) == []
    assert (await entries.stats("org_a")).total_entries == 0


async def test_a_sweep_removes_what_expired_and_nothing_else(
    entries: Entries, points: Points, clock: ManualClock
) -> None:
    await entries.store(answer_for(fingerprint="short"))
    await entries.store(answer_for(fingerprint="long", ttl_seconds=3600))
    clock.advance(61)
    await entries.sweep()
    assert not await points.fetch(cache_entry_id("org_a", "short"))
    assert await points.fetch(cache_entry_id("org_a", "long"))


async def test_stats_count_each_entry_once_and_clear_takes_one_organization(entries: Entries) -> None:
    await entries.store(answer_for(fingerprint="1"))
    await entries.store(answer_for(fingerprint="2"), "two", direction(0))
    await entries.store(answer_for(fingerprint="3"), "three", direction(1))
    await entries.store(answer_for(org_id="org_b"), "What is tin?", direction(0))
    assert await entries.stats("org_a") == CacheStats(exact_entries=1, semantic_entries=2, total_entries=3)
    assert await entries.clear("org_a") == 3
    assert await entries.stats("org_a") == CacheStats(exact_entries=0, semantic_entries=0, total_entries=0)
    assert (await entries.stats("org_b")).total_entries == 1


async def test_a_clear_leaves_blocked_pairs_and_an_erasure_does_not(entries: Entries) -> None:
    await entries.store(answer_for(), "What is tin?", direction(0))
    await entries.block("org_a", "pair")
    assert (await entries.stats("org_a")).total_entries == 1
    assert await entries.clear("org_a") == 1
    assert await blocked(entries, "org_a", "pair")
    await entries.sweep()
    assert await blocked(entries, "org_a", "pair")
    assert not await blocked(entries, "org_b", "pair")
    await entries.erase("org_a")
    assert not await blocked(entries, "org_a", "pair")


async def test_a_blocked_pair_is_near_nothing(entries: Entries) -> None:
    await entries.block("org_a", "pair")
    assert await entries.near("org_a", "scope", direction(0), limit=10, floor=-1.0) == []


async def test_no_pair_id_names_an_entry(entries: Entries) -> None:
    """Whatever a caller sends as a pair, entries stay what they are, others' too."""
    entry_id = await entries.store(answer_for(org_id="org_b"))
    await entries.block("org_a", entry_id)
    assert await entries.whole("org_b", entry_id) is not None
    assert not await blocked(entries, "org_b", entry_id)


async def test_eviction_takes_what_would_expire_first(entries: Entries) -> None:
    for request, ttl in (("late", 900), ("first", 30), ("second", 60)):
        await entries.store(answer_for(fingerprint=request, ttl_seconds=ttl))
    await entries.store(answer_for(org_id="org_b", ttl_seconds=1))
    await entries.block("org_a", "pair")
    await entries.evict("org_a", 2)
    assert await entries.exact("org_a", "late") is not None
    assert (await entries.stats("org_a")).total_entries == 1
    assert (await entries.stats("org_b")).total_entries == 1
    assert await blocked(entries, "org_a", "pair")


async def test_expired_entries_do_not_hide_live_ones(entries: Entries, clock: ManualClock) -> None:
    for at in range(5):
        await entries.store(answer_for(fingerprint=str(at), ttl_seconds=1), "form", direction(0))
    await entries.store(answer_for(fingerprint="live"), "form", direction(0.2))
    clock.advance(2)
    assert len(await entries.near("org_a", "scope", direction(0), limit=1, floor=0.68)) == 1


orgs, scopes = st.sampled_from(["org_a", "org_b", "org_c"]), st.sampled_from(["s1", "s2"])
fingerprints = st.sampled_from(["f1", "f2", "f3"])
stores = st.lists(st.tuples(orgs, scopes, fingerprints, st.floats(0, 3), st.sampled_from([1, 100])), max_size=12)


@pytest.mark.parametrize("kind", ["memory", "edge", "server"])
@given(stores, orgs, scopes, fingerprints, st.floats(0, 3), st.integers(0, 150))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nobody_is_served_what_is_not_theirs(
    kind: str,
    clock: ManualClock,
    stored: list[tuple[str, str, str, float, int]],
    org: str,
    scope: str,
    fingerprint: str,
    angle: float,
    later: int,
) -> None:
    """Whatever was stored and whoever asks: same organization, same request or scope, and not expired."""

    async def check(directory: Path) -> None:
        points = make_points(kind, directory)
        await points.ping()
        try:
            entries = Entries(points, clock)
            for owner, within, request, at, ttl in stored:
                answer = answer_for(org_id=owner, scope=within, fingerprint=request, ttl_seconds=ttl, request_id=owner)
                await entries.store(answer, "question", direction(at))
            last = {(owner, request): (within, ttl) for owner, within, request, _, ttl in stored}
            clock.advance(later)
            exact = await entries.exact(org, fingerprint)
            alive = (org, fingerprint) in last and last[org, fingerprint][1] > later
            assert (exact is not None) == alive
            assert exact is None or exact[1].request_id == org
            for candidate in await entries.near(org, scope, direction(angle), limit=50, floor=-1.0):
                entry = await entries.whole(org, candidate.entry_id)
                assert entry is not None
                assert (entry.org_id, entry.request_id, entry.scope) == (org, org, scope)
                assert last[org, entry.fingerprint] == (scope, last[org, entry.fingerprint][1])
                assert last[org, entry.fingerprint][1] > later
        finally:
            await points.close()

    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(check(Path(directory)))


async def test_a_store_that_filters_wrongly_is_caught(clock: ManualClock, tmp_path: Path) -> None:
    """The check on the way out does not trust the filter on the way in."""
    points = make_points("memory", tmp_path)
    entries = Entries(points, clock)
    await entries.store(answer_for(org_id="org_b"), "What is tin?", direction(0))
    (foreign,) = (await points.fetch(cache_entry_id("org_b", "fingerprint"))).values()
    await points.put(cache_entry_id("org_a", "fingerprint"), foreign, direction(0))
    assert await entries.exact("org_a", "fingerprint") is None
    assert await entries.whole("org_a", cache_entry_id("org_b", "fingerprint")) is None


async def test_the_built_in_store_survives_a_restart(tmp_path: Path, clock: ManualClock) -> None:
    first = make_points("edge", tmp_path)
    entry_id = await Entries(first, clock).store(answer_for(), "What is tin?", direction(0))
    await Entries(first, clock).set_embedding(entry_id, direction(1, EMBEDDING_SIZE))
    await first.close()
    second = make_points("edge", tmp_path)
    entries = Entries(second, clock)
    assert await entries.exact("org_a", "fingerprint") is not None
    [found] = await entries.near("org_a", "scope", direction(0), **NEAR)
    assert found.embedding == pytest.approx(direction(1, EMBEDDING_SIZE), abs=1e-6)
    await second.close()


async def test_a_second_process_is_told_about_the_server(tmp_path: Path) -> None:
    first = make_points("edge", tmp_path)
    with pytest.raises(SettingsError, match="PROMPTLY_QDRANT_URL"):
        make_points("edge", tmp_path)
    await first.close()
    await make_points("edge", tmp_path).close()


async def test_entries_of_another_version_are_removed_from_disk(tmp_path: Path) -> None:
    (tmp_path / "not-ours").mkdir()
    await make_points("edge", tmp_path).close()
    newer = EdgePoints(tmp_path, "promptly-answers-newer", static_size=2, embedding_size=2)
    await newer.close()
    assert (tmp_path / "not-ours").is_dir()
    assert not (tmp_path / "promptly-answers-test").exists()


async def test_removed_entries_give_their_place_back_between_sweeps(
    tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.cache.store.edge._REMOVED", 1_000)
    store = make_points("edge", tmp_path)
    entries = Entries(store, clock)
    taken: list[int] = []
    for number in range(6_000):
        await entries.store(answer_for(fingerprint=f"f{number}", answer=msgspec.Raw(b'"' + b"x" * 1_000 + b'"')))
        if number % 50 == 49:
            await entries.evict("org_a", await entries.live("org_a") - 50)
        if number % 200 == 199:
            taken.append(_taken(tmp_path))
    await store.close()
    assert max(taken[15:]) <= 1.2 * max(taken[:15])


def _taken(directory: Path) -> int:
    """Bytes that the engine's segments take on disk."""
    return sum(512 * path.stat().st_blocks for path in directory.glob("*/segments/**/*") if path.is_file())
