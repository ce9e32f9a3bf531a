"""Alert rules and their events, and requests counted by the minute.

`rule_owners` says whose a rule's id is: every other table is led by org_id and could not tell. The id of an event begins
with its time, so that the newest come from the primary key.
"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE alerts.rules (
        org_id text COLLATE "C" NOT NULL,
        id text COLLATE "C" NOT NULL,
        name text NOT NULL,
        metric text NOT NULL,
        operator text NOT NULL,
        threshold double precision NOT NULL,
        channels text[] NOT NULL,
        window_minutes integer NOT NULL,
        cooldown_minutes integer NOT NULL,
        is_active boolean NOT NULL,
        created_at_ms bigint NOT NULL,
        firing boolean NOT NULL DEFAULT false,
        fired_at timestamptz,
        PRIMARY KEY (org_id, id)
    )
    """,
    """
    CREATE TABLE alerts.rule_owners (
        id text COLLATE "C" PRIMARY KEY,
        org_id text COLLATE "C" NOT NULL
    )
    """,
    """
    CREATE TABLE alerts.events (
        org_id text COLLATE "C" NOT NULL,
        id text COLLATE "C" NOT NULL,
        rule_id text COLLATE "C" NOT NULL,
        rule_name text NOT NULL,
        metric text NOT NULL,
        kind text NOT NULL,
        value double precision NOT NULL,
        threshold double precision NOT NULL,
        time_ms bigint NOT NULL,
        data_as_of_ms bigint,
        window_start timestamptz NOT NULL,
        PRIMARY KEY (org_id, id)
    )
    """,
    """
    CREATE UNIQUE INDEX fired_once ON alerts.events (org_id, rule_id, window_start, threshold) WHERE kind = 'fired'
    """,
    """
    CREATE TABLE alerts.seen (
        org_id text COLLATE "C" NOT NULL,
        at timestamptz NOT NULL,
        id text COLLATE "C" NOT NULL,
        PRIMARY KEY (org_id, at, id)
    )
    """,
    """
    CREATE TABLE alerts.minutes (
        org_id text COLLATE "C" NOT NULL,
        minute timestamptz NOT NULL,
        requests bigint NOT NULL,
        errors bigint NOT NULL,
        spend_nano bigint NOT NULL,
        cost_nano bigint NOT NULL,
        baseline_nano bigint NOT NULL,
        newest timestamptz NOT NULL,
        PRIMARY KEY (org_id, minute)
    )
    """,
    """
    CREATE TABLE alerts.latencies (
        org_id text COLLATE "C" NOT NULL,
        minute timestamptz NOT NULL,
        bucket smallint NOT NULL,
        requests bigint NOT NULL,
        PRIMARY KEY (org_id, minute, bucket)
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
