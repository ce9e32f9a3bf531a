"""What an organisation's routed requests have taught, and up to when they were read."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

STATEMENTS = (
    'CREATE TABLE analytics.learned (org_id text COLLATE "C" PRIMARY KEY, sums jsonb NOT NULL)',
    "CREATE TABLE analytics.learning (upto timestamptz NOT NULL)",
    "INSERT INTO analytics.learning VALUES ('epoch')",
    "CREATE INDEX ON analytics.requests (received_at) WHERE routing_features <> '[]'",
    "CREATE INDEX ON analytics.requests (org_id, asked_digest, at) WHERE asked_digest IS NOT NULL",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
