"""One transaction, seen as what analytics keeps."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from libs.common.db import Database
from libs.common.db.erasing import SqlErasing
from services.analytics.ports import Tx, UnitOfWork
from services.analytics.store.erasing import erasing
from services.analytics.store.experiments import SqlExperiments
from services.analytics.store.exports import SqlExports
from services.analytics.store.feedback import SqlFeedback
from services.analytics.store.figures import SqlFigures
from services.analytics.store.learning import SqlLearning
from services.analytics.store.partitions import SqlPartitions
from services.analytics.store.price_watch import SqlPrices
from services.analytics.store.request_log import SqlRequestLog
from services.analytics.store.uses import SqlUses


@dataclass(frozen=True)
class SqlTx:
    """The stores of one transaction."""

    log: SqlRequestLog
    feedback: SqlFeedback
    figures: SqlFigures
    uses: SqlUses
    partitions: SqlPartitions
    learning: SqlLearning
    erasing: SqlErasing
    experiments: SqlExperiments
    exports: SqlExports
    prices: SqlPrices


def unit_of_work(database: Database) -> UnitOfWork:
    """`async with` what comes back is one transaction on `database`."""

    @asynccontextmanager
    async def begin() -> AsyncIterator[Tx]:
        async with database() as tx:
            yield SqlTx(
                SqlRequestLog(tx),
                SqlFeedback(tx),
                SqlFigures(tx),
                SqlUses(tx),
                SqlPartitions(tx),
                SqlLearning(tx),
                erasing(tx),
                SqlExperiments(tx),
                SqlExports(tx),
                SqlPrices(tx),
            )

    return begin
