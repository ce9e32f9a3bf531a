"""Three NATS servers: several addresses in one setting, streams on all of them, and what happens when one is gone."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from nats.errors import Error as NatsError

from deploy.local.ports import free_port
from libs.common.bus.nats import BusRefused, NatsBus
from libs.common.bus.topology import Topology
from libs.common.errors import PromptlyError
from tests.fixtures.nats import NatsServer, until
from tests.integration.bus.bus_suite import ECHO, HAPPENED, Answer, Ask, Fact

T = TypeVar("T")
EVENTS = {"events": (HAPPENED,), "consumers": {HAPPENED.subject: ("reader",)}}


@pytest.fixture
def cluster() -> Iterator[list[NatsServer]]:
    with tempfile.TemporaryDirectory(prefix="nats-") as directory:
        routes = [free_port() for _ in range(3)]
        servers = []
        for number, route in enumerate(routes):
            home = Path(directory) / str(number)
            home.mkdir()
            server = NatsServer(home)
            others = ", ".join(f'"nats://127.0.0.1:{port}"' for port in routes)
            server.settings = (
                f'server_name: n{number}\ncluster {{ name: c, listen: "127.0.0.1:{route}", routes: [{others}] }}\n'
            )
            servers.append(server)
        for server in servers:
            server.start()
        yield servers
        for server in servers:
            server.stop()


def addresses(servers: list[NatsServer]) -> str:
    return ", ".join(server.url for server in servers)


async def copies(bus: NatsBus) -> set[int | None]:
    """How many servers keep each stream."""
    found = bus._jetstream
    assert found is not None
    return {stream.config.num_replicas for stream in await _in_the_end(found.streams_info)}


async def test_any_of_several_addresses_will_do(cluster: list[NatsServer]) -> None:
    cluster[0].kill()
    bus = NatsBus(addresses(cluster), "test", topology=Topology(stream="TEST", **EVENTS))  # type: ignore[arg-type]
    await bus.start(wait_seconds=1)
    await until(lambda: bus.connected, timeout=20)
    await bus.drain(2)


async def test_an_address_that_cannot_be_read_is_said_among_others() -> None:
    bus = NatsBus("nats://127.0.0.1:4222,nats://127.0.0.1:port", "test")
    with pytest.raises(BusRefused):
        await bus.start()
    await bus.drain(0)


@pytest.mark.timeout(120)
async def test_what_three_servers_keep_outlives_each_of_them(cluster: list[NatsServer]) -> None:
    kept = Topology(stream="TEST", replicas=3, **EVENTS)  # type: ignore[arg-type]
    bus, caller = (NatsBus(addresses(cluster), name, topology=kept) for name in ("test", "caller"))
    got: list[int] = []

    async def take(batch: list[Fact]) -> None:
        got.extend(fact.number for fact in batch)

    async def echo(ask: Ask) -> Answer:
        return Answer(text=ask.text)

    for one in (bus, caller):
        await one.start(wait_seconds=20)
        await until(lambda one=one: one._streams.is_set(), timeout=30)
    assert await copies(bus) == {3}
    await bus.serve(ECHO, echo)
    await bus.consume(HAPPENED, "reader", take)  # type: ignore[arg-type]
    number = 0
    for server in cluster:
        for _ in range(20):
            await _published(caller, number)
            number += 1
        server.kill()
        for _ in range(20):
            await _published(caller, number)
            number += 1
        await _answered(caller)
        server.start()
        await until(lambda: bus.connected and caller.connected, timeout=30)
    await until(lambda: len(set(got)) == number, timeout=60)
    assert sorted(set(got)) == list(range(number))
    for one in (bus, caller):
        await one.drain(2)


@pytest.mark.timeout(120)
async def test_the_number_of_copies_is_set_anew_at_the_next_start(cluster: list[NatsServer]) -> None:
    for replicas, expected in ((None, 1), (3, 3), (None, 3), (1, 1)):
        bus = NatsBus(addresses(cluster), "test", topology=Topology(stream="TEST", replicas=replicas, **EVENTS))  # type: ignore[arg-type]
        await bus.start(wait_seconds=20)
        await until(bus._streams.is_set, timeout=60)
        assert await copies(bus) == {expected}
        await bus.drain(2)


async def _published(bus: NatsBus, number: int) -> None:
    """Publish until it is acknowledged; an id of its own makes a second try the same event."""
    await _in_the_end(lambda: bus.emit(HAPPENED, Fact(number=number), event_id=f"fact-{number}"))


async def _answered(bus: NatsBus) -> None:
    assert (await _in_the_end(lambda: bus.call(ECHO, Ask(text="x")))).text == "x"


async def _in_the_end(call: Callable[[], Awaitable[T]]) -> T:
    """What a call gives as soon as the servers have found each other again."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await call()
            except (PromptlyError, NatsError, TimeoutError, OSError):
                await asyncio.sleep(0.2)
