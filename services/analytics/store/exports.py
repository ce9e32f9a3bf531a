"""How far the request log is exported, and its rows by when they were received, in Postgres."""
# ruff: noqa: S608  # the statement is put together from this module's constants; every value is bound

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.contracts.events import CompletionFinished
from services.analytics.translate.request_row import COLUMNS, finished

_BEGIN: Final = text("INSERT INTO analytics.exports (next_hour) VALUES (:hour) ON CONFLICT DO NOTHING")
# One copy of the service at a time moves the mark; another finds it locked, and has nothing to do.
_MARK: Final = text("SELECT next_hour FROM analytics.exports FOR UPDATE SKIP LOCKED")
_MOVE: Final = text("UPDATE analytics.exports SET next_hour = :hour")
_RECEIVED: Final = text(f"""
    SELECT {", ".join(COLUMNS)} FROM analytics.requests
    WHERE received_at >= :start AND received_at < :end ORDER BY received_at, id
""")


class SqlExports:
    """Implements `ports.ExportLog`."""

    def __init__(self, tx: AsyncConnection) -> None:
        self._tx = tx

    async def begin(self, hour: datetime) -> None:
        await self._tx.execute(_BEGIN, {"hour": hour})

    async def take(self) -> datetime | None:
        found: datetime | None = (await self._tx.execute(_MARK)).scalar_one_or_none()
        return found

    async def move(self, hour: datetime) -> None:
        await self._tx.execute(_MOVE, {"hour": hour})

    async def received(
        self, start: datetime, end: datetime, portion: int
    ) -> AsyncIterator[Sequence[CompletionFinished]]:
        # A cursor on the server: the hour is put in order once, and no more than a portion of it is here.
        rows = await self._tx.stream(_RECEIVED, {"start": start, "end": end})
        async for part in rows.mappings().partitions(portion):
            yield [finished(dict(row)) for row in part]
