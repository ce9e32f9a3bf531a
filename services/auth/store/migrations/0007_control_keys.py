"""Keys for the control plane. Their digests are found where those of other keys are."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE auth.control_keys (
            org_id text NOT NULL REFERENCES auth.orgs, key_id text NOT NULL, name text NOT NULL, digest text NOT NULL,
            last4 text NOT NULL, scopes text[] NOT NULL, expires_at timestamptz, created_by text NOT NULL,
            created_at timestamptz NOT NULL, last_used_at timestamptz, PRIMARY KEY (org_id, key_id)
        )
        """
    )
