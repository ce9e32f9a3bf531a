"""Periods, as a query string names them."""

from datetime import UTC, datetime, timedelta

from libs.common.errors import BadRequest


def moment_ms(text: str, field: str) -> int:
    """ISO 8601 as milliseconds since the epoch; without a zone it is UTC. `BadRequest` names the field."""
    try:
        # In a query string the plus of "+02:00" arrives as a space.
        moment = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return int(moment.timestamp() * 1000)
    except (ValueError, OverflowError):
        raise BadRequest(f"{field} is not a time in ISO 8601, such as 2026-11-01T00:00:00Z.", param=field) from None


def period_ms(start: str | None, end: str | None, days: int, now: datetime) -> tuple[int, int]:
    """From (included) and to (excluded), in milliseconds. Without `start`: the `days` before the end; without `end`: now."""
    to_ms = int(now.timestamp() * 1000) if end is None else moment_ms(end, "to")
    from_ms = to_ms - int(timedelta(days=days).total_seconds() * 1000) if start is None else moment_ms(start, "from")
    if from_ms > to_ms:
        raise BadRequest("from lies after to.", param="from")
    return from_ms, to_ms
