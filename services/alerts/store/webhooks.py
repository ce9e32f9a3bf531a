"""Webhooks about requests that waited, in Postgres."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.contracts.alerts import Webhook
from services.alerts.store.erasing import ERASING


class SqlWebhooks:
    """Implements `ports.Webhooks`."""

    def __init__(self, tx: AsyncConnection) -> None:
        self._tx = tx

    async def all(self, org_id: str) -> Sequence[Webhook]:
        rows = await self._tx.execute(
            text("""
                SELECT webhooks.org_id, webhooks.id, name, url, created_at_ms, verified_at_ms, sent.waiting, sent.failed,
                    sent.last_error, sent.delivered_at_ms
                FROM alerts.webhooks, LATERAL (
                    SELECT count(*) FILTER (WHERE state = 'waiting') AS waiting,
                        count(*) FILTER (WHERE state = 'failed') AS failed,
                        (array_agg(error ORDER BY due_at DESC) FILTER (WHERE error IS NOT NULL AND state <> 'sent'))[1] AS last_error,
                        CAST(1000 * extract(epoch FROM max(due_at) FILTER (WHERE state = 'sent')) AS bigint) AS delivered_at_ms
                    FROM alerts.outbox WHERE outbox.org_id = webhooks.org_id AND kind = 'deferred'
                        AND notice ->> 'webhook_id' = webhooks.id
                ) AS sent
                WHERE webhooks.org_id = :org_id ORDER BY created_at_ms, webhooks.id
            """),
            {"org_id": org_id},
        )
        return [msgspec.convert(dict(row), Webhook) for row in rows.mappings()]

    async def add(self, webhook: Webhook, sealed: str) -> bool:
        await self._tx.execute(text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": ERASING})
        added = await self._tx.execute(
            text("""
                INSERT INTO alerts.webhooks (org_id, id, name, url, sealed, created_at_ms)
                SELECT :org_id, :id, :name, :url, :sealed, :created_at_ms
                WHERE NOT EXISTS (SELECT FROM alerts.erased WHERE erased.org_id = :org_id)
                ON CONFLICT DO NOTHING
            """),
            {
                "org_id": webhook.org_id,
                "id": webhook.id,
                "name": webhook.name,
                "url": webhook.url,
                "sealed": sealed,
                "created_at_ms": webhook.created_at_ms,
            },
        )
        return added.rowcount == 1

    async def sealed(self, org_id: str, webhook_id: str) -> str | None:
        found = await self._tx.execute(
            text("SELECT sealed FROM alerts.webhooks WHERE org_id = :org_id AND id = :id"),
            {"org_id": org_id, "id": webhook_id},
        )
        sealed: str | None = found.scalar_one_or_none()
        return sealed

    async def set_verified(self, org_id: str, webhook_id: str, now_ms: int) -> bool:
        changed = await self._tx.execute(
            text("UPDATE alerts.webhooks SET verified_at_ms = :now_ms WHERE org_id = :org_id AND id = :id"),
            {"org_id": org_id, "id": webhook_id, "now_ms": now_ms},
        )
        return changed.rowcount == 1

    async def delete(self, org_id: str, webhook_id: str) -> bool:
        gone = await self._tx.execute(
            text("DELETE FROM alerts.webhooks WHERE org_id = :org_id AND id = :id"),
            {"org_id": org_id, "id": webhook_id},
        )
        return gone.rowcount == 1
