"""Figures in Postgres: whole hours from the sums, what is left at both ends, and percentiles, from the log."""
# ruff: noqa: S608  # the statements are put together from constants; every value is bound

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.contracts.analytics import Latencies, LeverUse
from services.analytics.domain.periods import Stretch
from services.analytics.domain.sums import Interval, Server, Sums
from services.analytics.store.totals import HOUR, LEVER_LINES, LEVERS, MODEL, PROVIDER, REQUESTS, again, select

_HOURS: Final = "org_id = :org_id AND hour >= :head AND hour < :tail"
_ENDS: Final = """(
    SELECT * FROM analytics.requests WHERE org_id = :org_id AND at >= :start AND at < :head
    UNION ALL SELECT * FROM analytics.requests WHERE org_id = :org_id AND at >= :tail AND at < :end
) AS ends"""
_LOG: Final = "analytics.requests WHERE org_id = :org_id AND at >= :start AND at < :end"

_SUMS: Final = f"""
    WITH parts AS (
        SELECT hour, model, provider, {", ".join(REQUESTS)}, newest FROM analytics.hours WHERE {_HOURS}
        UNION ALL
        SELECT {HOUR}, {MODEL}, {PROVIDER}, {select(REQUESTS)}, max(at) FROM {_ENDS} GROUP BY 1, 2, 3
    )
    SELECT {again(REQUESTS)}, max(newest) AS newest"""
_TOTAL: Final = text(f"{_SUMS} FROM parts")
_BY_MODEL: Final = text(f"{_SUMS}, model, nullif(provider, '') AS provider FROM parts GROUP BY model, parts.provider")
_BY_INTERVAL: Final[Mapping[Interval, Any]] = {
    step: text(f"{_SUMS}, date_trunc('{step}', hour, 'UTC') AS time FROM parts GROUP BY time")
    for step in ("hour", "day", "week")
}
_BY_LEVER: Final = text(f"""
    WITH parts AS (
        SELECT lever, {", ".join(LEVERS)} FROM analytics.lever_hours WHERE {_HOURS}
        UNION ALL
        SELECT lever, {select(LEVERS)} FROM {_ENDS}, {LEVER_LINES} GROUP BY 1
    )
    SELECT lever, {again(LEVERS)} FROM parts GROUP BY lever ORDER BY nano DESC, lever
""")
_LATENCIES: Final = text(f"""
    SELECT percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY latency_ms) AS total,
        percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY overhead_ms) AS overhead
    FROM {_LOG}
""")
_MEDIANS: Final = text(f"""
    SELECT {MODEL} AS model, nullif({PROVIDER}, '') AS provider,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY latency_ms) AS median
    FROM {_LOG} GROUP BY 1, 2
""")


class SqlFigures:
    """Implements `ports.Figures`."""

    def __init__(self, tx: AsyncConnection) -> None:
        self._tx = tx

    async def total(self, stretch: Stretch) -> Sums:
        [sums] = await self._ask(_TOTAL, stretch)
        return msgspec.convert(sums, Sums)

    async def by_interval(self, stretch: Stretch, interval: Interval) -> Sequence[Sums]:
        return msgspec.convert(await self._ask(_BY_INTERVAL[interval], stretch), list[Sums])

    async def by_model(self, stretch: Stretch) -> Sequence[Sums]:
        return msgspec.convert(await self._ask(_BY_MODEL, stretch), list[Sums])

    async def by_lever(self, stretch: Stretch) -> Sequence[LeverUse]:
        return [
            LeverUse(lever=row["lever"], requests=row["requests"], tokens_saved=row["tokens"], savings_nano=row["nano"])
            for row in await self._ask(_BY_LEVER, stretch)
        ]

    async def latencies(self, stretch: Stretch) -> Latencies:
        [row] = await self._ask(_LATENCIES, stretch)
        total, overhead = row["total"] or [None] * 3, row["overhead"] or [None] * 2
        return Latencies(p50=total[0], p95=total[1], p99=total[2], overhead_p50=overhead[0], overhead_p95=overhead[1])

    async def median_latencies(self, stretch: Stretch) -> Mapping[Server, float]:
        return {(row["model"], row["provider"]): row["median"] for row in await self._ask(_MEDIANS, stretch)}

    async def _ask(self, statement: Any, stretch: Stretch) -> list[dict[str, Any]]:
        rows = await self._tx.execute(statement, msgspec.structs.asdict(stretch))
        return [dict(row) for row in rows.mappings()]
