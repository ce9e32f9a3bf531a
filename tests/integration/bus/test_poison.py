"""What can never be stored or handled is taken out of the way, and everybody else's goes on."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from libs.common.bus import MemoryBus
from libs.common.bus.dispatch import run_batch
from libs.common.bus.nats import NatsBus
from libs.common.bus.spool import Spool, SpoolFull
from libs.common.bus.topology import DEAD_LETTERS, DEAD_SUBJECT, MAX_DEAD_LETTERS, Topology
from libs.common.contracts.base import Event
from libs.common.errors import PayloadTooLarge
from libs.common.ids import new_id
from libs.common.telemetry import metrics
from tests.fixtures.nats import NatsServer, until


class Owned(msgspec.Struct, frozen=True, kw_only=True):
    org_id: str
    number: int = 0
    text: str = ""


OWNED: Event[Owned] = Event("promptly.v1.events.thing.owned", Owned, True)


@pytest.fixture
async def bus(nats_server: NatsServer) -> AsyncIterator[NatsBus]:
    topology = Topology(stream="TEST", events=(OWNED,), consumers={OWNED.subject: ("reader",)}, max_bytes=100 << 20)
    bus = NatsBus(nats_server.url, "test", topology=topology)
    await bus.start(30)
    yield bus
    await bus.drain(2)


async def test_an_event_larger_than_the_bus_takes_is_refused_as_what_it_is(bus: NatsBus) -> None:
    for size in (9_000_000, (8 << 20) - 60):  # the second fits, its headers do not: the server would hang up
        with pytest.raises(PayloadTooLarge):
            await bus.emit(OWNED, Owned(org_id="org_1", text="x" * size), event_id="large")
    await bus.emit(OWNED, Owned(org_id="org_1"), event_id="small")


async def test_a_replay_goes_on_past_lines_that_cannot_be_sent(bus: NatsBus, tmp_path: Path) -> None:
    spool = Spool(tmp_path, (OWNED,), 256 << 20)
    got: list[int] = []

    async def take(batch: Sequence[Owned]) -> None:
        got.extend(one.number for one in batch)

    await bus.consume(OWNED, "reader", take)
    before = metrics.SPOOL_SET_ASIDE.labels("set_aside")._value.get()
    for number in range(1, 21):
        await spool.append(OWNED, Owned(org_id="org_victim", number=number), f"id-{number}")
        if number % 7 == 0:
            await spool.append(OWNED, Owned(org_id="org_greedy", text="x" * 9_000_000), f"large-{number}")
    assert await spool.replay(bus) == 20
    await until(lambda: sorted(got) == list(range(1, 21)))
    assert metrics.SPOOL_SET_ASIDE.labels("set_aside")._value.get() == before + 2
    aside = b"".join(path.read_bytes() for path in tmp_path.glob("aside_*.log"))
    assert aside.count(b"large-") == 2
    assert spool.bytes_waiting == 0
    spool.close()


async def test_a_line_that_nobody_can_read_stops_nothing(tmp_path: Path) -> None:
    bus, spool = MemoryBus(), Spool(tmp_path, (OWNED,), 1 << 20)
    await spool.append(OWNED, Owned(org_id="org_1", number=1), "1")
    with spool._current.path.open("ab") as file:
        file.write(b"no crc at all\n\xff\xfe\n\n")
    await spool.append(OWNED, Owned(org_id="org_1", number=2), "2")
    spool._current.size = spool._current.path.stat().st_size
    assert await spool.replay(bus) == 2
    await bus.drain()


async def test_one_organization_fills_half_of_a_spool_at_most(tmp_path: Path) -> None:
    bus, spool = MemoryBus(), Spool(tmp_path, (OWNED,), 40_000)
    with pytest.raises(SpoolFull, match="your organization"):
        for number in range(1000):
            await spool.append(OWNED, Owned(org_id="org_greedy", text="x" * 500), f"greedy-{number}")
    assert 19_000 < spool.bytes_waiting < 21_000
    for number in range(10):
        await spool.append(OWNED, Owned(org_id="org_victim", text="x" * 500), f"victim-{number}")
    assert await spool.replay(bus) > 40
    await spool.append(OWNED, Owned(org_id="org_greedy", text="x" * 500), "again")
    spool.close()
    await bus.drain()


async def test_a_poison_message_is_terminated_also_where_it_cannot_be_kept(
    bus: NatsBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert bus._jetstream is not None
    await bus._jetstream.delete_stream(DEAD_LETTERS)
    got: list[int] = []

    async def take(batch: Sequence[Owned]) -> None:
        got.extend(one.number for one in batch)

    for number in range(20):
        await bus._jetstream.publish(OWNED.subject, b'{"org_id": 7}')
        await bus.emit(OWNED, Owned(org_id="org_victim", number=number), event_id=f"id-{number}")
    await bus.consume(OWNED, "reader", take)
    await until(lambda: sorted(got) == list(range(20)))
    async with asyncio.timeout(10):
        while await bus.pending(OWNED, "reader"):
            await asyncio.sleep(0.01)


async def test_dead_letters_discard_the_oldest_and_one_organization_s_leave_the_others_alone(bus: NatsBus) -> None:
    jetstream = bus._jetstream
    assert jetstream is not None
    greedy, victim = new_id("org"), new_id("org")
    fill = msgspec.json.encode({"org_id": greedy, "number": "x" * 300_000})
    await jetstream.publish(OWNED.subject, msgspec.json.encode({"org_id": victim, "number": "x"}))
    for _ in range(MAX_DEAD_LETTERS + 20):
        await jetstream.publish(OWNED.subject, fill)

    async def take(_: Sequence[Owned]) -> None: ...

    await bus.consume(OWNED, "reader", take)
    async with asyncio.timeout(30):
        while await bus.pending(OWNED, "reader"):
            await asyncio.sleep(0.02)
    kept = (await jetstream.stream_info(DEAD_LETTERS, subjects_filter=f"{DEAD_SUBJECT}.>")).state.subjects or {}
    assert kept[f"{DEAD_SUBJECT}.reader.{victim}"] == 1
    assert 0 < kept[f"{DEAD_SUBJECT}.reader.{greedy}"] <= MAX_DEAD_LETTERS


async def test_an_organization_s_poison_does_not_delay_another_s_rows() -> None:
    rows: list[str] = []
    before_victim = calls = 0

    async def handle(batch: Sequence[Owned]) -> None:
        nonlocal calls, before_victim
        calls += 1
        if any(one.text == "poison" for one in batch):
            raise ValueError("poison")
        if any(one.org_id == "org_victim" for one in batch):
            before_victim = before_victim or calls
        rows.extend(one.org_id for one in batch)

    batch = [Owned(org_id="org_greedy", text="poison") for _ in range(480)]
    batch[5:5] = [Owned(org_id="org_victim", number=number) for number in range(10)]
    batch[300:300] = [Owned(org_id="org_other", number=number) for number in range(10)]
    result = await run_batch(OWNED, handle, [msgspec.json.encode(one) for one in batch])
    assert (rows.count("org_victim"), rows.count("org_other")) == (10, 10)
    assert before_victim <= 4
    assert calls <= 220
    assert sorted([*result.failed, *result.postponed]) == [n for n, one in enumerate(batch) if one.text]


async def test_what_an_organization_s_poison_held_up_of_its_own_comes_again() -> None:
    bus, got = MemoryBus(), list[int]()

    async def handle(batch: Sequence[Owned]) -> None:
        if any(one.text == "poison" for one in batch):
            raise ValueError("poison")
        got.extend(one.number for one in batch)

    await bus.consume(OWNED, "reader", handle)
    for number in range(500):
        poison: Any = {"text": "poison"} if number % 3 else {}
        await bus.emit(OWNED, Owned(org_id="org_1", number=number, **poison), event_id=str(number))
    await until(lambda: len(got) == 167)
    await bus.drain()
