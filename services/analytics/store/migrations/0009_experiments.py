"""Which side of an experiment a conversation is on."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute('ALTER TABLE analytics.requests ADD COLUMN arm text, ADD COLUMN conversation text COLLATE "C"')
    op.execute("CREATE INDEX requests_of_experiments ON analytics.requests (org_id, at) WHERE arm IS NOT NULL")
    op.execute(
        "CREATE INDEX requests_by_conversation ON analytics.requests (org_id, conversation, at DESC, id DESC) "
        "WHERE conversation IS NOT NULL"
    )
