"""Teams, which keys may belong to, and budgets of keys, teams, end users and tags."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE auth.teams (
        org_id text NOT NULL REFERENCES auth.orgs, team_id text NOT NULL, name text NOT NULL,
        created_at timestamptz NOT NULL, PRIMARY KEY (org_id, team_id), UNIQUE (org_id, name)
    )
    """,
    "ALTER TABLE auth.api_keys ADD COLUMN team_id text",
    """
    CREATE TABLE auth.budgets (
        org_id text NOT NULL REFERENCES auth.orgs, budget_id text NOT NULL, name text NOT NULL, subject text NOT NULL,
        tag text, value text, period text NOT NULL, limit_nano bigint NOT NULL CHECK (limit_nano > 0),
        on_exceed text NOT NULL, created_at timestamptz NOT NULL, changed_ms bigint NOT NULL,
        PRIMARY KEY (org_id, budget_id), UNIQUE (org_id, name)
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
