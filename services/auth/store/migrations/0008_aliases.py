"""An organization's own names for models."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE auth.settings ADD COLUMN aliases jsonb NOT NULL DEFAULT '{}'")
