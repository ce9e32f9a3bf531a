"""The doors for STORE, STATS, CLEAR and FORGET."""

from libs.common.bus.ports import Bus
from libs.common.contracts.cache import (
    CLEAR,
    FORGET,
    STATS,
    STORE,
    CacheOf,
    CacheStats,
    Cleared,
)
from services.cache.answers import Answers
from services.cache.vectors import Vectors


async def serve(bus: Bus, answers: Answers, vectors: Vectors) -> None:
    """Answer what changes or counts an organization's entries."""

    async def stats(asked: CacheOf) -> CacheStats:
        return await answers.stats(asked.org_id)

    async def clear(asked: CacheOf) -> Cleared:
        cleared = await answers.clear(asked.org_id)
        await vectors.erase(asked.org_id)
        return cleared

    await bus.serve(STORE, answers.store)
    await bus.serve(STATS, stats)
    await bus.serve(CLEAR, clear)
    await bus.serve(FORGET, answers.forget)
