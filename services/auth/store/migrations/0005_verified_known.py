"""Whether somebody has shown that an address is theirs, and who knows a key's secret."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

CHANGES = (
    # Accounts from before are taken to be their owners': a reset must not end keys that have been in use for long.
    "ALTER TABLE auth.users ADD COLUMN verified boolean NOT NULL DEFAULT true",
    # Whoever made the secret that works now; null: the one who made the key.
    "ALTER TABLE auth.api_keys ADD COLUMN known_to text",
)


def upgrade() -> None:
    for change in CHANGES:
        op.execute(change)
