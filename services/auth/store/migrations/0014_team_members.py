"""Who belongs to a team."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE auth.team_members (
        org_id text NOT NULL, team_id text NOT NULL, user_id text NOT NULL, PRIMARY KEY (org_id, team_id, user_id),
        FOREIGN KEY (org_id, team_id) REFERENCES auth.teams ON DELETE CASCADE,
        FOREIGN KEY (org_id, user_id) REFERENCES auth.users ON DELETE CASCADE
    )
    """,
    "CREATE INDEX ON auth.team_members (org_id, user_id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
