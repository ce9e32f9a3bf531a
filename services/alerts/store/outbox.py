"""Notices on their way, in Postgres."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.contracts.alerts import Channel, Notification
from services.alerts.domain.notification import AnyNotification, DeferredNotification, OutgoingNotification
from services.alerts.ports import DueNotification

_KINDS: Final[Mapping[str, type[AnyNotification]]] = {"alert": OutgoingNotification, "deferred": DeferredNotification}


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

    async def add_deferred(self, notice: DeferredNotification, due: datetime) -> None:
        await self._tx.execute(
            text("""
                INSERT INTO alerts.outbox (org_id, id, event_id, channel, kind, notice, state, attempts, due_at)
                SELECT :org_id, :id, :event_id, 'webhook', 'deferred', CAST(:notice AS jsonb), 'waiting', 0, :due
                WHERE EXISTS (SELECT FROM alerts.webhooks WHERE org_id = :org_id AND id = :webhook_id)
                ON CONFLICT DO NOTHING
            """),
            {
                "org_id": notice.org_id,
                "id": notice.id,
                "event_id": notice.request_id,
                "webhook_id": notice.webhook_id,
                "notice": msgspec.json.encode(notice).decode(),
                "due": due,
            },
        )

    async def organizations(self, now: datetime, limit: int) -> Sequence[str]:
        rows = await self._tx.execute(
            text("""
                SELECT org_id FROM alerts.outbox WHERE state = 'waiting' AND due_at <= :now
                GROUP BY org_id ORDER BY min(due_at) LIMIT :limit
            """),
            {"now": now, "limit": limit},
        )
        return list(rows.scalars())

    async def take(self, org_id: str, now: datetime, until: datetime, limit: int) -> Sequence[DueNotification]:
        rows = await self._tx.execute(
            text("""
                UPDATE alerts.outbox SET attempts = attempts + 1, due_at = :until WHERE (org_id, id) IN (
                    SELECT org_id, id FROM alerts.outbox WHERE org_id = :org_id AND state = 'waiting' AND due_at <= :now
                    ORDER BY kind, due_at, id LIMIT :limit FOR UPDATE SKIP LOCKED
                ) RETURNING kind, notice, channel, attempts
            """),
            {"org_id": org_id, "now": now, "until": until, "limit": limit},
        )
        return [
            DueNotification(
                notice=msgspec.convert(row["notice"], _KINDS[row["kind"]]),
                channel=row["channel"],
                attempts=row["attempts"],
            )
            for row in rows.mappings()
        ]

    async def record_result(self, notice: AnyNotification, outcome: Notification, due: datetime) -> None:
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
