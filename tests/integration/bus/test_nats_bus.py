"""The NATS bus passes the suite, and survives what only a real server can do to it."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from libs.common.bus.nats import NatsBus
from libs.common.bus.ports import Bus
from libs.common.bus.topology import DEAD_LETTERS
from libs.common.errors import NotConnected, PayloadTooLarge
from tests.fixtures.nats import NatsServer, topology, until
from tests.integration.bus.bus_suite import ECHO, HAPPENED, Answer, Ask, BusSuite, Fact

TOPOLOGY = topology(HAPPENED, consumers={HAPPENED.subject: ("reader",)})  # type: ignore[arg-type]


class TestNatsBus(BusSuite):
    @pytest.fixture
    async def bus(self, nats_server: NatsServer) -> AsyncIterator[Bus]:
        bus = NatsBus(nats_server.url, "test", topology=TOPOLOGY)
        await bus.start(30)
        yield bus
        await bus.drain(2)

    async def dead_letters(self, bus: Bus) -> int:
        assert isinstance(bus, NatsBus)
        assert bus._jetstream is not None
        return (await bus._jetstream.stream_info(DEAD_LETTERS)).state.messages


async def _echo(ask: Ask) -> Answer:
    return Answer(text=ask.text)


async def test_starts_without_a_server_and_serves_once_there_is_one(nats_server: NatsServer) -> None:
    nats_server.kill()
    bus = NatsBus(nats_server.url, "test", topology=TOPOLOGY)
    await bus.start(wait_seconds=0.05)
    await bus.serve(ECHO, _echo)
    with pytest.raises(NotConnected):
        await bus.call(ECHO, Ask(text="x"))
    nats_server.start()
    await until(lambda: bus.connected)
    assert (await bus.call(ECHO, Ask(text="x"))).text == "x"
    await bus.drain(2)


async def test_a_lost_server_is_known_at_once_and_work_goes_on_when_it_is_back(nats_server: NatsServer) -> None:
    bus = NatsBus(nats_server.url, "test", topology=TOPOLOGY)
    await bus.start(30)
    await bus.serve(ECHO, _echo)
    got: list[int] = []

    async def take(batch: list[Fact]) -> None:
        got.extend(fact.number for fact in batch)

    await bus.consume(HAPPENED, "reader", take)  # type: ignore[arg-type]
    await bus.emit(HAPPENED, Fact(number=1), event_id="1")
    # What is on its way when the server dies comes again only once its time to be acknowledged is over.
    await until(lambda: got == [1])
    nats_server.kill()
    await until(lambda: not bus.connected)
    start = time.monotonic()
    with pytest.raises(NotConnected):
        await bus.call(ECHO, Ask(text="x"))
    with pytest.raises(NotConnected):
        await bus.emit(HAPPENED, Fact(number=2), event_id="2")
    assert time.monotonic() - start < ECHO.budget_ms / 1000
    nats_server.start()
    await until(lambda: bus.connected)
    assert (await bus.call(ECHO, Ask(text="again"))).text == "again"
    async with asyncio.timeout(10):
        while True:  # streams come back a moment after calls do
            try:
                await bus.emit(HAPPENED, Fact(number=3), event_id="3")
                break
            except NotConnected:
                await asyncio.sleep(0.01)
    await until(lambda: set(got) == {1, 3})
    await bus.drain(2)


async def test_a_call_too_large_for_the_server_is_refused_here(nats_server: NatsServer) -> None:
    bus = NatsBus(nats_server.url, "test", topology=TOPOLOGY)
    await bus.start(30)
    await bus.serve(ECHO, _echo)
    assert len((await bus.call(ECHO, Ask(text="x" * 2_000_000))).text) == 2_000_000
    with pytest.raises(PayloadTooLarge):
        await bus.call(ECHO, Ask(text="x" * 9_000_000))
    await bus.drain(2)


async def test_each_is_subscribed_once_where_several_register_while_it_connects(nats_server: NatsServer) -> None:
    bus = NatsBus(nats_server.url, "test", topology=TOPOLOGY)
    made: list[int] = []

    def registration(number: int) -> Callable[[], Awaitable[None]]:
        async def register() -> None:
            await asyncio.sleep(0)
            made.append(number)

        return register

    await bus.start(30)
    for number in range(3):
        bus._registrations.append(registration(number))
    await asyncio.gather(bus._subscribe(), *(bus._register(registration(number)) for number in range(3, 6)))
    assert made == list(range(6))
    await bus.drain(2)


async def test_draining_finishes_what_is_in_hand(nats_server: NatsServer) -> None:
    server = NatsBus(nats_server.url, "server", topology=TOPOLOGY)
    caller = NatsBus(nats_server.url, "caller", topology=TOPOLOGY)
    await server.start(30)
    await caller.start(30)
    started, release = asyncio.Event(), asyncio.Event()

    async def slow(ask: Ask) -> Answer:
        started.set()
        await release.wait()
        return Answer(text=ask.text)

    await server.serve(ECHO, slow)
    call = asyncio.create_task(caller.call(ECHO, Ask(text="kept"), budget_ms=60_000))
    begun = asyncio.create_task(started.wait())
    await asyncio.wait((call, begun), return_when=asyncio.FIRST_COMPLETED)
    assert begun.done(), call.exception()
    draining = asyncio.create_task(server.drain(5))
    release.set()
    assert (await call).text == "kept"
    await draining
    await caller.drain(2)


async def test_events_wait_for_a_consumer_that_is_not_there_yet(nats_server: NatsServer) -> None:
    bus = NatsBus(nats_server.url, "test", topology=TOPOLOGY)
    await bus.start(30)
    await bus.emit(HAPPENED, Fact(number=9), event_id="9")
    assert await bus.pending(HAPPENED, "reader") == 1
    got: list[int] = []

    async def take(batch: list[Fact]) -> None:
        got.extend(fact.number for fact in batch)

    await bus.consume(HAPPENED, "reader", take)  # type: ignore[arg-type]
    await until(lambda: got == [9])
    await bus.drain(2)


async def test_the_reply_does_not_carry_the_request_s_headers(nats_server: NatsServer) -> None:
    bus = NatsBus(nats_server.url, "test", topology=TOPOLOGY)
    await bus.start(30)
    await bus.serve(ECHO, _echo)
    message = await bus._client.request(
        ECHO.subject, json.dumps({"text": "x"}).encode(), timeout=1, headers={"Promptly-Request-Id": "req_1"}
    )
    assert not message.headers
    await bus.drain(2)
