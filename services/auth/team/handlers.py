"""Who is an organization's admin?"""

from libs.common.bus import Bus
from libs.common.contracts.auth import ORG_ADMINS, Admins, OrgRef
from services.auth.domain.accounts import active_admins
from services.auth.ports import UnitOfWork


async def serve(bus: Bus, uow: UnitOfWork) -> None:
    """Answer ORG_ADMINS."""

    async def org_admins(request: OrgRef) -> Admins:
        async with uow() as tx:
            members = await tx.accounts.members(request.org_id)
        return Admins(emails=tuple(admin.email for admin in active_admins(members)))

    await bus.serve(ORG_ADMINS, org_admins)
