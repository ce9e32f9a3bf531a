"""Taking an organisation out of Postgres, for good."""
# ruff: noqa: S608  # the statements are put together from this module's constants; every value is bound

from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

ERASING: Final = 0x65726173  # held, shared, by whoever appends to the log
_PORTION: Final = 5000
_SUMS: Final = ("hours", "days", "lever_hours", "sketches", "feedback")


class SqlErasing:
    """Implements `ports.Erasing`."""

    def __init__(self, tx: AsyncConnection) -> None:
        self._tx = tx

    async def forbid(self, org_id: str, at: datetime) -> None:
        """Whoever was just writing ends first, and whoever comes later sees the mark."""
        await self._tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ERASING})
        await self._tx.execute(
            text("INSERT INTO analytics.erased VALUES (:org_id, :at) ON CONFLICT DO NOTHING"),
            {"org_id": org_id, "at": at},
        )

    async def erase(self, org_id: str) -> bool:
        """The log goes first, a portion at a time, along its key."""
        gone = await self._tx.execute(
            text("""
                DELETE FROM analytics.requests WHERE (org_id, at, id) IN (
                    SELECT org_id, at, id FROM analytics.requests WHERE org_id = :org_id ORDER BY at, id LIMIT :portion
                )
            """),
            {"org_id": org_id, "portion": _PORTION},
        )
        if gone.rowcount:
            return True
        for table in _SUMS:
            await self._tx.execute(text(f"DELETE FROM analytics.{table} WHERE org_id = :org_id"), {"org_id": org_id})
        return False
