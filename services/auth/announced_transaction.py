"""Transactions whose commit is published to the gateways."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.auth.ports import EventPublisher, Tx, UnitOfWork


class AnnouncedTransactions:
    """Transactions whose commit is published, so that no change of a principal goes unpublished."""

    def __init__(self, uow: UnitOfWork, publisher: EventPublisher) -> None:
        self._uow = uow
        self._publisher = publisher

    @asynccontextmanager
    async def begin(self, org_id: str, key_id: str | None = None) -> AsyncIterator[Tx]:
        """One transaction on this organization, or on one of its keys alone."""
        async with self._uow() as tx:
            yield tx
        await self._publisher.principal_changed(org_id, key_id)
