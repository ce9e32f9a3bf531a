"""Sums by key, endpoint, model and provider together, and the same for each end user, client and tag: they outlive the log.
Indices for the log's filters by end user and tag. The name that an organization has given a model.

What the log still holds is counted here.
"""
# ruff: noqa: S608  # put together from this module's constants

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_PRICED = "baseline_cost_nano IS NOT NULL AND actual_cost_nano IS NOT NULL"
_SUMS = f"""
    count(*), count(*) FILTER (WHERE status = 'error'), count(*) FILTER (WHERE status = 'cached'),
    sum(uncached_input + cache_read + cache_write_5m + cache_write_1h), sum(output_text + output_reasoning),
    sum(original_tokens - optimized_tokens), coalesce(sum(actual_cost_nano) FILTER (WHERE {_PRICED}), 0),
    coalesce(sum(baseline_cost_nano) FILTER (WHERE {_PRICED}), 0), count(*) FILTER (WHERE NOT ({_PRICED}))
"""
_DIMENSIONS = "key_id, kind, coalesce(served_model, routed_model), coalesce(provider, '')"
_COLUMNS = """
    requests bigint NOT NULL,
    errors bigint NOT NULL,
    cached bigint NOT NULL,
    input_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    tokens_saved bigint NOT NULL,
    cost_nano bigint NOT NULL,
    baseline_cost_nano bigint NOT NULL,
    unpriced_requests bigint NOT NULL
"""

STATEMENTS = (
    "ALTER TABLE analytics.requests ADD COLUMN alias text",
    f"""
    CREATE TABLE analytics.dimension_hours (
        org_id text COLLATE "C" NOT NULL,
        hour timestamptz NOT NULL,
        key_id text COLLATE "C" NOT NULL,
        kind text COLLATE "C" NOT NULL,
        model text COLLATE "C" NOT NULL,
        provider text COLLATE "C" NOT NULL,
        {_COLUMNS},
        PRIMARY KEY (org_id, hour, key_id, kind, model, provider)
    )
    """,
    f"""
    CREATE TABLE analytics.label_hours (
        org_id text COLLATE "C" NOT NULL,
        label text COLLATE "C" NOT NULL,
        hour timestamptz NOT NULL,
        value text COLLATE "C" NOT NULL,
        key_id text COLLATE "C" NOT NULL,
        kind text COLLATE "C" NOT NULL,
        model text COLLATE "C" NOT NULL,
        provider text COLLATE "C" NOT NULL,
        {_COLUMNS},
        PRIMARY KEY (org_id, label, hour, value, key_id, kind, model, provider)
    )
    """,
    *(
        f"CREATE INDEX {table}_to_fold ON analytics.{table} (hour) WHERE extract(hour FROM hour AT TIME ZONE 'UTC') <> 0"
        for table in ("dimension_hours", "label_hours")
    ),
    "CREATE INDEX requests_by_end_user ON analytics.requests (org_id, end_user, at DESC, id DESC) WHERE end_user IS NOT NULL",
    "CREATE INDEX requests_by_tag ON analytics.requests USING gin (tags jsonb_path_ops) WHERE tags <> '{}'",
    f"""
    INSERT INTO analytics.dimension_hours
    SELECT org_id, date_trunc('hour', at, 'UTC'), {_DIMENSIONS}, {_SUMS}
    FROM analytics.requests WHERE kind <> 'optimize' GROUP BY 1, 2, 3, 4, 5, 6
    """,
    f"""
    INSERT INTO analytics.label_hours
    SELECT org_id, label, date_trunc('hour', at, 'UTC'), value, {_DIMENSIONS}, {_SUMS}
    FROM analytics.requests, LATERAL (
        SELECT 'user' AS label, end_user AS value WHERE end_user IS NOT NULL
        UNION ALL SELECT 'client', client WHERE client IS NOT NULL
        UNION ALL SELECT 'tag:' || tag.key, tag.value FROM jsonb_each_text(tags) AS tag
    ) AS labelled
    WHERE kind <> 'optimize' GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
