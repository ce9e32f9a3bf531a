"""Batches that a client has had made are found by their id at the provider."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE INDEX requests_that_made_batches ON analytics.requests (at, org_id, upstream_request_id) "
        "WHERE kind = 'passthrough' AND target_surface = '/v1/batches' AND upstream_request_id LIKE 'batch%'"
    )
