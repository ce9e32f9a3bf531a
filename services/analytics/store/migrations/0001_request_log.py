"""The request log, cut into weeks, and its hourly sums.

Whatever has no week of its own goes to the default partition: without one, a single odd time would fail its batch.
"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    """
    CREATE TABLE analytics.requests (
        org_id text COLLATE "C" NOT NULL,
        at timestamptz NOT NULL,
        id text COLLATE "C" NOT NULL,
        received_at timestamptz NOT NULL,
        key_id text NOT NULL,
        user_id text,
        end_user text,
        kind text NOT NULL,
        status text NOT NULL,
        status_code integer NOT NULL,
        error_code text,
        tags jsonb NOT NULL,
        time_ms bigint NOT NULL,
        baseline_model text NOT NULL,
        routed_model text NOT NULL,
        served_model text,
        provider text,
        tier text,
        rule_id text,
        routing_reason text,
        shadow_model text,
        uncached_input integer NOT NULL,
        cache_read integer NOT NULL,
        cache_write_5m integer NOT NULL,
        cache_write_1h integer NOT NULL,
        output_text integer NOT NULL,
        output_reasoning integer NOT NULL,
        original_tokens integer NOT NULL,
        optimized_tokens integer NOT NULL,
        levers jsonb NOT NULL,
        baseline_cost_nano bigint,
        actual_cost_nano bigint,
        price_version text,
        estimated boolean NOT NULL,
        cache text NOT NULL,
        cache_similarity double precision,
        cache_entry_id text,
        latency_ms double precision NOT NULL,
        overhead_ms double precision NOT NULL,
        provider_ms double precision,
        first_byte_ms double precision,
        degraded jsonb NOT NULL,
        fallback_used boolean NOT NULL,
        stream boolean NOT NULL,
        trace_id text,
        PRIMARY KEY (org_id, at, id)
    ) PARTITION BY RANGE (at)
    """,
    "CREATE TABLE analytics.requests_default PARTITION OF analytics.requests DEFAULT",
    """
    CREATE TABLE analytics.hours (
        org_id text COLLATE "C" NOT NULL,
        hour timestamptz NOT NULL,
        model text COLLATE "C" NOT NULL,
        provider text COLLATE "C" NOT NULL,
        requests bigint NOT NULL,
        success bigint NOT NULL,
        fallback bigint NOT NULL,
        cached bigint NOT NULL,
        error bigint NOT NULL,
        cancelled bigint NOT NULL,
        exact_hits bigint NOT NULL,
        semantic_hits bigint NOT NULL,
        original_tokens bigint NOT NULL,
        optimized_tokens bigint NOT NULL,
        input_tokens bigint NOT NULL,
        output_tokens bigint NOT NULL,
        cost_nano bigint NOT NULL,
        baseline_nano bigint NOT NULL,
        unpriced bigint NOT NULL,
        newest timestamptz NOT NULL,
        PRIMARY KEY (org_id, hour, model, provider)
    )
    """,
    """
    CREATE TABLE analytics.lever_hours (
        org_id text COLLATE "C" NOT NULL,
        hour timestamptz NOT NULL,
        lever text COLLATE "C" NOT NULL,
        requests bigint NOT NULL,
        tokens bigint NOT NULL,
        nano bigint NOT NULL,
        PRIMARY KEY (org_id, hour, lever)
    )
    """,
)


def upgrade() -> None:
    for table in TABLES:
        op.execute(table)
