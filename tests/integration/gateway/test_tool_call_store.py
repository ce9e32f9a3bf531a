"""What is looked up of a conversation's tool calls: each of them once, where nobody can still be about to tell of it."""

from collections import Counter

from libs.common.bus import MemoryBus
from libs.common.contracts.base import Bucket
from libs.common.sealing import Sealer
from services.gateway.clients.tool_call_store import BusToolCallStore
from services.gateway.domain.turns import Kept
from tests.fixtures.gateway import KEK

KEPT = Kept(served_model="claude-sonnet")


class Counting(MemoryBus):
    """Counts what is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = Counter[str]()

    async def get(self, bucket: Bucket, key: str) -> bytes | None:
        self.asked[key] += 1
        return await super().get(bucket, key)


def store(bus: MemoryBus) -> BusToolCallStore:
    return BusToolCallStore(bus, Sealer({1: KEK}), 1_000.0)


async def test_a_call_that_nobody_knows_is_asked_for_once() -> None:
    bus = Counting()
    gateway = store(bus)
    for _ in range(3):
        assert await gateway.load("org", ["old", "new"], may_come=["new"]) == {}
    assert sorted(bus.asked.values()) == [1, 3], "what may still come is looked for each time"
    assert await gateway.load("other", ["old"]) == {}
    assert len(bus.asked) == 3, "what one organization's calls are says nothing about another's"


async def test_what_comes_late_from_another_gateway_is_found() -> None:
    bus = Counting()
    here, there = store(bus), store(bus)
    assert await here.load("org", ["call"], may_come=["call"]) == {}
    await there.save("org", {"call": KEPT})
    assert await here.load("org", ["call"], may_come=["call"]) == {"call": KEPT}


async def test_what_is_kept_here_is_known_though_it_was_not() -> None:
    bus = Counting()
    gateway = store(bus)
    assert await gateway.load("org", ["call"]) == {}
    await gateway.save("org", {"call": KEPT})
    assert await gateway.load("org", ["call"]) == {"call": KEPT}
