"""When each organization's models were looked at for prices, and what it was told of them."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE analytics.price_looks (
            org_id text COLLATE "C" PRIMARY KEY,
            looked_at timestamptz,
            reported_at timestamptz,
            reported text[] NOT NULL DEFAULT '{}'
        )
    """)
