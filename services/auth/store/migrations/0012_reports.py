"""Who asked for reports by mail, and when the next one is due."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE auth.report_recipients (
        org_id text NOT NULL, user_id text NOT NULL, period text NOT NULL, due_at timestamptz NOT NULL,
        attempts integer NOT NULL, PRIMARY KEY (org_id, user_id, period),
        FOREIGN KEY (org_id, user_id) REFERENCES auth.users
    )
    """,
    "CREATE INDEX report_due ON auth.report_recipients (due_at)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
