"""Figures in Postgres: whole hours, and for latencies whole days, from the sums; what is left at both ends from the log."""
# ruff: noqa: S608  # the statements are put together from constants; every value is bound

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.contracts.analytics import LeverUse
from services.analytics.domain.latencies import Counts, Sketch
from services.analytics.domain.periods import TimeRange
from services.analytics.domain.sums import Interval, Server, Sums
from services.analytics.store.rollups import opened
from services.analytics.store.totals import (
    ENDS,
    HOUR,
    LATENCIES,
    LATENCY_LINES,
    LEVER_LINES,
    LEVERS,
    MODEL,
    PROVIDER,
    REQUESTS,
    again,
    select,
)

_HOURS: Final = "org_id = :org_id AND hour >= :head AND hour < :tail"
# What the sums by day leave of the hours: those before the first whole day, and those after the last.
_EDGES: Final = (
    "org_id = :org_id AND hour >= :head AND hour < :first_day",
    "org_id = :org_id AND hour >= :last_day AND hour < :tail",
)

_HOUR_SUMS: Final = f"SELECT hour AS time, model, provider, {', '.join(REQUESTS)}, newest FROM analytics.hours WHERE"
_END_SUMS: Final = f"SELECT {HOUR}, {MODEL}, {PROVIDER}, {select(REQUESTS)}, max(at) FROM {ENDS} GROUP BY 1, 2, 3"
_BY_HOURS: Final = f"WITH parts AS ({_HOUR_SUMS} {_HOURS} UNION ALL {_END_SUMS})"
_BY_DAYS: Final = f"""WITH parts AS (
    SELECT day AS time, model, provider, {", ".join(REQUESTS)}, newest FROM analytics.days
    WHERE org_id = :org_id AND day >= :first_day AND day < :last_day
    {" ".join(f"UNION ALL {_HOUR_SUMS} {edge}" for edge in _EDGES)} UNION ALL {_END_SUMS}
)"""
_SUMS: Final = f"SELECT {again(REQUESTS)}, max(newest) AS newest"
_TOTAL: Final = text(f"{_BY_DAYS} {_SUMS} FROM parts")
_BY_MODEL: Final = text(
    f"{_BY_DAYS} {_SUMS}, model, nullif(provider, '') AS provider FROM parts GROUP BY model, parts.provider"
)
_POINT: Final = ("requests", "original_tokens", "optimized_tokens", "cost_nano", "baseline_nano")
_BY_INTERVAL: Final[Mapping[Interval, Any]] = {
    step: text(
        f"{_BY_HOURS if step == 'hour' else _BY_DAYS} SELECT {again(_POINT)}, date_trunc('{step}', time, 'UTC') AS time"
        " FROM parts GROUP BY date_trunc('" + step + "', time, 'UTC')"
    )
    for step in ("hour", "day", "week")
}
_BY_LEVER: Final = text(f"""
    WITH parts AS (
        SELECT lever, {", ".join(LEVERS)} FROM analytics.lever_hours WHERE {_HOURS}
        UNION ALL
        SELECT lever, {select(LEVERS)} FROM {ENDS}, {LEVER_LINES} GROUP BY 1
    )
    SELECT lever, {again(LEVERS)} FROM parts GROUP BY lever ORDER BY nano DESC, lever
""")


def _sketches(model: str, names: Sequence[str], *, own: str = "", days: bool = True) -> str:
    """The sketches whose model fits, opened, and lines like theirs from the log at both ends, of rows that are `own`. Without `days`, by
    hours alone.
    """
    counts = ", ".join(f"{name}_count" for name in names)
    sketches = (
        f"SELECT start AS time, model, provider, bucket, {counts} FROM analytics.sketches, {opened('sketches', names)}"
    )
    where = f"WHERE org_id = :org_id AND model {model}"
    ends = f"SELECT {HOUR}, {MODEL}, {PROVIDER}, bucket, {counts} FROM {ENDS}, {LATENCY_LINES} WHERE bucket IS NOT NULL {own}"
    if not days:
        return f"{sketches} {where} AND span = 'hour' AND start >= :head AND start < :tail UNION ALL {ends}"
    return f"""
        {sketches} {where} AND span = 'day' AND start >= :first_day AND start < :last_day
        UNION ALL {sketches} {where} AND span = 'hour' AND start >= :head AND start < :first_day
        UNION ALL {sketches} {where} AND span = 'hour' AND start >= :last_day AND start < :tail
        UNION ALL {ends}
    """


_SKETCH: Final = text(f"""
    SELECT bucket, {", ".join(f"sum({name}_count) AS {name}_count" for name in LATENCIES)}
    FROM ({_sketches("= ''", tuple(LATENCIES))}) AS parts GROUP BY bucket
""")
# Of one model only the latencies as a whole are kept, so no others are taken from the log.
_OF_MODEL: Final = f"AND (:model = '' OR ({MODEL} = :model AND total_count > 0))"
_COUNTS: Final = ", ".join(f"sum({name}_count) AS {name}_count" for name in LATENCIES)
_OVER_TIME: Final[Mapping[Interval, Any]] = {
    step: text(f"""
        SELECT date_trunc('{step}', time, 'UTC') AS time, bucket, {_COUNTS}
        FROM ({_sketches("= CAST(:model AS text)", tuple(LATENCIES), own=_OF_MODEL, days=step != "hour")}) AS parts
        GROUP BY date_trunc('{step}', time, 'UTC'), bucket
    """)
    for step in ("hour", "day", "week")
}
_BY_SERVER: Final = text(f"""
    SELECT model, nullif(provider, '') AS provider, bucket, sum(total_count) AS requests
    FROM ({_sketches("<> ''", ("total",))}) AS parts WHERE total_count > 0 GROUP BY 1, parts.provider, 3
""")


class SqlFigures:
    """Implements `ports.Figures`."""

    def __init__(self, tx: AsyncConnection) -> None:
        self._tx = tx

    async def total(self, time_range: TimeRange) -> Sums:
        [sums] = await self._ask(_TOTAL, time_range)
        return msgspec.convert(sums, Sums)

    async def by_interval(self, time_range: TimeRange, interval: Interval) -> Sequence[Sums]:
        return msgspec.convert(await self._ask(_BY_INTERVAL[interval], time_range), list[Sums])

    async def by_model(self, time_range: TimeRange) -> Sequence[Sums]:
        return msgspec.convert(await self._ask(_BY_MODEL, time_range), list[Sums])

    async def by_lever(self, time_range: TimeRange) -> Sequence[LeverUse]:
        return [
            LeverUse(lever=row["lever"], requests=row["requests"], tokens_saved=row["tokens"], savings_nano=row["nano"])
            for row in await self._ask(_BY_LEVER, time_range)
        ]

    async def sketch(self, time_range: TimeRange) -> Sketch:
        counts: dict[str, dict[int, int]] = {name: {} for name in LATENCIES}
        for row in await self._ask(_SKETCH, time_range):
            for name, by_bucket in counts.items():
                if row[f"{name}_count"]:
                    by_bucket[row["bucket"]] = row[f"{name}_count"]
        return Sketch(**counts)

    async def sketches(self, time_range: TimeRange, interval: Interval, model: str) -> Mapping[datetime, Sketch]:
        counts: dict[datetime, dict[str, dict[int, int]]] = defaultdict(lambda: {name: {} for name in LATENCIES})
        values = {**msgspec.structs.asdict(time_range), "model": model}
        for row in (await self._tx.execute(_OVER_TIME[interval], values)).mappings():
            for name, by_bucket in counts[row["time"]].items():
                if row[f"{name}_count"]:
                    by_bucket[row["bucket"]] = row[f"{name}_count"]
        return {time: Sketch(**found) for time, found in counts.items()}

    async def latencies_by_model(self, time_range: TimeRange) -> Mapping[Server, Counts]:
        found: dict[Server, dict[int, int]] = defaultdict(dict)
        rows = await self._tx.execute(_BY_SERVER, msgspec.structs.asdict(time_range))
        for model, provider, bucket, requests in rows:
            found[model, provider][bucket] = requests
        return found

    async def _ask(self, statement: Any, time_range: TimeRange) -> list[dict[str, Any]]:
        rows = await self._tx.execute(statement, msgspec.structs.asdict(time_range))
        return [dict(row) for row in rows.mappings()]
