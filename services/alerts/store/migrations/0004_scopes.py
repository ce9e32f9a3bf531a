"""Rules for a part of an organization's requests, and what such parts are counted into.

Tables of their own: the counts of whole organizations stay as they are, also for a copy of the service that is older than this.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    ALTER TABLE alerts.rules ADD COLUMN scope jsonb NOT NULL DEFAULT '{}', ADD COLUMN counted_as text COLLATE "C" NOT NULL DEFAULT ''
    """,
    "ALTER TABLE alerts.events ADD COLUMN scope jsonb NOT NULL DEFAULT '{}'",
    "DROP INDEX alerts.fired_once",
    """
    CREATE UNIQUE INDEX fired_once ON alerts.events (org_id, rule_id, window_start, threshold, scope) WHERE kind = 'fired'
    """,
    """
    CREATE TABLE alerts.scope_minutes (
        org_id text COLLATE "C" NOT NULL,
        scope text COLLATE "C" NOT NULL,
        minute timestamptz NOT NULL,
        requests bigint NOT NULL,
        errors bigint NOT NULL,
        spend_nano bigint NOT NULL,
        cost_nano bigint NOT NULL,
        baseline_nano bigint NOT NULL,
        newest timestamptz NOT NULL,
        PRIMARY KEY (org_id, scope, minute)
    )
    """,
    """
    CREATE TABLE alerts.scope_latencies (
        org_id text COLLATE "C" NOT NULL,
        scope text COLLATE "C" NOT NULL,
        minute timestamptz NOT NULL,
        bucket smallint NOT NULL,
        requests bigint NOT NULL,
        PRIMARY KEY (org_id, scope, minute, bucket)
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
