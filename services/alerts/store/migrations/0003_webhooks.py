"""Webhooks about requests that waited, and what each notification on its way is about.

The index finds the notifications of one organization that are due: each organization's are delivered beside the others'.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE alerts.webhooks (
        org_id text COLLATE "C" NOT NULL,
        id text COLLATE "C" NOT NULL,
        name text COLLATE "C" NOT NULL,
        url text NOT NULL,
        sealed text NOT NULL,
        created_at_ms bigint NOT NULL,
        verified_at_ms bigint,
        PRIMARY KEY (org_id, id)
    )
    """,
    "CREATE UNIQUE INDEX webhook_names ON alerts.webhooks (org_id, name)",
    "ALTER TABLE alerts.outbox ADD COLUMN kind text NOT NULL DEFAULT 'alert'",
    "CREATE INDEX due_of ON alerts.outbox (org_id, kind, due_at) WHERE state = 'waiting'",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
