"""Who an organization's admins are, asked of auth."""

from collections.abc import Sequence

from libs.common.bus.ports import Bus
from libs.common.contracts.auth import ORG_ADMINS, OrgRef


class BusAdmins:
    """Implements `ports.Admins`."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def of(self, org_id: str) -> Sequence[str]:
        return (await self._bus.call(ORG_ADMINS, OrgRef(org_id=org_id))).emails
