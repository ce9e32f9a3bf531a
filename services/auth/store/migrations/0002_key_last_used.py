"""When a Promptly key was last used."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE auth.api_keys ADD COLUMN last_used_at timestamptz")
