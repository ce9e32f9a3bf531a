"""The end of an organisation."""

import structlog

from libs.common.clock import Clock
from libs.common.errors import BadRequest, Unavailable
from services.auth.changes import Changes
from services.auth.domain.accounts import Caller
from services.auth.domain.permissions import Action
from services.auth.ports import Announcer, UnitOfWork
from services.auth.team import acting

log = structlog.get_logger()


class Erasure:
    """Erases what auth keeps, and sees to it that the others hear of it, however long the bus is away."""

    def __init__(self, uow: UnitOfWork, changes: Changes, announcer: Announcer, clock: Clock) -> None:
        self._uow = uow
        self._changes = changes
        self._announcer = announcer
        self._clock = clock

    async def delete(self, caller: Caller, name: str) -> None:
        """Erase the caller's organisation; `BadRequest` unless `name` is its name, typed in full."""
        async with self._changes.of(caller.org_id) as tx:
            await acting(tx, caller, Action.MANAGE_ORG)
            org = await tx.accounts.org(caller.org_id)
            if org is None or org.name.strip() != name.strip():
                raise BadRequest("To delete the organisation, send its exact name; nothing was deleted.", param="name")
            await tx.erasures.erase(caller.org_id, self._clock.now())
        await self._announcer.access_changed(caller.org_id)
        try:
            await self.tell()
        except Unavailable:
            log.warning("deletion_not_told_yet", org_id=caller.org_id)

    async def tell(self) -> None:
        """Tell of every end that was not told yet; done again after a failure, because hearing it twice does no harm."""
        async with self._uow() as tx:
            untold = await tx.erasures.untold()
        for org_id, at in untold:
            await self._announcer.org_deleted(org_id, at)
            async with self._uow() as tx:
                await tx.erasures.told(org_id)
