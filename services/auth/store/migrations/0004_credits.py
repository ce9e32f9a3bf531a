"""Credits: accounts, a ledger that only grows, open leases; and answers to requests that are done once."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE auth.credit_accounts (
        org_id text PRIMARY KEY REFERENCES auth.orgs,
        balance bigint NOT NULL DEFAULT 0 CHECK (balance >= 0),
        reserved bigint NOT NULL DEFAULT 0 CHECK (reserved >= 0),
        low_told boolean NOT NULL DEFAULT false
    )
    """,
    """
    CREATE TABLE auth.credit_entries (
        org_id text NOT NULL REFERENCES auth.credit_accounts,
        entry_id text NOT NULL,
        kind text NOT NULL,
        tokens bigint NOT NULL,
        reserved bigint NOT NULL,
        ref text,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (org_id, entry_id)
    )
    """,
    "CREATE INDEX ON auth.credit_entries (org_id, created_at) WHERE kind IN ('trial', 'grant', 'purchase')",
    # What was written stays as it was written; only an organisation as a whole is erased.
    """
    CREATE FUNCTION auth.refuse_change() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the ledger is only ever added to'; END $$
    """,
    """
    CREATE TRIGGER only_added BEFORE UPDATE ON auth.credit_entries
    FOR EACH ROW EXECUTE FUNCTION auth.refuse_change()
    """,
    """
    CREATE TABLE auth.credit_leases (
        org_id text NOT NULL REFERENCES auth.credit_accounts,
        lease_id text NOT NULL,
        tokens bigint NOT NULL CHECK (tokens >= 0),
        opened_at timestamptz NOT NULL,
        PRIMARY KEY (org_id, lease_id)
    )
    """,
    "CREATE INDEX ON auth.credit_leases (opened_at)",
    """
    CREATE TABLE auth.once (
        org_id text NOT NULL REFERENCES auth.orgs,
        key text NOT NULL,
        digest text NOT NULL,
        began_at timestamptz NOT NULL,
        sealed text,
        PRIMARY KEY (org_id, key)
    )
    """,
    "CREATE INDEX ON auth.once (began_at)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
