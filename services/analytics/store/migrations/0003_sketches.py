"""Sums by day; latencies counted by bucket, so that percentiles need no sorting of the log; indices for its filters;
erased organisations.

What the log still holds is counted here. A bucket is a power of 1.04, as libs/common/latency.py has it.
"""
# ruff: noqa: S608  # put together from this module's constants

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_BUCKET = "least(greatest(ceil(ln(greatest({0}, 0.001)) / CAST(0.03922071315328133 AS float8)), -176), 411)::smallint"

STATEMENTS = (
    "CREATE TABLE analytics.days (LIKE analytics.hours INCLUDING ALL)",
    "ALTER TABLE analytics.days RENAME COLUMN hour TO day",
    """
    INSERT INTO analytics.days
    SELECT org_id, date_trunc('day', hour, 'UTC'), model, provider, sum(requests), sum(success), sum(fallback),
        sum(cached), sum(error), sum(cancelled), sum(exact_hits), sum(semantic_hits), sum(original_tokens),
        sum(optimized_tokens), sum(input_tokens), sum(output_tokens), sum(cost_nano), sum(baseline_nano), sum(unpriced),
        max(newest)
    FROM analytics.hours GROUP BY 1, 2, 3, 4
    """,
    """
    CREATE TABLE analytics.sketches (
        org_id text COLLATE "C" NOT NULL,
        span text COLLATE "C" NOT NULL,
        start timestamptz NOT NULL,
        model text COLLATE "C" NOT NULL,
        provider text COLLATE "C" NOT NULL,
        buckets smallint[] NOT NULL,
        total_counts integer[] NOT NULL,
        overhead_counts integer[] NOT NULL,
        provider_counts integer[] NOT NULL,
        PRIMARY KEY (org_id, span, start, model, provider)
    )
    """,
    f"""
    INSERT INTO analytics.sketches
    SELECT org_id, span, start, model, provider, array_agg(bucket ORDER BY bucket), array_agg(total ORDER BY bucket),
        array_agg(overhead ORDER BY bucket), array_agg(upstream ORDER BY bucket)
    FROM (
        SELECT org_id, span, date_trunc(span, at, 'UTC') AS start,
            CASE WHEN whole THEN '' ELSE coalesce(served_model, routed_model) END AS model,
            CASE WHEN whole THEN '' ELSE coalesce(provider, '') END AS provider, bucket, sum(total)::integer AS total,
            sum(overhead)::integer AS overhead, sum(upstream)::integer AS upstream
        FROM analytics.requests,
            (VALUES ('day', true), ('day', false), ('hour', true), ('hour', false)) AS kept (span, whole), LATERAL (VALUES
            ({_BUCKET.format("latency_ms")}, 1, 0, 0),
            ({_BUCKET.format("overhead_ms")}, 0, 1, 0),
            (CASE WHEN provider_ms IS NOT NULL THEN {_BUCKET.format("provider_ms")} END, 0, 0, 1)
        ) AS timed (bucket, total, overhead, upstream)
        WHERE bucket IS NOT NULL AND (whole OR total > 0) GROUP BY 1, 2, 3, 4, 5, 6
    ) AS counted
    GROUP BY 1, 2, 3, 4, 5
    """,
    'CREATE TABLE analytics.erased (org_id text COLLATE "C" PRIMARY KEY, at timestamptz NOT NULL)',
    "CREATE INDEX ON analytics.requests (org_id, key_id, at, id) INCLUDE (actual_cost_nano)",
    "CREATE INDEX ON analytics.requests (org_id, baseline_model, at, id)",
    "CREATE INDEX ON analytics.requests (org_id, routed_model, at, id)",
    "CREATE INDEX ON analytics.requests (org_id, served_model, at, id)",
    "CREATE INDEX ON analytics.requests (org_id, status, at, id) WHERE status <> 'success'",
    "CREATE INDEX ON analytics.requests (org_id, at, id) WHERE cache IN ('exact', 'semantic')",
    "CREATE INDEX ON analytics.requests (org_id, kind, at, id) WHERE kind <> 'chat'",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
