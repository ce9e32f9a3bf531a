"""What is added up for every row of the log, so that a figure need not read the log again.

`hours`, `days` and `lever_hours` are sums. `sketches` are latencies counted by bucket, by hour and by day: for each
model how long its requests took in all, and under an empty model all three latencies of everything. A sketch is a few
hundred numbers however many requests are in it. Days are there because a month has 30 of them, but 720 hours.
"""
# ruff: noqa: S608  # the statements are put together from constants; every value is bound

from collections.abc import Iterable
from typing import Final

from services.analytics.store.totals import (
    DAY,
    HOUR,
    LATENCIES,
    LATENCY_COUNTS,
    LATENCY_LINES,
    LEVER_LINES,
    LEVERS,
    MODEL,
    PROVIDER,
    REQUESTS,
    added,
    select,
)

_COUNTS: Final = ", ".join(f"{name}_counts" for name in LATENCIES)
_SKETCH: Final = "org_id, span, start, model, provider"


def rollups(rows: str) -> dict[str, str]:
    """A statement for each table, by name, that adds the rows of the log which the relation `rows` holds.

    Each goes in the order of its key: two copies that add to the same hours then wait for each other instead of blocking
    each other for good.
    """
    return {
        "by_hour": _sums("hours", "hour", HOUR, rows),
        "by_day": _sums("days", "day", DAY, rows),
        "by_lever": f"""
            INSERT INTO analytics.lever_hours (org_id, hour, lever, {", ".join(LEVERS)})
            SELECT org_id, {HOUR}, lever, {select(LEVERS)}
            FROM {rows}, {LEVER_LINES} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
            ON CONFLICT (org_id, hour, lever) DO UPDATE SET {added("lever_hours", LEVERS)}
        """,
        "by_latency": f"""
            INSERT INTO analytics.sketches ({_SKETCH}, buckets, {_COUNTS})
            SELECT {_SKETCH}, {_listed("bucket")}, {", ".join(_listed(f"{name}_count") for name in LATENCIES)}
            FROM (
                SELECT org_id, span, date_trunc(span, at, 'UTC') AS start, CASE WHEN whole THEN '' ELSE {MODEL} END AS model,
                    CASE WHEN whole THEN '' ELSE {PROVIDER} END AS provider, bucket, {LATENCY_COUNTS}
                FROM {rows}, (VALUES ('day', true), ('day', false), ('hour', true), ('hour', false)) AS kept (span, whole),
                    {LATENCY_LINES}
                WHERE bucket IS NOT NULL AND (whole OR total_count > 0) GROUP BY 1, 2, 3, 4, 5, 6
            ) AS counted
            GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
            ON CONFLICT ({_SKETCH}) DO UPDATE SET (buckets, {_COUNTS}) = (
                SELECT {_listed("bucket")}, {", ".join(_listed(f"{name}_count") for name in LATENCIES)}
                FROM (
                    SELECT bucket, {LATENCY_COUNTS}
                    FROM ({_opened("sketches")} UNION ALL {_opened("excluded")}) AS both_sketches GROUP BY bucket
                ) AS merged
            )
        """,
    }


def _sums(table: str, column: str, start: str, rows: str) -> str:
    return f"""
        INSERT INTO analytics.{table} (org_id, {column}, model, provider, {", ".join(REQUESTS)}, newest)
        SELECT org_id, {start}, {MODEL}, {PROVIDER}, {select(REQUESTS)}, max(at)
        FROM {rows} GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
        ON CONFLICT (org_id, {column}, model, provider)
        DO UPDATE SET {added(table, REQUESTS)}, newest = greatest({table}.newest, excluded.newest)
    """


def opened(row: str, names: Iterable[str] = LATENCIES) -> str:
    """The sketch in a row of `sketches` as a relation: a bucket to a line, with its counts under these names."""
    columns = ", ".join(f"{row}.{name}_counts" for name in names)
    return f"unnest({row}.buckets, {columns}) AS opened (bucket, {', '.join(f'{name}_count' for name in names)})"


def _opened(row: str) -> str:
    return f"SELECT * FROM {opened(row)}"


def _listed(column: str) -> str:
    return f"array_agg({column} ORDER BY bucket)"
