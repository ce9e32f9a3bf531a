"""Where channels lead, notices on their way to them, recoveries that have to last, erased organisations.

Latencies are counted in other buckets from now on (libs/common/latency.py): those of the last days move to the bucket
that holds their middle.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    ALTER TABLE alerts.rules ADD COLUMN back_at timestamptz, ADD COLUMN channel_config jsonb NOT NULL DEFAULT '{}',
        ADD COLUMN sealed text
    """,
    """
    ALTER TABLE alerts.events ADD COLUMN forecast double precision, ADD COLUMN message text NOT NULL DEFAULT ''
    """,
    """
    CREATE TABLE alerts.outbox (
        org_id text COLLATE "C" NOT NULL,
        id text COLLATE "C" NOT NULL,
        event_id text COLLATE "C" NOT NULL,
        channel text NOT NULL,
        notice jsonb NOT NULL,
        state text NOT NULL,
        attempts integer NOT NULL,
        due_at timestamptz NOT NULL,
        error text,
        PRIMARY KEY (org_id, id)
    )
    """,
    "CREATE UNIQUE INDEX told_once ON alerts.outbox (org_id, event_id, channel)",
    "CREATE INDEX due ON alerts.outbox (due_at) WHERE state = 'waiting'",
    'CREATE TABLE alerts.erased (org_id text COLLATE "C" PRIMARY KEY, at timestamptz NOT NULL)',
    "ALTER TABLE alerts.latencies RENAME TO old_latencies",
    "CREATE TABLE alerts.latencies (LIKE alerts.old_latencies INCLUDING ALL)",
    """
    INSERT INTO alerts.latencies
    SELECT org_id, minute, ceil(ln(1.05) * (bucket - 0.5) / ln(1.04))::smallint AS number, sum(requests)
    FROM alerts.old_latencies GROUP BY org_id, minute, number
    """,
    "DROP TABLE alerts.old_latencies",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
