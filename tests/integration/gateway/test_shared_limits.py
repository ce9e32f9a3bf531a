"""Rate limits over several gateways: real processes' worth of clients on one real nats-server, with a clock that is held."""

import asyncio
from datetime import UTC, datetime

import pytest

from libs.common.bus.nats import NatsBus
from libs.common.clock import ManualClock
from services.gateway.clients.limits import SharedLimits
from services.gateway.clients.replicas import Replicas
from services.gateway.domain.rate_limit import Verdict
from tests.fixtures.nats import NatsServer, until

START = datetime(2026, 11, 22, 12, 0, 20, tzinfo=UTC)
KEY = "key_0198a000000070008000000000000001"


class Gateways:
    """Several of them, each with a connection of its own."""

    def __init__(self, buses: list[NatsBus], clock: ManualClock) -> None:
        self.clock = clock
        self.buses = buses
        self.replicas = [Replicas(bus, clock) for bus in buses]
        self.limits = [SharedLimits(bus, clock, seen, 2000) for bus, seen in zip(buses, self.replicas, strict=True)]

    async def burst(self, count: int, limit: int) -> list[Verdict]:
        """So many requests at once, to each in turn."""
        return await asyncio.gather(
            *(self.limits[number % len(self.limits)].take(KEY, limit) for number in range(count))
        )


@pytest.fixture
async def gateways(nats_server: NatsServer) -> "asyncio.AsyncIterator[Gateways]":  # type: ignore[name-defined]
    buses = [NatsBus(nats_server.url, f"gateway-{number}") for number in range(2)]
    for bus in buses:
        await bus.start(30)
    yield Gateways(buses, ManualClock(START))
    for bus in buses:
        await bus.drain()


async def test_a_burst_of_two_thousand_lets_five_hundred_through(gateways: Gateways) -> None:
    verdicts = await gateways.burst(2000, 500)
    admitted = [verdict for verdict in verdicts if verdict.allowed]
    assert 490 <= len(admitted) <= 500
    assert all(verdict.retry_after >= 1 for verdict in verdicts if not verdict.allowed)
    assert not any(verdict.local for verdict in verdicts)


async def test_whoever_waits_as_told_gets_in_and_no_window_sees_more_than_the_limit(gateways: Gateways) -> None:
    times: list[float] = []
    for _ in range(40):
        times += [gateways.clock.monotonic() for verdict in await gateways.burst(30, 50) if verdict.allowed]
        gateways.clock.advance(5)
    worst = max(sum(start <= at < start + 60 for at in times) for start in times)
    assert worst <= 51
    assert len(times) >= 0.85 * 50 * (40 * 5 / 60)


async def test_a_refused_key_is_not_asked_for_again_at_once(gateways: Gateways) -> None:
    await gateways.burst(20, 10)
    limits, sums = gateways.limits[0], []
    original = gateways.buses[0].add

    async def counted(*args: object) -> int:
        sums.append(args)
        return await original(*args)  # type: ignore[arg-type]

    gateways.buses[0].add = counted  # type: ignore[method-assign,assignment]
    refused = [await limits.take(KEY, 10) for _ in range(50)]
    assert not any(verdict.allowed for verdict in refused)
    assert sums == []


async def test_without_the_bus_each_gateway_keeps_to_its_share_and_tells_it_later(
    gateways: Gateways, nats_server: NatsServer
) -> None:
    for replicas in gateways.replicas:
        await replicas.start()
    telling = [asyncio.create_task(replicas.keep_publishing()) for replicas in gateways.replicas]
    await until(lambda: all(replicas.count == 2 for replicas in gateways.replicas))
    nats_server.kill()
    await until(lambda: not any(bus.connected for bus in gateways.buses))
    verdicts = await gateways.burst(400, 100)
    assert sum(verdict.allowed for verdict in verdicts) == 100
    assert all(verdict.local and verdict.limit == 100 for verdict in verdicts)
    nats_server.start()
    await until(lambda: all(bus.connected for bus in gateways.buses))
    gateways.clock.advance(1)
    verdicts = [await gateways.limits[0].take(KEY, 100), await gateways.limits[1].take(KEY, 100)]
    later = [await gateways.limits[number % 2].take(KEY, 100) for number in range(60)]
    assert sum(verdict.allowed for verdict in (*verdicts, *later)) <= 10
    for task in telling:
        task.cancel()
