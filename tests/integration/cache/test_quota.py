"""How much one organization may keep, over every vector store."""

import asyncio

import msgspec
import pytest

from libs.common.clock import ManualClock
from services.cache.entries import Entries, size_of
from services.cache.ports import Points
from services.cache.quota import Quota
from tests.integration.cache.conftest import answer_for


@pytest.fixture
def entries(points: Points, clock: ManualClock) -> Entries:
    return Entries(points, clock)


async def stored(entries: Entries, quota: Quota, count: int, org_id: str = "org_a", begin: int = 0) -> list[bool]:
    admitted = []
    for at in range(begin, begin + count):
        admitted.append(await quota.admits(org_id))
        if admitted[-1]:
            await entries.store(answer_for(org_id=org_id, fingerprint=str(at), ttl_seconds=1000 + at))
    return admitted


async def test_a_full_organization_loses_its_oldest_and_nobody_elses(entries: Entries, clock: ManualClock) -> None:
    quota = Quota(entries, clock, max_entries=20, stores_per_minute=1000)
    await stored(entries, quota, 5, "org_b")
    assert all(await stored(entries, quota, 50))
    assert (await entries.stats("org_a")).total_entries <= 20
    assert (await entries.stats("org_b")).total_entries == 5
    assert await entries.exact("org_a", "49") is not None
    assert await entries.exact("org_a", "0") is None


async def test_a_new_process_counts_what_is_there(entries: Entries, clock: ManualClock) -> None:
    await stored(entries, Quota(entries, clock, max_entries=20, stores_per_minute=1000), 20)
    await stored(entries, Quota(entries, clock, max_entries=20, stores_per_minute=1000), 5, begin=20)
    assert (await entries.stats("org_a")).total_entries <= 20


async def test_storing_too_fast_is_refused_until_the_next_minute(entries: Entries, clock: ManualClock) -> None:
    quota = Quota(entries, clock, max_entries=100, stores_per_minute=3)
    assert await stored(entries, quota, 5) == [True, True, True, False, False]
    assert await stored(entries, quota, 1, "org_b") == [True]
    clock.advance(60)
    assert await stored(entries, quota, 1, begin=9) == [True]


async def test_repeats_of_one_request_do_not_evict(entries: Entries, clock: ManualClock) -> None:
    quota = Quota(entries, clock, max_entries=10, stores_per_minute=1000)
    await stored(entries, quota, 3)
    for _ in range(30):
        assert await quota.admits("org_a")
        await entries.store(answer_for(fingerprint="0"))
    assert (await entries.stats("org_a")).total_entries == 3


async def test_many_at_once_make_room_once(entries: Entries, clock: ManualClock) -> None:
    quota = Quota(entries, clock, max_entries=40, stores_per_minute=1000)
    await stored(entries, quota, 40)
    await asyncio.gather(*(stored(entries, quota, 1, begin=100 + number) for number in range(20)))
    # A twentieth went at a time, and no more than was needed.
    assert (await entries.stats("org_a")).total_entries >= 36


async def test_bytes_are_bounded_for_each_organization_and_in_all(entries: Entries, clock: ManualClock) -> None:
    quota = Quota(
        entries,
        clock,
        max_entries=1_000,
        stores_per_minute=10_000,
        max_bytes=60_000,
        total_bytes=100_000,
        entry_bytes=9_000,
    )

    async def store(org_id: str, n: int, letters: int) -> bool:
        given = answer_for(
            org_id=org_id, fingerprint=str(n), ttl_seconds=1000 + n, answer=msgspec.Raw(b'"%b"' % (b"a" * letters))
        )
        if not await quota.admits(org_id, size_of(given)):
            return False
        await entries.store(given)
        return True

    assert not await store("loud", 0, 9_000)  # with what goes beside it, it is too large for anybody
    assert await store("quiet", 1, 2_000)
    for n in range(60):
        assert await store(("loud", "louder")[n % 2], n, 2_000)
        sizes = await entries.sizes()
        assert max(sizes.values()) <= 60_000
        assert sum(sizes.values()) <= 100_000
    assert (await entries.sizes("quiet"))["quiet"] > 2_000
