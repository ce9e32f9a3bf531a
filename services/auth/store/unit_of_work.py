"""One transaction, seen as the four things that auth keeps."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from libs.common.db import Database
from services.auth.ports import Tx, UnitOfWork
from services.auth.store.accounts import SqlAccounts
from services.auth.store.api_keys import SqlApiKeys
from services.auth.store.configuration import SqlConfiguration
from services.auth.store.provider_keys import SqlProviderKeys


@dataclass(frozen=True)
class SqlTx:
    """The stores of one transaction."""

    accounts: SqlAccounts
    api_keys: SqlApiKeys
    provider_keys: SqlProviderKeys
    configuration: SqlConfiguration


def unit_of_work(database: Database) -> UnitOfWork:
    """`async with` what comes back is one transaction on `database`."""

    @asynccontextmanager
    async def begin() -> AsyncIterator[Tx]:
        async with database() as tx:
            yield SqlTx(SqlAccounts(tx), SqlApiKeys(tx), SqlProviderKeys(tx), SqlConfiguration(tx))

    return begin
