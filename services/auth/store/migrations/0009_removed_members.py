"""Members who are gone, until that has been published."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    CREATE TABLE auth.removed_members (
        org_id text NOT NULL,
        user_id text NOT NULL,
        removed_at timestamptz NOT NULL,
        PRIMARY KEY (org_id, user_id)
    )
    """)
