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


async def serve(bus: Bus, answers: Answers) -> None:
    """Answer what changes or counts an organization's entries."""

    async def stats(asked: CacheOf) -> CacheStats:
        return await answers.stats(asked.org_id)

    async def clear(asked: CacheOf) -> Cleared:
        return await answers.clear(asked.org_id)

    await bus.serve(STORE, answers.store)
    await bus.serve(STATS, stats)
    await bus.serve(CLEAR, clear)
    await bus.serve(FORGET, answers.forget)
