"""The team that a request's key belonged to, and an index for what a team's requests cost."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

STATEMENTS = (
    "ALTER TABLE analytics.requests ADD COLUMN team_id text",
    "CREATE INDEX requests_by_team ON analytics.requests (org_id, team_id, at DESC, id DESC) WHERE team_id IS NOT NULL",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
