"""Events that the bus could not take are on disk, and arrive once when it can."""

import asyncio
import fcntl
import os
from pathlib import Path

import pytest

from libs.common.bus import MemoryBus
from libs.common.bus.spool import Spool, SpoolFull
from libs.common.errors import NotConnected
from tests.fixtures.nats import until
from tests.integration.bus.bus_suite import HAPPENED, Fact

EVENTS = (HAPPENED,)


async def _heard(bus: MemoryBus) -> list[int]:
    got: list[int] = []

    async def take(batch: list[Fact]) -> None:
        got.extend(fact.number for fact in batch)

    await bus.consume(HAPPENED, "reader", take)  # type: ignore[arg-type]
    return got


async def test_spooled_events_are_replayed_in_order_and_once(tmp_path: Path) -> None:
    bus, spool = MemoryBus(), Spool(tmp_path, EVENTS, 1 << 20)
    got = await _heard(bus)
    for number in range(20):
        await spool.append(HAPPENED, Fact(number=number), f"id-{number}")
    await bus.emit(HAPPENED, Fact(number=3), event_id="id-3")  # its acknowledgement was late, so it was spooled as well
    assert await spool.replay(bus) == 20
    await until(lambda: len(got) == 20)
    assert sorted(got) == list(range(20))
    assert spool.bytes_waiting == 0
    assert await spool.replay(bus) == 0
    spool.close()
    assert list(tmp_path.glob("spool_*")) == []
    await bus.drain()


async def test_a_dead_process_s_spool_is_adopted_but_not_a_living_one_s(tmp_path: Path) -> None:
    bus = MemoryBus()
    got = await _heard(bus)
    dead, living = Spool(tmp_path, EVENTS, 1 << 20), Spool(tmp_path, EVENTS, 1 << 20)
    await dead.append(HAPPENED, Fact(number=1), "1")
    await living.append(HAPPENED, Fact(number=2), "2")
    os.close(dead._current._descriptor)  # what the system does for a process that was killed
    heir = Spool(tmp_path, EVENTS, 1 << 20)
    heir.adopt()
    assert await heir.replay(bus) == 1
    await until(lambda: got == [1])
    assert not dead._current.path.exists()
    assert living._current.path.exists()
    await bus.drain()


def test_processes_that_share_a_directory_take_nothing_from_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What another one does between the opening of a file and its lock, played at that very moment."""
    seen: list[list[Path]] = []
    monkeypatch.setattr(fcntl, "flock", lambda *_: seen.append(list(tmp_path.glob("spool_*.log"))))
    spool = Spool(tmp_path, EVENTS, 1 << 20)
    assert seen == [[]], "a file has no name that others look for until it is held"
    finished = tmp_path / "spool_finished.log"
    finished.touch()
    monkeypatch.setattr(fcntl, "flock", lambda *_: finished.unlink())
    spool.adopt()
    assert spool._aside == []
    spool.adopt()
    spool.close()
    assert list(tmp_path.iterdir()) == []


async def test_a_half_written_line_is_passed_over(tmp_path: Path) -> None:
    bus, spool = MemoryBus(), Spool(tmp_path, EVENTS, 1 << 20)
    got = await _heard(bus)
    await spool.append(HAPPENED, Fact(number=1), "1")
    await spool.append(HAPPENED, Fact(number=2), "2")
    whole = spool._current.path.read_bytes()
    spool._current.path.write_bytes(whole[:-9])
    assert await spool.replay(bus) == 1
    await until(lambda: got == [1])
    await bus.drain()


async def test_nothing_is_lost_when_the_bus_goes_away_in_between(tmp_path: Path) -> None:
    bus, spool = MemoryBus(), Spool(tmp_path, EVENTS, 1 << 20)
    got = await _heard(bus)
    await spool.append(HAPPENED, Fact(number=1), "1")
    bus.connected = False
    with pytest.raises(NotConnected):
        await spool.replay(bus)
    assert spool.bytes_waiting > 0
    bus.connected = True
    assert await spool.replay(bus) == 1
    await until(lambda: got == [1])
    await bus.drain()


async def test_a_full_spool_says_so_and_keeps_what_it_has(tmp_path: Path) -> None:
    bus, spool = MemoryBus(), Spool(tmp_path, EVENTS, 400)
    got = await _heard(bus)
    kept = 0
    with pytest.raises(SpoolFull):
        for number in range(100):
            await spool.append(HAPPENED, Fact(number=number), f"id-{number}")
            kept += 1
    assert await spool.replay(bus) == kept > 0
    await until(lambda: len(got) == kept)
    await bus.drain()


async def test_a_write_that_fails_halfway_spoils_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bus, spool = MemoryBus(), Spool(tmp_path, EVENTS, 1 << 20)
    got = await _heard(bus)
    await spool.append(HAPPENED, Fact(number=1), "1")
    real, calls = os.write, []

    def full(descriptor: int, data: bytes) -> int:
        calls.append(len(data))
        if len(calls) == 1:
            return real(descriptor, bytes(data)[:7])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(SpoolFull):
        await spool.append(HAPPENED, Fact(number=2), "2")
    monkeypatch.setattr(os, "write", real)
    await spool.append(HAPPENED, Fact(number=3), "3")
    assert await spool.replay(bus) == 2
    await until(lambda: sorted(got) == [1, 3])
    await bus.drain()


async def test_appends_do_not_wait_for_a_replay(tmp_path: Path) -> None:
    bus, spool = MemoryBus(), Spool(tmp_path, EVENTS, 1 << 20)
    for number in range(5):
        await spool.append(HAPPENED, Fact(number=number), f"id-{number}")
    reached, go_on = asyncio.Event(), asyncio.Event()
    emit = bus.emit

    async def slow(*args: object, **more: object) -> None:
        reached.set()
        await go_on.wait()
        await emit(*args, **more)

    bus.emit = slow  # type: ignore[method-assign, assignment]
    replaying = asyncio.create_task(spool.replay(bus))
    await reached.wait()
    await spool.append(HAPPENED, Fact(number=9), "id-9")
    assert not replaying.done()
    go_on.set()
    assert await replaying == 5
    assert await spool.replay(bus) == 1


async def test_an_interrupted_replay_goes_on_where_it_stopped(tmp_path: Path) -> None:
    bus, spool = MemoryBus(), Spool(tmp_path, EVENTS, 1 << 20)
    for number in range(5):
        await spool.append(HAPPENED, Fact(number=number), f"id-{number}")
    sent: list[str] = []
    emit = bus.emit

    async def breaking(event: object, payload: Fact, *, event_id: str = "") -> None:
        if len(sent) == 3:
            sent.append("break")
            raise NotConnected("gone")
        sent.append(event_id)
        await emit(HAPPENED, payload, event_id=event_id)

    bus.emit = breaking  # type: ignore[method-assign, assignment]
    with pytest.raises(NotConnected):
        await spool.replay(bus)
    assert await spool.replay(bus) == 2
    assert sent == ["id-0", "id-1", "id-2", "break", "id-3", "id-4"]
