"""What fired and what was over, in Postgres."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.contracts.alerts import AlertEvent
from services.alerts.domain.rule_evaluation import Window


class SqlEvents:
    """Implements `ports.Events`."""

    def __init__(self, tx: AsyncConnection) -> None:
        self._tx = tx

    async def add(self, event: AlertEvent, window: Window) -> bool:
        added = await self._tx.execute(
            text(
                "INSERT INTO alerts.events (org_id, id, rule_id, rule_name, metric, kind, value, threshold, time_ms,"
                " data_as_of_ms, forecast, message, window_start, scope) VALUES (:org_id, :id, :rule_id, :rule_name, :metric, :kind,"
                " :value, :threshold, :time_ms, :data_as_of_ms, :forecast, :message, :window_start,"
                " CAST(:scope AS jsonb)) ON CONFLICT DO NOTHING"
            ),
            {
                **msgspec.structs.asdict(event),
                "notifications": None,
                "window_start": window.start,
                "scope": msgspec.json.encode(event.scope).decode(),
            },
        )
        return added.rowcount == 1

    async def newest(self, org_id: str, limit: int) -> Sequence[AlertEvent]:
        rows = await self._tx.execute(
            text(
                "SELECT id, org_id, rule_id, rule_name, metric, kind, value, threshold, time_ms, data_as_of_ms, forecast,"
                " message, scope, (SELECT coalesce(jsonb_agg(jsonb_build_object('channel', channel, 'state', state, 'attempts',"
                " attempts, 'error', error) ORDER BY outbox.id), '[]') FROM alerts.outbox"
                " WHERE outbox.org_id = events.org_id AND outbox.event_id = events.id) AS notifications"
                " FROM alerts.events WHERE org_id = :org_id ORDER BY id DESC LIMIT :limit"
            ),
            {"org_id": org_id, "limit": limit},
        )
        return [msgspec.convert(dict(row), AlertEvent) for row in rows.mappings()]
