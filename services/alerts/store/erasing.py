"""What an organization leaves behind in this schema."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.db.erasing import SqlErasing

ERASING: Final = 0x616C6572  # held, shared, by whoever counts or keeps a rule
_TABLES: Final = (
    "minutes",
    "latencies",
    "scope_minutes",
    "scope_latencies",
    "days",
    "rules",
    "rule_owners",
    "events",
    "outbox",
    "webhooks",
)


def erasing(tx: AsyncConnection) -> SqlErasing:
    """Implements `ports.Erasing`."""
    return SqlErasing(tx, schema="alerts", log="seen", tables=_TABLES, lock=ERASING)
