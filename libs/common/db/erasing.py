"""Taking an organization out of a service's schema, for good."""
# ruff: noqa: S608  # names come from the services' own constants; every value is bound

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


class SqlErasing:
    """Erases from `log`, a large table of the key (org_id, at, id), and from `tables`, all of `schema`.

    `schema` has a table `erased` for the marks. Whoever writes holds the advisory lock `lock`, shared.
    """

    def __init__(self, tx: AsyncConnection, *, schema: str, log: str, tables: Sequence[str], lock: int) -> None:
        self._tx = tx
        self._schema = schema
        self._log = f"{schema}.{log}"
        self._tables = tables
        self._lock = lock

    async def forbid(self, org_id: str, at: datetime) -> None:
        """Whoever was just writing ends first, and whoever comes later sees the mark."""
        await self._tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": self._lock})
        await self._tx.execute(
            text(f"INSERT INTO {self._schema}.erased VALUES (:org_id, :at) ON CONFLICT DO NOTHING"),
            {"org_id": org_id, "at": at},
        )

    async def erase(self, org_id: str, portion: int = 5000) -> bool:
        """Take out a portion, the log first, along its key; whether there may be more."""
        gone = await self._tx.execute(
            text(f"""
                DELETE FROM {self._log} WHERE (org_id, at, id) IN (
                    SELECT org_id, at, id FROM {self._log} WHERE org_id = :org_id ORDER BY at, id LIMIT :portion
                )
            """),
            {"org_id": org_id, "portion": portion},
        )
        if gone.rowcount:
            return True
        for table in self._tables:
            await self._tx.execute(
                text(f"DELETE FROM {self._schema}.{table} WHERE org_id = :org_id"), {"org_id": org_id}
            )
        return False
