"""The request log in Postgres, and the hourly sums that grow with it."""
# ruff: noqa: S608  # the statements are put together from this module's constants; every value is bound

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.contracts.analytics import RequestQuery
from libs.common.contracts.events import CompletionFinished
from services.analytics.domain.periods import moment
from services.analytics.store.erasing import ERASING
from services.analytics.store.rollups import rollups
from services.analytics.store.totals import kept
from services.analytics.translate.labels import Label
from services.analytics.translate.request_row import COLUMNS, finished, made_at, request_row

_NAMES: Final = ", ".join(COLUMNS)

_NAMED: Final = """(
    SELECT * FROM unnest(CAST(:label_orgs AS text[]), CAST(:label_ids AS text[]), CAST(:labels AS text[]), CAST(:label_values AS text[]))
        AS given (org_id, id, label, value)
) AS named"""
# One statement, so that the sums take exactly the rows that the log took.
_APPEND: Final = text(f"""
    WITH fresh AS (
        INSERT INTO analytics.requests ({_NAMES})
        SELECT * FROM unnest({", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in COLUMNS.items())})
            AS batch ({_NAMES})
        WHERE NOT EXISTS (SELECT FROM analytics.erased WHERE erased.org_id = batch.org_id)
        ON CONFLICT DO NOTHING
        RETURNING *
    ), {", ".join(f"{name} AS ({statement})" for name, statement in rollups("fresh", _NAMED).items())}
    SELECT org_id, id FROM fresh
""")
_ONE: Final = text(f"SELECT {_NAMES} FROM analytics.requests WHERE org_id = :org_id AND at = :at AND id = :id")
_SPENT: Final = f"SELECT {kept('coalesce(sum(actual_cost_nano), 0)')} FROM analytics.requests WHERE "
_CHARGED: Final = text(f"""
    SELECT {kept("coalesce(sum(charged_tokens), 0)")}
    FROM analytics.requests WHERE org_id = :org_id AND credit_lease = :lease_id
""")
# Spelled out as their index is.
_BATCHES: Final = text("""
    SELECT DISTINCT org_id, upstream_request_id FROM analytics.requests
    WHERE at >= :start AND at < :end
    AND kind = 'passthrough' AND target_surface = '/v1/batches' AND upstream_request_id LIKE 'batch%'
    ORDER BY org_id, upstream_request_id LIMIT 10000
""")
# What has an index of its own is spelled out: of a bound value the planner cannot always tell that the index covers it.
_HITS: Final = "cache IN ('exact', 'semantic')"
_NEWEST: Final = "ORDER BY at DESC, id DESC LIMIT :limit"
_MODELS: Final = ("baseline_model", "routed_model", "served_model")
_COMMON: Final = {"status": "success", "kind": "chat"}


class SqlRequestLog:
    """Implements `ports.RequestLog`."""

    def __init__(self, tx: AsyncConnection) -> None:
        self._tx = tx

    async def append(
        self, events: Sequence[CompletionFinished], received_at: datetime, labels: Sequence[Label]
    ) -> Sequence[tuple[str, str]]:
        await self._tx.execute(text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": ERASING})
        rows = [request_row(event, received_at) for event in sorted(events, key=lambda event: (event.org_id, event.id))]
        columns = {name: [row[name] for row in rows] for name in COLUMNS}
        for at, name in enumerate(("label_orgs", "label_ids", "labels", "label_values")):
            columns[name] = [label[at] for label in labels]
        return [(org_id, request_id) for org_id, request_id in await self._tx.execute(_APPEND, columns)]

    async def page(self, query: RequestQuery, before: str | None) -> Sequence[CompletionFinished]:
        where, values = _filters(query)
        if before is not None:
            where.append("(at, id) < (:before_at, :before_id)")
            values |= {"before_at": made_at(before), "before_id": before}
        joined, page = "WHERE", f"{' AND '.join(where)} {_NEWEST}"
        if query.model is not None:
            # Each of the three has an index, in which the newest stand together; a common OR would read the whole log.
            keys = (f"(SELECT at, id FROM analytics.requests WHERE {column} = :model AND {page})" for column in _MODELS)
            joined = f"JOIN ({' UNION '.join(keys)} {_NEWEST}) AS page USING (at, id) WHERE"
            page = f"org_id = :org_id {_NEWEST}"
        rows = await self._tx.execute(
            text(f"SELECT {_NAMES} FROM analytics.requests {joined} {page}"), {**values, "limit": query.limit}
        )
        return [finished(dict(row)) for row in rows.mappings()]

    async def one(self, org_id: str, request_id: str) -> CompletionFinished | None:
        key = {"org_id": org_id, "at": made_at(request_id), "id": request_id}
        row = (await self._tx.execute(_ONE, key)).mappings().one_or_none()
        return None if row is None else finished(dict(row))

    async def spent(self, query: RequestQuery) -> int:
        where, values = _filters(query)
        nano: int = (await self._tx.execute(text(_SPENT + " AND ".join(where)), values)).scalar_one()
        return nano

    async def batches(self, start: datetime, end: datetime) -> Sequence[tuple[str, str]]:
        found = await self._tx.execute(_BATCHES, {"start": start, "end": end})
        return [(org_id, batch_id) for org_id, batch_id in found]

    async def charged(self, org_id: str, lease_id: str) -> int:
        found = await self._tx.execute(_CHARGED, {"org_id": org_id, "lease_id": lease_id})
        tokens: int = found.scalar_one()
        return tokens


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
        values["model"] = query.model
    if query.cache_hit is not None:
        where.append(_HITS if query.cache_hit else f"NOT {_HITS}")
    if query.semantic or query.cache_entry_id is not None:
        where.append("cache = 'semantic'")
    if query.cache_entry_id is not None:
        where.append("cache_entry_id = :cache_entry_id")
        values["cache_entry_id"] = query.cache_entry_id
    if query.ids is not None:
        where.append("(at, id) IN (SELECT * FROM unnest(CAST(:ats AS timestamptz[]), CAST(:ids AS text[])))")
        values |= {"ats": [made_at(one) for one in query.ids], "ids": list(query.ids)}
    if query.tag is not None:
        where.append("tags @> CAST(:tag AS jsonb) AND tags <> '{}'")
        values["tag"] = msgspec.json.encode({query.tag[0]: query.tag[1]}).decode()
    if query.error_code is not None:
        where.append("error_code = :error_code AND status = 'error' AND status <> 'success'")
        values["error_code"] = query.error_code
    if query.min_latency_ms is not None:
        where.append("latency_ms >= :min_latency_ms")
        values["min_latency_ms"] = query.min_latency_ms
    for name in ("status", "key_id", "kind", "session", "client", "arm", "conversation", "end_user", "team_id"):
        if (value := getattr(query, name)) is not None:
            where.append(f"{name} = :{name}")
            values[name] = value
            if value != _COMMON.get(name, value):
                where.append(f"{name} <> '{_COMMON[name]}'")
    return where, values
