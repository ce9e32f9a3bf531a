"""Whose objects at providers are, over both buses: what one gateway notes, another one sees."""

from collections.abc import AsyncIterator

import pytest

from libs.common.bus import MemoryBus
from libs.common.bus.nats import NatsBus
from libs.common.bus.ports import Bus
from libs.common.errors import Unavailable
from libs.common.ids import new_id
from services.gateway.clients.owners import BusOwners
from services.gateway.domain.passthrough import Owner


@pytest.fixture(params=["memory", "nats"])
async def buses(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Bus, Bus]]:
    if request.param == "memory":
        bus = MemoryBus()
        yield bus, bus
        return
    server = request.getfixturevalue("nats_server")
    one, other = NatsBus(server.url, "gateway"), NatsBus(server.url, "gateway")
    await one.start()
    await other.start()
    yield one, other
    await one.drain()
    await other.drain()


async def test_an_owner_is_seen_by_every_gateway_until_it_is_released(buses: tuple[Bus, Bus]) -> None:
    one, other = map(BusOwners, buses)
    name = new_id("file")
    owner = Owner(org_id="org_a", key_id="key_a", provider_key="pk_a", made_ms=1)
    assert await other.find(name) is None
    await one.bind(name, owner)
    assert await other.find(name) == owner
    await other.release(name)
    assert await one.find(name) is None


async def test_a_provider_key_of_two_organizations_is_shared(buses: tuple[Bus, Bus]) -> None:
    one, other = map(BusOwners, buses)
    name = new_id("key")
    assert not await one.shared(name, "org_a")
    assert not await other.shared(name, "org_a")
    assert await other.shared(name, "org_b")
    assert await one.shared(name, "org_a")


async def test_without_the_bus_nothing_is_known() -> None:
    bus = MemoryBus()
    bus.connected = False
    with pytest.raises(Unavailable):
        await BusOwners(bus).find("file-x")
