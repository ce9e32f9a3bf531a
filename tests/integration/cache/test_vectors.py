"""Vectors by key, over every vector store."""

import struct

import pytest

from libs.common.clock import ManualClock
from libs.common.contracts.cache import MAX_VECTORS, CachedVector, LookupVectors, StoreVectors
from libs.common.errors import BadRequest
from services.cache.entries import Entries
from services.cache.ports import Points
from services.cache.quota import Quota
from services.cache.vectors import Vectors


@pytest.fixture
def vectors(points: Points, clock: ManualClock) -> Vectors:
    return made(points, clock)


def made(points: Points, clock: ManualClock, **bounds: int) -> Vectors:
    bounds = {"max_entries": 100, "stores_per_minute": 1000, **bounds}
    return Vectors(points, Quota(Entries(points, clock), clock, **bounds), clock)


def vector(number: float) -> CachedVector:
    return CachedVector(data=struct.pack("<2f", number, -number), tokens=int(number))


async def keep(vectors: Vectors, org_id: str, *numbers: int, ttl: int = 60) -> int:
    given = {f"key {number}": vector(number) for number in numbers}
    return (await vectors.store(StoreVectors(org_id=org_id, ttl_seconds=ttl, vectors=given))).accepted


async def find(vectors: Vectors, org_id: str, *numbers: int) -> dict[str, CachedVector]:
    return (await vectors.find(LookupVectors(org_id=org_id, keys=tuple(f"key {number}" for number in numbers)))).found


async def test_vectors_come_back_as_they_were_and_to_their_owner_alone(vectors: Vectors) -> None:
    assert await keep(vectors, "org_a", 1, 2, 3) == 3
    assert await find(vectors, "org_a", 3, 1, 9) == {"key 3": vector(3), "key 1": vector(1)}
    assert await find(vectors, "org_b", 1) == {}
    assert await find(vectors, "org_a") == {}


async def test_vectors_expire_and_are_replaced(vectors: Vectors, clock: ManualClock) -> None:
    await keep(vectors, "org_a", 1)
    clock.advance(40)
    await keep(vectors, "org_a", 1, 2)
    clock.advance(40)
    assert set(await find(vectors, "org_a", 1, 2)) == {"key 1", "key 2"}
    clock.advance(30)
    assert await find(vectors, "org_a", 1, 2) == {}


async def test_an_organisation_that_goes_takes_its_vectors_with_it(vectors: Vectors) -> None:
    await keep(vectors, "org_a", 1)
    await keep(vectors, "org_b", 1)
    await vectors.erase("org_a")
    assert await find(vectors, "org_a", 1) == {}
    assert await find(vectors, "org_b", 1) != {}


async def test_an_organisation_has_so_many_and_so_many_bytes(points: Points, clock: ManualClock) -> None:
    few = made(points, clock, max_entries=20)
    for at in range(50):
        await keep(few, "org_a", at, ttl=1000 + at)
    assert len(await find(few, "org_a", *range(50))) <= 20
    assert await find(few, "org_a", 49) != {}
    small = made(points, clock, max_bytes=3_000)
    for at in range(30):
        await keep(small, "org_b", at, ttl=1000 + at)
    assert len(await find(small, "org_b", *range(30))) <= 10
    assert await keep(made(points, clock, entry_bytes=100), "org_c", 1) == 0


async def test_more_than_a_message_holds_is_refused(vectors: Vectors) -> None:
    with pytest.raises(BadRequest):
        await find(vectors, "org_a", *range(MAX_VECTORS + 1))
    with pytest.raises(BadRequest):
        await keep(vectors, "org_a", *range(MAX_VECTORS + 1))
