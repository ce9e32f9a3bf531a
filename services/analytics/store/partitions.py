"""The weeks of the request log, as partitions of its table."""
# ruff: noqa: S608  # names and bounds are dates that were read as dates; nothing comes from outside

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.analytics.domain.periods import week_end

_LOCK: Final = 0x77656B73
_NAME: Final = re.compile(r"requests_(\d{4}_\d{2}_\d{2})")


class SqlPartitions:
    """Implements `ports.Partitions`."""

    def __init__(self, tx: AsyncConnection) -> None:
        self._tx = tx

    async def make(self, week: datetime) -> None:
        """Rows of that week that are in the default partition move over; without that Postgres refuses the new one.

        Attaching a table, unlike creating it in place, lets others go on writing to their own weeks meanwhile.
        """
        await self._tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        if week in await self._weeks():
            return
        table, bounds = f"analytics.requests_{week:%Y_%m_%d}", {"start": week, "end": week_end(week)}
        await self._tx.execute(text(f"CREATE TABLE {table} (LIKE analytics.requests INCLUDING ALL)"))
        await self._tx.execute(
            text(
                "WITH moved AS (DELETE FROM analytics.requests_default WHERE at >= :start AND at < :end RETURNING *)"
                f" INSERT INTO {table} SELECT * FROM moved"
            ),
            bounds,
        )
        start, end = (bound.isoformat() for bound in bounds.values())
        await self._tx.execute(
            text(f"ALTER TABLE analytics.requests ATTACH PARTITION {table} FOR VALUES FROM ('{start}') TO ('{end}')")
        )

    async def drop_before(self, time: datetime) -> Sequence[datetime]:
        await self._tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        gone = [week for week in await self._weeks() if week_end(week) <= time]
        for week in gone:
            await self._tx.execute(text(f"DROP TABLE analytics.requests_{week:%Y_%m_%d}"))
        await self._tx.execute(text("DELETE FROM analytics.requests_default WHERE at < :time"), {"time": time})
        return gone

    async def _weeks(self) -> list[datetime]:
        names = await self._tx.execute(
            text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'analytics.requests'::regclass")
        )
        found = (_NAME.search(name) for name in names.scalars())
        return sorted(datetime.strptime(one[1], "%Y_%m_%d").replace(tzinfo=UTC) for one in found if one)
