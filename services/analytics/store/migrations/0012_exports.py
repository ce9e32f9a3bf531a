"""How far the request log is exported; an index that finds what was received in an hour.

Rows lie in the order in which they were received, so that an index of ranges is enough: it takes a page for a million rows. It is made
by reading the log once.
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

STATEMENTS = (
    "CREATE TABLE analytics.exports (one boolean PRIMARY KEY DEFAULT true CHECK (one), next_hour timestamptz NOT NULL)",
    "CREATE INDEX requests_by_received ON analytics.requests USING brin (received_at)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
