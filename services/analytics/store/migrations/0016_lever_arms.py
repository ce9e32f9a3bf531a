"""Which levers with an arm of their own were on, and what levers on trial would have done."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "ALTER TABLE analytics.requests ADD COLUMN lever_arms jsonb NOT NULL DEFAULT '{}', "
        "ADD COLUMN shadow_levers jsonb NOT NULL DEFAULT '[]'"
    )
