"""How long the first piece of a streamed answer took, counted beside the other latencies; sums by the code of a failed request's error.

What the log still holds is counted here. A bucket is a power of 1.04, as libs/common/latency.py has it.
"""
# ruff: noqa: S608  # put together from this module's constants

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_BUCKET = "least(greatest(ceil(ln(greatest(first_byte_ms, 0.001)) / CAST(0.03922071315328133 AS float8)), -176), 411)::smallint"
_PRICED = "baseline_cost_nano IS NOT NULL AND actual_cost_nano IS NOT NULL"
_COUNTS = ("total", "overhead", "provider", "first_byte")


def _listed(column: str) -> str:
    return f"array_agg({column} ORDER BY bucket)"


def _opened(row: str) -> str:
    columns = ", ".join(f"{row}.{name}_counts" for name in _COUNTS)
    return f"SELECT * FROM unnest({row}.buckets, {columns}) AS opened (bucket, {', '.join(_COUNTS)})"


STATEMENTS = (
    "ALTER TABLE analytics.sketches ADD COLUMN first_byte_counts integer[] NOT NULL DEFAULT '{}'",
    # A sketch without them has a shorter list, which reads as nulls: from here on each bucket has its number.
    "UPDATE analytics.sketches SET first_byte_counts = array_fill(0, ARRAY[cardinality(buckets)]) WHERE cardinality(buckets) > 0",
    f"""
    INSERT INTO analytics.sketches (org_id, span, start, model, provider, buckets, {", ".join(f"{name}_counts" for name in _COUNTS)})
    SELECT org_id, span, start, '', '', {_listed("bucket")}, {_listed("0")}, {_listed("0")}, {_listed("0")}, {_listed("streams")}
    FROM (
        SELECT org_id, span, date_trunc(span, at, 'UTC') AS start, {_BUCKET} AS bucket, count(*)::integer AS streams
        FROM analytics.requests, (VALUES ('day'), ('hour')) AS kept (span)
        WHERE stream AND first_byte_ms IS NOT NULL AND kind <> 'optimize' GROUP BY 1, 2, 3, 4
    ) AS counted
    GROUP BY org_id, span, start
    ON CONFLICT (org_id, span, start, model, provider) DO UPDATE
    SET (buckets, {", ".join(f"{name}_counts" for name in _COUNTS)}) = (
        SELECT {_listed("bucket")}, {", ".join(_listed(name) for name in _COUNTS)}
        FROM (
            SELECT bucket, {", ".join(f"sum({name})::integer AS {name}" for name in _COUNTS)}
            FROM ({_opened("sketches")} UNION ALL {_opened("excluded")}) AS both_sketches GROUP BY bucket
        ) AS merged
    )
    """,
    f"""
    INSERT INTO analytics.label_hours
    SELECT org_id, 'error', date_trunc('hour', at, 'UTC'), error_code, key_id, kind, coalesce(served_model, routed_model),
        coalesce(provider, ''), count(*), count(*), 0,
        sum(uncached_input + cache_read + cache_write_5m + cache_write_1h), sum(output_text + output_reasoning),
        sum(original_tokens - optimized_tokens), coalesce(sum(actual_cost_nano) FILTER (WHERE {_PRICED}), 0),
        coalesce(sum(baseline_cost_nano) FILTER (WHERE {_PRICED}), 0), count(*) FILTER (WHERE NOT ({_PRICED}))
    FROM analytics.requests WHERE status = 'error' AND status <> 'success' AND error_code IS NOT NULL AND kind <> 'optimize'
    GROUP BY 1, 3, 4, 5, 6, 7, 8
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
