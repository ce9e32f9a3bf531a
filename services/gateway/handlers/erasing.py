"""Consumes ORG_DELETED and MEMBER_REMOVED."""

from collections.abc import Sequence

from libs.common.bus.ports import Bus
from libs.common.contracts.events import MEMBER_REMOVED, ORG_DELETED, MemberRemoved, OrgDeleted
from services.gateway.capture_ports import CaptureStore
from services.gateway.ports import DeferredStore, ResponseStore


async def serve(bus: Bus, responses: ResponseStore, deferred: DeferredStore, captures: CaptureStore) -> None:
    """Remove what is kept of organizations that are gone, and what members who are gone have written; while the store is away, their
    events wait.
    """

    async def erase(events: Sequence[OrgDeleted]) -> None:
        for event in events:
            await responses.erase(event.org_id)
            await deferred.erase(event.org_id)
            await captures.erase(event.org_id)

    async def erase_members(events: Sequence[MemberRemoved]) -> None:
        for event in events:
            await captures.erase(event.org_id, event.user_id)

    await bus.consume(ORG_DELETED, "gateway_erase", erase)
    await bus.consume(MEMBER_REMOVED, "gateway_erase_members", erase_members)
