"""Who changed what."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

CHANGES = (
    """
    CREATE TABLE auth.audit_log (
        org_id text NOT NULL, id text NOT NULL, at timestamptz NOT NULL, actor text NOT NULL, action text NOT NULL,
        before jsonb NOT NULL, after jsonb NOT NULL, reason text, PRIMARY KEY (org_id, id)
    )
    """,
    "CREATE INDEX ON auth.audit_log (org_id, at DESC, id DESC)",
)


def upgrade() -> None:
    for change in CHANGES:
        op.execute(change)
