"""Change events over the bus."""

import structlog

from libs.common.bus import Bus
from libs.common.contracts.auth import PRINCIPAL_CHANGED, PrincipalChanged
from libs.common.errors import Unavailable

log = structlog.get_logger()


class BusAnnouncer:
    """Implements `ports.Announcer`. Without a bus the change holds all the same: gateways forget principals by age too."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def principal_changed(self, org_id: str, key_id: str | None = None) -> None:
        try:
            await self._bus.emit(PRINCIPAL_CHANGED, PrincipalChanged(org_id=org_id, key_id=key_id))
        except Unavailable:
            log.warning("principal_change_not_announced", org_id=org_id, key_id=key_id)
