"""Counts as large as a provider may name them, and which fields of a request were cut to size.

The columns of a partitioned table are widened with their partitions: once, as long as reading the log takes.
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

COUNTS = (
    "uncached_input",
    "cache_read",
    "cache_write_5m",
    "cache_write_1h",
    "output_text",
    "output_reasoning",
    "original_tokens",
    "optimized_tokens",
    "charged_tokens",
)


def upgrade() -> None:
    widened = ", ".join(f"ALTER COLUMN {name} TYPE bigint" for name in COUNTS)
    op.execute(f"ALTER TABLE analytics.requests {widened}, ADD COLUMN clamped jsonb NOT NULL DEFAULT '[]'")
