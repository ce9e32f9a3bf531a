"""Notices on their way, in Postgres."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.contracts.alerts import Channel, Notification
from services.alerts.domain.notification import OutgoingNotification
from services.alerts.ports import DueNotification


class SqlOutbox:
    """Implements `ports.Outbox`."""

    def __init__(self, tx: AsyncConnection) -> None:
        self._tx = tx

    async def add(self, event_id: str, channel: Channel, notice: OutgoingNotification, due: datetime) -> None:
        await self._tx.execute(
            text("""
                INSERT INTO alerts.outbox (org_id, id, event_id, channel, notice, state, attempts, due_at)
                VALUES (:org_id, :id, :event_id, :channel, CAST(:notice AS jsonb), 'waiting', 0, :due)
            """),
            {
                "org_id": notice.org_id,
                "id": notice.id,
                "event_id": event_id,
                "channel": channel,
                "notice": msgspec.json.encode(notice).decode(),
                "due": due,
            },
        )

    async def take(self, now: datetime, until: datetime, limit: int) -> Sequence[DueNotification]:
        rows = await self._tx.execute(
            text("""
                UPDATE alerts.outbox SET attempts = attempts + 1, due_at = :until WHERE (org_id, id) IN (
                    SELECT org_id, id FROM alerts.outbox WHERE state = 'waiting' AND due_at <= :now
                    ORDER BY due_at, id LIMIT :limit FOR UPDATE SKIP LOCKED
                ) RETURNING notice, channel, attempts
            """),
            {"now": now, "until": until, "limit": limit},
        )
        return [msgspec.convert(dict(row), DueNotification) for row in rows.mappings()]

    async def record_result(self, notice: OutgoingNotification, outcome: Notification, due: datetime) -> None:
        await self._tx.execute(
            text("""
                UPDATE alerts.outbox SET state = :state, error = :error, due_at = :due
                WHERE org_id = :org_id AND id = :id AND state = 'waiting'
            """),
            {
                "org_id": notice.org_id,
                "id": notice.id,
                "state": outcome.state,
                "error": outcome.error,
                "due": due,
            },
        )

    async def sweep(self, before: datetime) -> None:
        await self._tx.execute(
            text("DELETE FROM alerts.outbox WHERE state <> 'waiting' AND due_at < :before"), {"before": before}
        )
