"""The memory bus passes the suite."""

from collections.abc import AsyncIterator

import pytest

from libs.common.bus import MemoryBus
from libs.common.bus.ports import Bus
from tests.integration.bus.bus_suite import BusSuite


class TestMemoryBus(BusSuite):
    @pytest.fixture
    async def bus(self) -> AsyncIterator[Bus]:
        bus = MemoryBus()
        yield bus
        await bus.drain()

    async def dead_letters(self, bus: Bus) -> int:
        assert isinstance(bus, MemoryBus)
        return len(bus.dead_letters)
