"""What a semantic hit put together, what a shadow would have saved, the numbers behind a routing score, and credits."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    ALTER TABLE analytics.requests
        ADD COLUMN shadow_savings_nano bigint,
        ADD COLUMN routing_score double precision,
        ADD COLUMN routing_features jsonb NOT NULL DEFAULT '[]',
        ADD COLUMN asked_digest text,
        ADD COLUMN cache_pair_id text COLLATE "C",
        ADD COLUMN cache_source_id text COLLATE "C",
        ADD COLUMN not_done jsonb NOT NULL DEFAULT '[]',
        ADD COLUMN charged_tokens integer NOT NULL DEFAULT 0,
        ADD COLUMN credit_lease text COLLATE "C"
    """,
    "CREATE INDEX ON analytics.requests (org_id, at, id) WHERE cache = 'semantic'",
    "CREATE INDEX ON analytics.requests (org_id, credit_lease) WHERE credit_lease IS NOT NULL",
    "CREATE INDEX ON analytics.requests (org_id, cache_entry_id, at, id) WHERE cache = 'semantic'",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
