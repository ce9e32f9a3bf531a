"""What a semantic hit put together, what a shadow would have saved, and the numbers behind a routing score."""

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
        ADD COLUMN cache_source_id text COLLATE "C"
    """,
    "CREATE INDEX ON analytics.requests (org_id, at, id) WHERE cache = 'semantic'",
    "CREATE INDEX ON analytics.requests (org_id, cache_entry_id, at, id) WHERE cache = 'semantic'",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
