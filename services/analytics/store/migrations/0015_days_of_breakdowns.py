"""The sums by dimension by the day, and those of each end user, client and tag alone: what a month's breakdown reads.

They are added up from the sums by the hour, of which the oldest are days already. A copy of the service that is older than this may count
beside a newer one for a while, and adds to hours alone: `day_repairs` are the days that are added up once more, a day later.
"""
# ruff: noqa: S608  # put together from this module's constants

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_USES = (
    "requests",
    "errors",
    "cached",
    "input_tokens",
    "output_tokens",
    "tokens_saved",
    "cost_nano",
    "baseline_cost_nano",
    "unpriced_requests",
)
_COLUMNS = ", ".join(f"{name} bigint NOT NULL" for name in _USES)
_SUMS = ", ".join(f"CAST(least(greatest(sum({name}), -9e18), 9e18) AS bigint)" for name in _USES)
_DAY = "date_trunc('day', hour, 'UTC')"

STATEMENTS = (
    f"""
    CREATE TABLE analytics.dimension_days (
        org_id text COLLATE "C" NOT NULL,
        day timestamptz NOT NULL,
        key_id text COLLATE "C" NOT NULL,
        kind text COLLATE "C" NOT NULL,
        model text COLLATE "C" NOT NULL,
        provider text COLLATE "C" NOT NULL,
        {_COLUMNS},
        PRIMARY KEY (org_id, day, key_id, kind, model, provider)
    )
    """,
    f"""
    CREATE TABLE analytics.label_days (
        org_id text COLLATE "C" NOT NULL,
        label text COLLATE "C" NOT NULL,
        day timestamptz NOT NULL,
        value text COLLATE "C" NOT NULL,
        {_COLUMNS},
        PRIMARY KEY (org_id, label, day, value)
    )
    """,
    f"""
    INSERT INTO analytics.dimension_days
    SELECT org_id, {_DAY}, key_id, kind, model, provider, {_SUMS} FROM analytics.dimension_hours GROUP BY 1, 2, 3, 4, 5, 6
    """,
    f"""
    INSERT INTO analytics.label_days
    SELECT org_id, label, {_DAY}, value, {_SUMS} FROM analytics.label_hours GROUP BY 1, 2, 3, 4
    """,
    "CREATE TABLE analytics.day_repairs (day timestamptz PRIMARY KEY, due timestamptz NOT NULL)",
    # As old as an event may be that the bus still holds, and today's and tomorrow's.
    """
    INSERT INTO analytics.day_repairs
    SELECT day, now() + interval '1 day' FROM generate_series(
        date_trunc('day', now(), 'UTC') - interval '8 days', date_trunc('day', now(), 'UTC') + interval '1 day', interval '1 day'
    ) AS days (day)
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
