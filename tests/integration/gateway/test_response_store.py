"""Stored responses: sealed, bounded, found by every gateway, and gone when they should be."""

import asyncio
import base64

import msgspec
import pytest

from libs.common.bus.memory import MemoryBus
from libs.common.bus.nats import NatsBus
from libs.common.clock import SystemClock
from libs.common.contracts.events import ORG_DELETED, OrgDeleted
from libs.common.contracts.gateway import RESPONSES
from libs.common.errors import Unavailable
from libs.common.ids import new_id
from libs.common.sealing import Sealer
from services.gateway.clients.capture_store import BusCaptureStore
from services.gateway.clients.deferred_store import BusDeferredStore
from services.gateway.clients.response_store import BusResponseStore
from services.gateway.domain.batches import BatchLimits
from services.gateway.domain.captured import CapturedRequest
from services.gateway.domain.deferred import DeferredAnswer
from services.gateway.domain.stored_response import (
    SEGMENT_BYTES,
    RoutingRecord,
    StoredResponse,
    place,
    response_of_item,
)
from services.gateway.handlers import erasing

LIMITS = BatchLimits(requests=9, bytes=1 << 20, wait_seconds=1, look_seconds=60, lease_seconds=60)
SEALER = Sealer({1: base64.b64decode("A" * 43 + "=")})


def store(bus: MemoryBus | NatsBus, **changes: float) -> BusResponseStore:
    settings = {"ttl": 600.0, "quota": 512 << 20, "budget_ms": 2000.0, **changes}
    return BusResponseStore(
        bus, SEALER, ttl=settings["ttl"], quota=int(settings["quota"]), budget_ms=settings["budget_ms"], pepper="pepper"
    )


def entry(identity: str, text: str = "Hello") -> StoredResponse:
    said = msgspec.Raw(msgspec.json.encode({"type": "message", "role": "user", "content": text}))
    return StoredResponse(
        id=identity, root=identity, model="m", created=1, head=msgspec.Raw(b"{}"), input=(said,), output=(said,)
    )


async def test_what_one_gateway_stores_another_reads_and_the_bus_sees_no_word_of_it(nats_bus: NatsBus) -> None:
    first, second = store(nats_bus), store(nats_bus)
    identity = await first.new_id("org_1")
    assert await first.save("org_1", entry(identity, "a secret"))
    assert await second.load("org_1", identity) == entry(identity, "a secret")
    found = place(identity)
    assert found is not None
    data = await nats_bus.get(RESPONSES, f"org_1.{found[0]}.{found[1]}")
    assert data is not None
    assert b"secret" not in data
    assert await second.load("org_2", identity) is None
    assert response_of_item(f"msg_{identity.removeprefix('resp_')}_3") == identity
    await second.delete("org_1", identity)
    assert await first.load("org_1", identity) is None


async def test_a_sealed_response_under_another_id_or_organization_does_not_open() -> None:
    bus = MemoryBus()
    responses = store(bus)
    one, other = [await responses.new_id("org_1") for _ in range(2)]
    await responses.save("org_1", entry(one))
    places = [place(one), place(other)]
    assert places[0] is not None
    assert places[1] is not None
    data = await bus.get(RESPONSES, f"org_1.{places[0][0]}.{places[0][1]}")
    assert data is not None
    await bus.put(RESPONSES, f"org_1.{places[1][0]}.{places[1][1]}", data)
    await bus.put(RESPONSES, f"org_2.{places[0][0]}.{places[0][1]}", data)
    assert await responses.load("org_1", other) is None
    assert await responses.load("org_2", one) is None


async def test_the_oldest_go_first_once_the_quota_is_full() -> None:
    bus = MemoryBus()
    responses = store(bus, quota=2 * SEGMENT_BYTES)
    ids = []
    for _ in range(80):  # of two thirds of a megabyte each, sealed close to one
        identity = await responses.new_id("org_1")
        ids.append(identity)
        assert await responses.save("org_1", entry(identity, "x" * 380_000))
    kept = [identity for identity in ids if await responses.load("org_1", identity) is not None]
    assert kept == ids[-len(kept) :], "only the oldest are gone"
    assert SEGMENT_BYTES < sum(map(len, (value for value, *_ in bus._buckets.values()))) <= 2 * SEGMENT_BYTES


async def test_too_large_or_not_at_all_is_said_and_not_raised() -> None:
    bus = MemoryBus()
    responses = store(bus)
    assert not await responses.save("org_1", entry(await responses.new_id("org_1"), "x" * (1 << 20)))
    off = store(bus, ttl=0)
    assert not off.keeps
    assert not await off.save("org_1", entry(await off.new_id("org_1")))
    identity = await responses.new_id("org_1")
    bus.connected = False
    assert not await responses.save("org_1", entry(identity))
    with pytest.raises(Unavailable):
        await responses.load("org_1", identity)
    with pytest.raises(Unavailable):
        await responses.delete("org_1", identity)


async def test_records_of_a_provider_s_responses_belong_to_their_organization() -> None:
    responses = store(MemoryBus())
    record = RoutingRecord(id="resp_native", provider_key_id="key_1", model="gpt-4o")
    assert await responses.save_record("org_1", record)
    assert await responses.record("org_1", "resp_native") == record
    assert await responses.record("org_2", "resp_native") is None
    await responses.delete("org_1", "resp_native")
    assert await responses.record("org_1", "resp_native") is None


async def test_an_organization_that_is_deleted_leaves_nothing(nats_bus: NatsBus) -> None:
    responses = store(nats_bus)
    mine, other = await responses.new_id("org_gone"), await responses.new_id("org_stays")
    await responses.save("org_gone", entry(mine))
    await responses.save_record("org_gone", RoutingRecord(id="resp_n", provider_key_id="k", model="m"))
    await responses.save("org_stays", entry(other))
    waiting = BusDeferredStore(nats_bus, SEALER, SystemClock(), LIMITS, ttl=60, daily=1 << 20)
    answer = DeferredAnswer(status=200, media_type="application/json", body=b"{}")
    await waiting.keep("org_gone", "req_1", answer)
    await waiting.keep("org_stays", "req_1", answer)
    captures = BusCaptureStore(nats_bus, SEALER, SystemClock(), ttl=60, daily=1 << 20)
    captured = CapturedRequest(id=new_id("req"), kind="chat", time_ms=1, key_id="k", body=msgspec.Raw(b"{}"))
    for org_id in ("org_gone", "org_stays"):
        assert await captures.save(org_id, captured)
    await erasing.serve(nats_bus, responses, waiting, captures)
    await nats_bus.emit(ORG_DELETED, OrgDeleted(org_id="org_gone", time_ms=1), event_id="gone")
    async with asyncio.timeout(5):
        while await responses.load("org_gone", mine) is not None:
            await asyncio.sleep(0.02)
    assert await responses.record("org_gone", "resp_n") is None
    async with asyncio.timeout(5):
        while await waiting.answer("org_gone", "req_1") is not None:
            await asyncio.sleep(0.02)
    async with asyncio.timeout(5):
        while await captures.find("org_gone", captured.id) is not None:
            await asyncio.sleep(0.02)
    assert await captures.find("org_stays", captured.id) == captured.known
    assert await responses.load("org_stays", other) is not None
    assert await waiting.answer("org_stays", "req_1") == answer


def with_image(identity: str, size: int, text: str = "See") -> StoredResponse:
    parts = [
        {"type": "input_text", "text": text},
        {"type": "input_image", "image_url": "data:image/png;base64," + "A" * size},
    ]
    said = msgspec.Raw(msgspec.json.encode({"type": "message", "role": "user", "content": parts}))
    return msgspec.structs.replace(entry(identity), input=(said,))


async def test_large_media_lie_beside_their_response_and_come_back_with_it(nats_bus: NatsBus) -> None:
    responses = store(nats_bus)
    ids = [await responses.new_id("org_m") for _ in range(2)]
    for identity in ids:
        assert await responses.save("org_m", with_image(identity, 3 << 20))
        assert await responses.load("org_m", identity) == with_image(identity, 3 << 20)
    small = with_image(await responses.new_id("org_m"), 1000)
    assert await responses.save("org_m", small)
    assert await responses.load("org_m", small.id) == small
    await responses.delete("org_m", ids[0])
    assert await responses.load("org_m", ids[0]) is None
    assert await responses.load("org_m", ids[1]) is not None
    assert not await responses.save("org_m", with_image(await responses.new_id("org_m"), 6 << 20))


async def test_a_response_without_its_media_is_none() -> None:
    bus = MemoryBus()
    responses = store(bus)
    identity = await responses.new_id("org_1")
    await responses.save("org_1", with_image(identity, 1 << 20))
    found = place(identity)
    assert found is not None
    (other,) = [key for _, key in bus._buckets if key != f"org_1.{found[0]}.{found[1]}"]
    assert await bus.get(RESPONSES, other)
    await bus.delete(RESPONSES, other)
    assert await responses.load("org_1", identity) is None


async def test_a_text_that_looks_like_a_mark_stays_a_text() -> None:
    responses = store(MemoryBus())
    identity = await responses.new_id("org_1")
    said = with_image(identity, 1 << 20, "media_0123456789abcdef0123456789abcdef:0123456789abcdef0123456789abcdef")
    await responses.save("org_1", said)
    assert await responses.load("org_1", identity) == said
