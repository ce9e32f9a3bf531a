"""Change events over the bus."""

from collections.abc import Callable
from datetime import datetime

import structlog

from libs.common.bus import Bus
from libs.common.contracts.auth import (
    ACCESS_CHANGED,
    CREDITS_ADDED,
    CREDITS_WANTED,
    PRINCIPAL_CHANGED,
    AccessChanged,
    OrgRef,
    PrincipalChanged,
)
from libs.common.contracts.base import Event
from libs.common.contracts.events import (
    LEVER_SWITCHED_OFF,
    MEMBER_REMOVED,
    ORG_DELETED,
    LeverSwitchedOff,
    MemberRemoved,
    OrgDeleted,
)
from libs.common.errors import Unavailable

log = structlog.get_logger()


class BusEventPublisher:
    """Implements `ports.EventPublisher`. Without a bus a change holds all the same: caches also expire.

    `forget` drops what this copy of auth has cached, with or without a bus.
    """

    def __init__(self, bus: Bus, forget: Callable[[str, str | None], None]) -> None:
        self._bus = bus
        self._forget = forget

    async def principal_changed(self, org_id: str, key_id: str | None = None) -> None:
        try:
            await self._bus.emit(PRINCIPAL_CHANGED, PrincipalChanged(org_id=org_id, key_id=key_id))
        except Unavailable:
            log.warning("principal_change_not_announced", org_id=org_id, key_id=key_id)

    async def access_changed(self, org_id: str, user_id: str | None = None) -> None:
        self._forget(org_id, user_id)
        try:
            await self._bus.emit(ACCESS_CHANGED, AccessChanged(org_id=org_id, user_id=user_id))
        except Unavailable:
            log.warning("access_change_not_announced", org_id=org_id)

    async def credits_wanted(self, org_id: str) -> None:
        await self._publish_for(CREDITS_WANTED, org_id)

    async def credits_added(self, org_id: str) -> None:
        await self._publish_for(CREDITS_ADDED, org_id)

    async def _publish_for(self, event: Event[OrgRef], org_id: str) -> None:
        try:
            await self._bus.emit(event, OrgRef(org_id=org_id))
        except Unavailable:
            log.warning("credits_not_announced", org_id=org_id)

    async def org_deleted(self, org_id: str, at: datetime) -> None:
        event = OrgDeleted(org_id=org_id, time_ms=int(at.timestamp() * 1000))
        await self._bus.emit(ORG_DELETED, event, event_id=f"deleted-{org_id}")

    async def member_removed(self, org_id: str, user_id: str, at: datetime) -> None:
        event = MemberRemoved(org_id=org_id, user_id=user_id, time_ms=int(at.timestamp() * 1000))
        await self._bus.emit(MEMBER_REMOVED, event, event_id=f"removed-{user_id}")

    async def lever_switched_off(self, event: LeverSwitchedOff) -> None:
        await self._bus.emit(LEVER_SWITCHED_OFF, event, event_id=f"lever-{event.id}")

    async def on_access_changed(self, change: AccessChanged) -> None:
        """Drop what a change in another copy of auth made stale."""
        self._forget(change.org_id, change.user_id)
