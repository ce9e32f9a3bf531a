"""The request log in Postgres, and the hourly sums that grow with it."""
# ruff: noqa: S608  # the statements are put together from this module's constants; every value is bound

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.contracts.analytics import RequestQuery
from libs.common.contracts.events import CompletionFinished
from services.analytics.domain.periods import moment
from services.analytics.store.totals import HOUR, LEVER_LINES, LEVERS, MODEL, PROVIDER, REQUESTS, added, select
from services.analytics.translate.request_row import COLUMNS, finished, made_at, request_row

_NAMES: Final = ", ".join(COLUMNS)

# One statement, so that the sums take exactly the rows that the log took. Everything is inserted in the order of its key:
# two copies that work on the same hours then wait for each other instead of blocking each other for good.
_APPEND: Final = text(f"""
    WITH fresh AS (
        INSERT INTO analytics.requests ({_NAMES})
        SELECT * FROM unnest({", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in COLUMNS.items())})
        ON CONFLICT DO NOTHING
        RETURNING *
    ), by_hour AS (
        INSERT INTO analytics.hours (org_id, hour, model, provider, {", ".join(REQUESTS)}, newest)
        SELECT org_id, {HOUR}, {MODEL}, {PROVIDER}, {select(REQUESTS)}, max(at)
        FROM fresh GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
        ON CONFLICT (org_id, hour, model, provider)
        DO UPDATE SET {added("hours", REQUESTS)}, newest = greatest(hours.newest, excluded.newest)
    ), by_lever AS (
        INSERT INTO analytics.lever_hours (org_id, hour, lever, {", ".join(LEVERS)})
        SELECT org_id, {HOUR}, lever, {select(LEVERS)}
        FROM fresh, {LEVER_LINES} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
        ON CONFLICT (org_id, hour, lever) DO UPDATE SET {added("lever_hours", LEVERS)}
    )
    SELECT count(*) FROM fresh
""")
_ONE: Final = text(f"SELECT {_NAMES} FROM analytics.requests WHERE org_id = :org_id AND at = :at AND id = :id")


class SqlRequestLog:
    """Implements `ports.RequestLog`."""

    def __init__(self, tx: AsyncConnection) -> None:
        self._tx = tx

    async def append(self, events: Sequence[CompletionFinished], received_at: datetime) -> int:
        rows = [request_row(event, received_at) for event in sorted(events, key=lambda event: (event.org_id, event.id))]
        columns = {name: [row[name] for row in rows] for name in COLUMNS}
        count: int = (await self._tx.execute(_APPEND, columns)).scalar_one()
        return count

    async def page(self, query: RequestQuery, before: str | None) -> Sequence[CompletionFinished]:
        where, values = _filters(query)
        if before is not None:
            where.append("(at, id) < (:before_at, :before_id)")
            values |= {"before_at": made_at(before), "before_id": before}
        rows = await self._tx.execute(
            text(
                f"SELECT {_NAMES} FROM analytics.requests WHERE {' AND '.join(where)}"
                " ORDER BY at DESC, id DESC LIMIT :limit"
            ),
            {**values, "limit": query.limit},
        )
        return [finished(dict(row)) for row in rows.mappings()]

    async def one(self, org_id: str, request_id: str) -> CompletionFinished | None:
        key = {"org_id": org_id, "at": made_at(request_id), "id": request_id}
        row = (await self._tx.execute(_ONE, key)).mappings().one_or_none()
        return None if row is None else finished(dict(row))


def _filters(query: RequestQuery) -> tuple[list[str], dict[str, object]]:
    """The conditions that a query asks for, and their values."""
    where, values = ["org_id = :org_id"], dict[str, object](org_id=query.org_id)
    if query.from_ms is not None:
        where.append("at >= :start")
        values["start"] = moment(query.from_ms, "from")
    if query.to_ms is not None:
        where.append("at < :end")
        values["end"] = moment(query.to_ms, "to")
    if query.model is not None:
        where.append("CAST(:model AS text) IN (baseline_model, routed_model, served_model)")
        values["model"] = query.model
    if query.cache_hit is not None:
        where.append("(cache IN ('exact', 'semantic')) = :cache_hit")
        values["cache_hit"] = query.cache_hit
    for name in ("status", "key_id", "kind"):
        if (value := getattr(query, name)) is not None:
            where.append(f"{name} = :{name}")
            values[name] = value
    return where, values
