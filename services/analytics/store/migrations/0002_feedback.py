"""What clients thought of their answers: the last word on each request counts."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.execute("""
        CREATE TABLE analytics.feedback (
            org_id text COLLATE "C" NOT NULL,
            request_id text COLLATE "C" NOT NULL,
            key_id text NOT NULL,
            at timestamptz NOT NULL,
            rating text NOT NULL,
            cache_wrong boolean NOT NULL,
            comment text,
            PRIMARY KEY (org_id, request_id)
        )
    """)
