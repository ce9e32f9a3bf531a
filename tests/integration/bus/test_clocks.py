"""No machine's time of day decides about a hop, a limit or an event: clocks differ by seconds, and now and then by minutes."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
from nats.js.api import StreamConfig

from libs.common.bus import headers
from libs.common.bus.nats import BusRefused, NatsBus
from libs.common.bus.topology import Topology
from libs.common.clock import ManualClock
from libs.common.contracts.gateway import RATE
from libs.common.errors import Unavailable
from services.gateway.clients.limits import SharedLimits
from services.gateway.clients.replicas import Replicas
from services.gateway.domain.rate_limit import Verdict
from tests.fixtures.nats import NatsServer, topology, until
from tests.integration.bus.bus_suite import ECHO, HAPPENED, OTHER, Answer, Ask

SKEWS = [-600, -5, -1, -0.15, 0, 0.15, 1, 5, 600]
TOPOLOGY = topology(HAPPENED, consumers={HAPPENED.subject: ("reader",)})  # type: ignore[arg-type]


@pytest.fixture
async def bus(nats_server: NatsServer) -> AsyncIterator[NatsBus]:
    bus = NatsBus(nats_server.url, "test")
    await bus.start(30)
    yield bus
    await bus.drain(2)


@pytest.mark.parametrize("skew", SKEWS)
async def test_a_hop_works_whatever_the_caller_s_clock_shows(
    skew: float, nats_server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = time.time
    own = headers.outgoing(80.0)
    monkeypatch.setattr(time, "time", lambda: real() + skew)  # the other machine's
    left = headers.budget_ms(own)
    assert left is not None
    assert 0 < left <= 80
    assert headers.budget_ms(own, waited_ms=90) == pytest.approx(-10)


async def test_what_waited_here_too_long_is_not_done(bus: NatsBus) -> None:
    release, done = asyncio.Event(), list[str]()

    async def slow(ask: Ask) -> Answer:
        done.append(ask.text)
        await release.wait()
        return Answer(text="")

    await bus.serve(ECHO, slow, concurrency=1)
    first = asyncio.create_task(bus.call(ECHO, Ask(text="first"), budget_ms=5000))
    await until(lambda: done == ["first"])
    with pytest.raises(Unavailable):
        await bus.call(ECHO, Ask(text="late"), budget_ms=50)
    await bus.serve(OTHER, slow, concurrency=1)
    with pytest.raises(
        Unavailable
    ):  # time on the way does not count; after this one, it has waited there for 50 ms, too
        await bus.call(OTHER, Ask(text="elsewhere"), budget_ms=500)
    done.remove("elsewhere")
    release.set()
    await first
    await bus.call(ECHO, Ask(text="next"))
    assert done == ["first", "next"]


@pytest.mark.parametrize("skew", SKEWS)
async def test_a_gateway_with_another_clock_does_not_double_a_limit(skew: float, nats_server: NatsServer) -> None:
    buses = [NatsBus(nats_server.url, f"gateway-{number}") for number in range(2)]
    for bus in buses:
        await bus.start(30)
    now = datetime.now(UTC)
    clocks = [ManualClock(now), ManualClock(now + timedelta(seconds=skew))]
    limits = [
        SharedLimits(bus, clock, Replicas(bus, clock), 2000, shared_clock=True)
        for bus, clock in zip(buses, clocks, strict=True)
    ]

    async def take(number: int) -> Verdict:
        return await limits[number % 2].take("key_1", 50)

    shared = buses[0].time()
    assert shared is not None
    if shared % 60 > 55:  # a minute that ends meanwhile is not what is asked here
        for bus in buses:
            bus._pulse._clock = (shared - 30, time.monotonic())
    allowed = [(await take(number)).allowed for number in range(200)]
    assert sum(allowed) == 50
    for bus in buses:
        await bus.drain()


async def test_the_server_s_clock_is_read_and_does_not_follow_ours(
    bus: NatsBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 600)
    shared = bus.time()
    assert shared is not None
    assert abs(shared - real()) < 5


async def test_a_server_that_hangs_costs_less_than_a_hop_and_then_nothing(
    nats_server: NatsServer, bus: NatsBus
) -> None:
    assert nats_server.process is not None
    assert await bus.add(RATE, "key_1.7", 1) == 1
    nats_server.process.send_signal(signal.SIGSTOP)
    frozen = psutil.Process(nats_server.process.pid)
    await until(lambda: frozen.status() == psutil.STATUS_STOPPED)
    try:
        began = time.monotonic()
        with pytest.raises(Unavailable):
            await bus.add(RATE, "key_1.7", 1)
        first = time.monotonic() - began
        assert not bus.connected
        began = time.monotonic()
        for _ in range(20):
            with pytest.raises(Unavailable):
                await bus.add(RATE, "key_1.7", 1)
            with pytest.raises(Unavailable):
                await bus.call(ECHO, Ask(text="x"))
        after = time.monotonic() - began
    finally:
        nats_server.process.send_signal(signal.SIGCONT)
    assert first < 0.25
    assert after < 0.05
    await until(lambda: bus.connected)
    assert await bus.add(RATE, "key_1.8", 1) == 1


async def test_a_process_that_is_busy_itself_does_not_take_the_server_for_silent(bus: NatsBus) -> None:
    """The answers lie in the socket all the while: nothing that is asked for may be given up for it."""

    def be_busy(seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            pass

    async def others() -> None:
        for _ in range(12):
            be_busy(0.07)  # longer than the sign of life is waited for
            await asyncio.sleep(0)

    work = asyncio.create_task(others())
    counted = [await bus.add(RATE, "key_1.9", 1) for _ in range(4)]
    assert counted == [1, 2, 3, 4]
    assert bus.connected
    await work


@pytest.mark.parametrize("url", ["nats://127.0.0.1:port", "", "tls://", "nats://127.0.0.1:99999999"])
async def test_an_address_that_the_client_refuses_is_said(url: str) -> None:
    bus = NatsBus(url, "test")
    with pytest.raises(BusRefused, match="cannot be used"):
        await bus.start(30)
    await bus.drain(0)


async def test_copies_set_by_hand_are_asked_for_again(bus: NatsBus) -> None:
    class Played:
        """A cluster's API as far as it is asked."""

        def __init__(self) -> None:
            self.updated: StreamConfig | None = None

        async def add_stream(self, config: StreamConfig) -> None:
            assert bus._jetstream is not None
            await bus._jetstream.add_stream(config, max_bytes=7_000_000)

        async def stream_info(self, name: str) -> object:
            assert bus._jetstream is not None
            info = await bus._jetstream.stream_info(name)
            info.config.num_replicas = 3
            return info

        async def update_stream(self, config: StreamConfig) -> None:
            self.updated = config

    played = Played()
    assert bus._jetstream is not None
    name = Topology().stream
    await Topology().ensure_stream(played, StreamConfig(name=name, subjects=["promptly.v1.events.>"]))  # type: ignore[arg-type]
    assert played.updated is not None
    assert played.updated.num_replicas == 3


def test_the_spool_has_no_clock(tmp_path: Path) -> None:
    from libs.common.bus import spool  # noqa: PLC0415

    source = Path(spool.__file__).read_text()
    assert "time." not in source
    assert "datetime" not in source
