"""The door for ORG_DELETED."""

from collections.abc import Sequence

from libs.common.bus.ports import Bus
from libs.common.contracts.events import ORG_DELETED, OrgDeleted
from services.cache.answers import Answers
from services.cache.vectors import Vectors


async def serve(bus: Bus, answers: Answers, vectors: Vectors) -> None:
    """Remove what is cached for organizations that are gone; while the store is away, their events wait."""

    async def erase(events: Sequence[OrgDeleted]) -> None:
        for event in events:
            await answers.erase(event.org_id)
            await vectors.erase(event.org_id)

    await bus.consume(ORG_DELETED, "cache_erase", erase)
