"""Issuers whose tokens an organization's callers may bring, and users whom their identity provider lists no more."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

CHANGES = (
    "ALTER TABLE auth.users ADD COLUMN suspended_at timestamptz",
    # A token names its issuer and its audience, and nothing else that could say whose it is.
    """
    CREATE TABLE auth.issuers (
        org_id text NOT NULL REFERENCES auth.orgs, issuer_id text NOT NULL, issuer text NOT NULL, audience text NOT NULL,
        key_id text NOT NULL, user_claim text NOT NULL, tag_claim text, required_claims jsonb NOT NULL, created_by text NOT NULL,
        created_at timestamptz NOT NULL, PRIMARY KEY (org_id, issuer_id), UNIQUE (issuer, audience)
    )
    """,
)


def upgrade() -> None:
    for change in CHANGES:
        op.execute(change)
