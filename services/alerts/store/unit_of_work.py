"""One transaction, seen as what alerts keeps."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from libs.common.db import Database
from libs.common.db.erasing import SqlErasing
from services.alerts.ports import Tx, UnitOfWork
from services.alerts.store.erasing import erasing
from services.alerts.store.events import SqlEvents
from services.alerts.store.outbox import SqlOutbox
from services.alerts.store.rules import SqlRules
from services.alerts.store.usage_counters import SqlUsageCounters
from services.alerts.store.webhooks import SqlWebhooks


@dataclass(frozen=True)
class SqlTx:
    """The stores of one transaction."""

    rules: SqlRules
    usage: SqlUsageCounters
    events: SqlEvents
    outbox: SqlOutbox
    webhooks: SqlWebhooks
    erasing: SqlErasing


def unit_of_work(database: Database) -> UnitOfWork:
    """`async with` what comes back is one transaction on `database`."""

    @asynccontextmanager
    async def begin() -> AsyncIterator[Tx]:
        async with database() as tx:
            yield SqlTx(SqlRules(tx), SqlUsageCounters(tx), SqlEvents(tx), SqlOutbox(tx), SqlWebhooks(tx), erasing(tx))

    return begin
