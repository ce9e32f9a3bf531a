"""What is cached for an organization goes when the organization goes, even where the store was away at that moment."""

import asyncio
from collections.abc import Sequence

import numpy as np

from libs.common.bus import MemoryBus
from libs.common.clock import ManualClock
from libs.common.contracts.events import ORG_DELETED, OrgDeleted
from services.cache.answers import Answers
from services.cache.entries import Entries
from services.cache.handlers import erasing
from services.cache.ports import Points, StoreDownError
from services.cache.vectors import Vectors
from tests.integration.cache.conftest import STATIC_SIZE, answer_for


class Away:
    """Points that refuse to delete until they may."""

    def __init__(self, points: Points) -> None:
        self.points = points
        self.down = False

    async def delete(self, where: object) -> None:
        if self.down:
            raise StoreDownError("away")
        await self.points.delete(where)

    def __getattr__(self, name: str) -> object:
        return getattr(self.points, name)


class Nothing:
    """A static_embedder and a embedder that see nothing in any text."""

    def tokens(self, text: str) -> Sequence[int]:
        return ()

    def vector(self, tokens: Sequence[int]) -> object:
        return np.zeros(STATIC_SIZE)

    async def embed(self, texts: Sequence[str]) -> object:
        raise AssertionError(texts)


async def test_a_deleted_organizations_entries_are_erased(points: Points, clock: ManualClock) -> None:
    bus, away = MemoryBus(), Away(points)
    entries = Entries(away, clock)  # type: ignore[arg-type]  # all else is passed on
    answers = Answers(entries, Nothing(), Nothing(), Nothing())  # type: ignore[arg-type]  # none is called
    await erasing.serve(bus, answers, Vectors(away, Nothing(), clock))  # type: ignore[arg-type]  # as above
    for org_id in ("org_a", "org_b"):
        await entries.store(answer_for(org_id=org_id))
    away.down = True
    event = OrgDeleted(org_id="org_a", time_ms=0)
    await bus.emit(ORG_DELETED, event, event_id="deleted-org_a")
    await asyncio.sleep(0.3)
    assert await bus.pending(ORG_DELETED, "cache_erase") == 1
    away.down = False
    async with asyncio.timeout(10):
        while await bus.pending(ORG_DELETED, "cache_erase"):
            await asyncio.sleep(0.01)
    assert (await entries.stats("org_a")).total_entries == 0
    assert (await entries.stats("org_b")).total_entries == 1
    await bus.drain()
