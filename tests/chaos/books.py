"""The books after a fault: what clients were answered, against what Postgres holds."""

import asyncio
from collections import Counter
from dataclasses import dataclass

import asyncpg

from deploy.local.postgres import PostgresData
from deploy.local.secrets import load_or_make
from tests.fixtures.running import Account, Running


@dataclass
class Books:
    """Rows by request id, once they have come to rest."""

    rows: Counter[str]
    statuses: dict[str, str]

    def missing(self, answered: set[str]) -> set[str]:
        """Answered, but not recorded."""
        return answered - set(self.rows)

    @property
    def duplicates(self) -> int:
        """Rows beyond the first of a request."""
        return sum(count - 1 for count in self.rows.values())

    def answered_rows(self) -> int:
        """Rows that say a client was answered."""
        return sum(status in ("success", "fallback", "cached") for status in self.statuses.values())


async def settle(running: Running, account: Account, answered: set[str], seconds: float = 60) -> Books:
    """Read the request log until it holds every answered request and stands still, or the time is up."""
    password = load_or_make(running.home / "secrets.json").postgres_password
    connection = await asyncpg.connect(PostgresData(running.home / "postgres", password).url())
    try:
        before, found = -1, Books(Counter(), {})
        for _ in range(int(seconds / 0.5)):
            rows = await connection.fetch("SELECT id, status FROM analytics.requests WHERE org_id = $1", account.org_id)
            found = Books(Counter(row["id"] for row in rows), {row["id"]: row["status"] for row in rows})
            if not found.missing(answered) and len(rows) == before:
                break
            before = len(rows)
            await asyncio.sleep(0.5)
        return found
    finally:
        await connection.close()
