"""Organisations, users, keys, settings and rules.

Every table is led by org_id, so that the schema shards by organisation. The two look-ups that have to find the
organisation first, by e-mail and by key digest, have small tables of their own.
"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    """
    CREATE TABLE auth.orgs (
        org_id text PRIMARY KEY,
        name text NOT NULL,
        account_type text NOT NULL,
        created_at timestamptz NOT NULL
    )
    """,
    """
    CREATE TABLE auth.users (
        org_id text NOT NULL REFERENCES auth.orgs,
        user_id text NOT NULL,
        email text NOT NULL,
        role text NOT NULL,
        password_hash text NOT NULL,
        version integer NOT NULL,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (org_id, user_id)
    )
    """,
    """
    CREATE TABLE auth.logins (
        email text PRIMARY KEY,
        org_id text NOT NULL,
        user_id text NOT NULL
    )
    """,
    """
    CREATE TABLE auth.revoked_tokens (
        org_id text NOT NULL REFERENCES auth.orgs,
        token_id text NOT NULL,
        expires_at timestamptz NOT NULL,
        PRIMARY KEY (org_id, token_id)
    )
    """,
    """
    CREATE TABLE auth.api_keys (
        org_id text NOT NULL REFERENCES auth.orgs,
        key_id text NOT NULL,
        name text NOT NULL,
        digest text NOT NULL,
        prefix text NOT NULL,
        last4 text NOT NULL,
        scopes text[] NOT NULL,
        rpm integer NOT NULL,
        expires_at timestamptz,
        created_by text NOT NULL,
        created_at timestamptz NOT NULL,
        revoked_at timestamptz,
        PRIMARY KEY (org_id, key_id)
    )
    """,
    """
    CREATE TABLE auth.key_digests (
        digest text PRIMARY KEY,
        org_id text NOT NULL,
        key_id text NOT NULL
    )
    """,
    """
    CREATE TABLE auth.provider_keys (
        org_id text NOT NULL REFERENCES auth.orgs,
        key_id text NOT NULL,
        provider text NOT NULL,
        label text NOT NULL,
        sealed text NOT NULL,
        last4 text NOT NULL,
        base_url text,
        models text[] NOT NULL,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (org_id, key_id)
    )
    """,
    """
    CREATE TABLE auth.settings (
        org_id text PRIMARY KEY REFERENCES auth.orgs,
        optimization jsonb NOT NULL,
        tiers jsonb NOT NULL
    )
    """,
    """
    CREATE TABLE auth.routing_rules (
        org_id text NOT NULL REFERENCES auth.orgs,
        rule_id text NOT NULL,
        name text NOT NULL,
        condition jsonb NOT NULL,
        action text NOT NULL,
        action_value text NOT NULL,
        priority integer NOT NULL,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (org_id, rule_id)
    )
    """,
)


def upgrade() -> None:
    for table in TABLES:
        op.execute(table)
