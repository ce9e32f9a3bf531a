"""What is added up for every row of the log, so that a figure need not read the log again.

`hours`, `days` and `lever_hours` are sums. `sketches` are latencies counted by bucket, by hour and by day: for each
model how long its requests took in all, and under an empty model all three latencies of everything. A sketch is a few
hundred numbers however many requests are in it. Days are there because a month has 30 of them, but 720 hours.

`dimension_hours` are sums by key, endpoint, model and provider together, `label_hours` the same for each end user, client and tag.
With so many dimensions an hour has nearly as many rows as the log: `dimension_days` are the first by the day, and `label_days` those
of each end user, client and tag alone.
"""
# ruff: noqa: S608  # the statements are put together from constants; every value is bound

from collections.abc import Iterable
from typing import Final

from services.analytics.store.totals import (
    COUNTED,
    DAY,
    HOUR,
    LABEL_LINES,
    LATENCIES,
    LATENCY_COUNTS,
    LATENCY_LINES,
    LEVER_LINES,
    LEVERS,
    MODEL,
    PROVIDER,
    REQUESTS,
    USES,
    added,
    select,
)

_COUNTS: Final = ", ".join(f"{name}_counts" for name in LATENCIES)
_DIMENSIONS: Final = "key_id, kind, model, provider"
_SKETCH: Final = "org_id, span, start, model, provider"


def rollups(rows: str, labels: str | None = None) -> dict[str, str]:
    """A statement for each table, by name, that adds the rows of the log which the relation `rows` holds. The relation `labels` has
    their names (org_id, id, label, value); None: all that the rows have.

    Each goes in the order of its key: two copies that add to the same hours then wait for each other instead of blocking
    each other for good.
    """
    rows = f"(SELECT * FROM {rows} WHERE {COUNTED}) AS counted_rows"
    labels = labels or f"(SELECT org_id, id, label, value FROM {rows}, {LABEL_LINES}) AS named"
    return {
        "by_dimension": f"""
            INSERT INTO analytics.dimension_hours (org_id, hour, {_DIMENSIONS}, {", ".join(USES)})
            SELECT org_id, {HOUR}, key_id, kind, {MODEL}, {PROVIDER}, {select(USES)}
            FROM {rows} GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6
            ON CONFLICT (org_id, hour, {_DIMENSIONS}) DO UPDATE SET {added("dimension_hours", USES)}
        """,
        "by_dimension_day": f"""
            INSERT INTO analytics.dimension_days (org_id, day, {_DIMENSIONS}, {", ".join(USES)})
            SELECT org_id, {DAY}, key_id, kind, {MODEL}, {PROVIDER}, {select(USES)}
            FROM {rows} GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6
            ON CONFLICT (org_id, day, {_DIMENSIONS}) DO UPDATE SET {added("dimension_days", USES)}
        """,
        "by_label_day": f"""
            INSERT INTO analytics.label_days (org_id, label, day, value, {", ".join(USES)})
            SELECT org_id, label, {DAY}, value, {select(USES)}
            FROM {rows} JOIN {labels} USING (org_id, id) GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
            ON CONFLICT (org_id, label, day, value) DO UPDATE SET {added("label_days", USES)}
        """,
        "by_label": f"""
            INSERT INTO analytics.label_hours (org_id, hour, label, value, {_DIMENSIONS}, {", ".join(USES)})
            SELECT org_id, {HOUR}, label, value, key_id, kind, {MODEL}, {PROVIDER}, {select(USES)}
            FROM {rows} JOIN {labels} USING (org_id, id)
            GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8
            ON CONFLICT (org_id, label, hour, value, {_DIMENSIONS}) DO UPDATE SET {added("label_hours", USES)}
        """,
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
