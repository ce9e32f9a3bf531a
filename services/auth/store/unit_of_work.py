"""One transaction, seen as the things that auth keeps."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from libs.common.db import Database
from services.auth.accounts.store import SqlAccounts
from services.auth.billing.store import SqlIdempotencyRecords, SqlLedger
from services.auth.budgets.store import SqlBudgets
from services.auth.issuers.store import SqlTrustedIssuers
from services.auth.keys.store.api_keys import SqlApiKeys
from services.auth.keys.store.control_keys import SqlControlKeys
from services.auth.keys.store.provider_keys import SqlProviderKeys
from services.auth.ports import Tx, UnitOfWork
from services.auth.reports.store import SqlReportRecipients
from services.auth.routing.store import SqlConfiguration
from services.auth.store.audit import SqlAuditLog
from services.auth.store.erasures import SqlErasures
from services.auth.store.one_time_tokens import SqlOneTimeTokens
from services.auth.team.store import SqlInvites
from services.auth.teams.store import SqlTeams


@dataclass(frozen=True)
class SqlTx:
    """The stores of one transaction."""

    accounts: SqlAccounts
    api_keys: SqlApiKeys
    control_keys: SqlControlKeys
    provider_keys: SqlProviderKeys
    issuers: SqlTrustedIssuers
    configuration: SqlConfiguration
    invites: SqlInvites
    one_time_tokens: SqlOneTimeTokens
    erasures: SqlErasures
    ledger: SqlLedger
    idempotency: SqlIdempotencyRecords
    audit: SqlAuditLog
    teams: SqlTeams
    budgets: SqlBudgets
    report_recipients: SqlReportRecipients


def unit_of_work(database: Database) -> UnitOfWork:
    """A factory of transactions on `database`, each an `async with` block."""

    @asynccontextmanager
    async def begin() -> AsyncIterator[Tx]:
        async with database() as tx:
            yield SqlTx(
                accounts=SqlAccounts(tx),
                api_keys=SqlApiKeys(tx),
                control_keys=SqlControlKeys(tx),
                provider_keys=SqlProviderKeys(tx),
                issuers=SqlTrustedIssuers(tx),
                configuration=SqlConfiguration(tx),
                invites=SqlInvites(tx),
                one_time_tokens=SqlOneTimeTokens(tx),
                erasures=SqlErasures(tx),
                ledger=SqlLedger(tx),
                idempotency=SqlIdempotencyRecords(tx),
                audit=SqlAuditLog(tx),
                teams=SqlTeams(tx),
                budgets=SqlBudgets(tx),
                report_recipients=SqlReportRecipients(tx),
            )

    return begin
