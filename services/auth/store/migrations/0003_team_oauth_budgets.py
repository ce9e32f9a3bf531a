"""Invitations, one-time secrets, identities at other providers, budgets, and organisations whose end is still to be told."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

CHANGES = (
    # Whoever signs in through another provider has none.
    "ALTER TABLE auth.users ALTER COLUMN password_hash DROP NOT NULL",
    "ALTER TABLE auth.api_keys ADD COLUMN monthly_budget_nano bigint",
    """
    CREATE TABLE auth.invites (
        org_id text NOT NULL REFERENCES auth.orgs,
        invite_id text NOT NULL,
        email text NOT NULL,
        role text NOT NULL,
        invited_by text NOT NULL,
        created_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        PRIMARY KEY (org_id, invite_id)
    )
    """,
    """
    CREATE TABLE auth.tickets (
        digest text PRIMARY KEY,
        kind text NOT NULL,
        org_id text,
        subject_id text,
        bound_to text,
        expires_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX ON auth.tickets (org_id, subject_id)",
    "CREATE INDEX ON auth.tickets (expires_at)",
    """
    CREATE TABLE auth.identities (
        provider text NOT NULL,
        subject text NOT NULL,
        org_id text NOT NULL,
        user_id text NOT NULL,
        PRIMARY KEY (provider, subject)
    )
    """,
    "CREATE INDEX ON auth.identities (org_id, user_id)",
    """
    CREATE TABLE auth.deleted_orgs (
        org_id text PRIMARY KEY,
        deleted_at timestamptz NOT NULL
    )
    """,
)


def upgrade() -> None:
    for change in CHANGES:
        op.execute(change)
