"""Deleting an organization; and telling the others of it, and of members who are gone."""

import structlog

from libs.common.clock import Clock
from libs.common.errors import BadRequest, Unavailable
from services.auth.announced_transaction import AnnouncedTransactions
from services.auth.domain.accounts import Caller
from services.auth.domain.permissions import Action
from services.auth.ports import EventPublisher, UnitOfWork
from services.auth.team.service import locked_caller

log = structlog.get_logger()


class Erasure:
    """Deletes what auth keeps, and publishes the deletion, however long the bus is away."""

    def __init__(
        self, uow: UnitOfWork, transactions: AnnouncedTransactions, publisher: EventPublisher, clock: Clock
    ) -> None:
        self._uow = uow
        self._transactions = transactions
        self._publisher = publisher
        self._clock = clock

    async def delete(self, caller: Caller, name: str) -> None:
        """Erase the caller's organization; `BadRequest` unless `name` is its name, typed in full."""
        async with self._transactions.begin(caller.org_id) as tx:
            await locked_caller(tx, caller, Action.MANAGE_ORG)
            org = await tx.accounts.org(caller.org_id)
            if org is None or org.name.strip() != name.strip():
                raise BadRequest("To delete the organization, send its exact name; nothing was deleted.", param="name")
            await tx.erasures.erase(caller.org_id, self._clock.now())
        await self._publisher.access_changed(caller.org_id)
        try:
            await self.publish_deletions()
        except Unavailable:
            log.warning("deletion_not_published", org_id=caller.org_id)

    async def publish_deletions(self) -> None:
        """Publish every deletion and removal that was not published yet; repeated after a failure, because consumers are idempotent."""
        async with self._uow() as tx:
            unpublished = await tx.erasures.unpublished()
        for org_id, at in unpublished:
            await self._publisher.org_deleted(org_id, at)
            async with self._uow() as tx:
                await tx.erasures.mark_published(org_id)
        async with self._uow() as tx:
            members = await tx.erasures.unpublished_members()
        for org_id, user_id, at in members:
            await self._publisher.member_removed(org_id, user_id, at)
            async with self._uow() as tx:
                await tx.erasures.mark_member_published(org_id, user_id)
