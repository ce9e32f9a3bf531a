"""What requests of every API add to the log: which one was called, for which session, what was dropped, and what was billed by units.

A column with a constant default is added without rewriting the table.
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

COLUMNS = (
    "target_surface text",
    "raw boolean NOT NULL DEFAULT false",
    'session text COLLATE "C"',
    'agent text COLLATE "C"',
    'client text COLLATE "C"',
    "dropped jsonb NOT NULL DEFAULT '[]'",
    "stop text",
    "service_tier text",
    "units jsonb NOT NULL DEFAULT '{}'",
    "unpriced jsonb NOT NULL DEFAULT '[]'",
    "items integer NOT NULL DEFAULT 0",
    "cached_items integer NOT NULL DEFAULT 0",
    "stored boolean NOT NULL DEFAULT false",
    "upstream_request_id text",
)
INDEXES = ("session", "client")


def upgrade() -> None:
    added = ", ".join(f"ADD COLUMN {column}" for column in COLUMNS)
    op.execute(f"ALTER TABLE analytics.requests {added}")
    for name in INDEXES:
        op.execute(
            f"CREATE INDEX requests_by_{name} ON analytics.requests (org_id, {name}, at DESC, id DESC) "
            f"WHERE {name} IS NOT NULL"
        )
