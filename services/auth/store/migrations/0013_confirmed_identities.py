"""When an identity provider last confirmed who somebody is."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE auth.identities ADD COLUMN confirmed_at timestamptz NOT NULL DEFAULT now()")
