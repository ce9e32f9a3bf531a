"""Consumes ORG_DELETED."""

from collections.abc import Sequence

from libs.common.bus.ports import Bus
from libs.common.contracts.events import ORG_DELETED, OrgDeleted
from services.gateway.ports import DeferredStore, ResponseStore


async def serve(bus: Bus, responses: ResponseStore, deferred: DeferredStore) -> None:
    """Remove the stored responses and the waiting requests of organizations that are gone; while the store is away, their events wait."""

    async def erase(events: Sequence[OrgDeleted]) -> None:
        for event in events:
            await responses.erase(event.org_id)
            await deferred.erase(event.org_id)

    await bus.consume(ORG_DELETED, "gateway_erase", erase)
