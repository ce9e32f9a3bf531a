"""What an organization leaves behind in this schema."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.db.erasing import SqlErasing

ERASING: Final = 0x65726173  # held, shared, by whoever appends to the log
_TABLES: Final = (
    "hours",
    "days",
    "lever_hours",
    "dimension_hours",
    "label_hours",
    "dimension_days",
    "label_days",
    "sketches",
    "feedback",
    "learned",
    "price_looks",
)


def erasing(tx: AsyncConnection) -> SqlErasing:
    """Implements `ports.Erasing`."""
    return SqlErasing(tx, schema="analytics", log="requests", tables=_TABLES, lock=ERASING)
