"""Requests counted by the day, for rules about months and about what is unusual; `scope` is empty for whole organizations.

What is counted by the minute, of the last eight days, is added up; longer ago nothing is known.
"""
# ruff: noqa: S608  # the statements are put together from this module's constants

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_DAY = "date_trunc('day', minute, 'UTC')"
_SUMS = """CAST(sum(requests) AS bigint), CAST(sum(errors) AS bigint), CAST(least(sum(spend_nano), 9e18) AS bigint),
    CAST(least(sum(cost_nano), 9e18) AS bigint), CAST(least(sum(baseline_nano), 9e18) AS bigint), max(newest)"""
STATEMENTS = (
    """
    CREATE TABLE alerts.days (
        org_id text COLLATE "C" NOT NULL,
        scope text COLLATE "C" NOT NULL,
        day timestamptz NOT NULL,
        requests bigint NOT NULL,
        errors bigint NOT NULL,
        spend_nano bigint NOT NULL,
        cost_nano bigint NOT NULL,
        baseline_nano bigint NOT NULL,
        newest timestamptz NOT NULL,
        PRIMARY KEY (org_id, scope, day)
    )
    """,
    f"INSERT INTO alerts.days SELECT org_id, '', {_DAY}, {_SUMS} FROM alerts.minutes GROUP BY 1, 3",
    f"INSERT INTO alerts.days SELECT org_id, scope, {_DAY}, {_SUMS} FROM alerts.scope_minutes GROUP BY 1, 2, 3",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
