"""Alert rules in Postgres."""
# ruff: noqa: S608  # the statements are put together from this module's constants; every value is bound

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.contracts.alerts import AlertRule
from services.alerts.domain.watching import State, Watched

_COLUMNS: Final = "org_id, id, name, metric, operator, threshold, channels, window_minutes, cooldown_minutes, is_active, created_at_ms"


class SqlRules:
    """Implements `ports.Rules`."""

    def __init__(self, tx: AsyncConnection) -> None:
        self._tx = tx

    async def lock(self, org_id: str) -> None:
        await self._tx.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:org_id, 0))"), {"org_id": org_id})

    async def all(self, org_id: str) -> Sequence[AlertRule]:
        rows = await self._tx.execute(
            text(f"SELECT {_COLUMNS} FROM alerts.rules WHERE org_id = :org_id ORDER BY created_at_ms, id"),
            {"org_id": org_id},
        )
        return [msgspec.convert(dict(row), AlertRule) for row in rows.mappings()]

    async def one(self, org_id: str, rule_id: str) -> AlertRule | None:
        rows = await self._tx.execute(
            text(f"SELECT {_COLUMNS} FROM alerts.rules WHERE org_id = :org_id AND id = :id"),
            {"org_id": org_id, "id": rule_id},
        )
        row = rows.mappings().one_or_none()
        return None if row is None else msgspec.convert(dict(row), AlertRule)

    async def put(self, rule: AlertRule) -> bool:
        values = {**msgspec.structs.asdict(rule), "channels": list(rule.channels)}
        owner = await self._tx.execute(
            text(
                "INSERT INTO alerts.rule_owners VALUES (:id, :org_id)"
                " ON CONFLICT (id) DO UPDATE SET org_id = rule_owners.org_id RETURNING org_id"
            ),
            {"id": rule.id, "org_id": rule.org_id},
        )
        if owner.scalar_one() != rule.org_id:
            return False
        await self._tx.execute(
            text(
                f"INSERT INTO alerts.rules ({_COLUMNS}) VALUES (:org_id, :id, :name, :metric, :operator, :threshold,"
                " :channels, :window_minutes, :cooldown_minutes, :is_active, :created_at_ms)"
                " ON CONFLICT (org_id, id) DO UPDATE SET name = excluded.name, metric = excluded.metric,"
                " operator = excluded.operator, threshold = excluded.threshold, channels = excluded.channels,"
                " window_minutes = excluded.window_minutes, cooldown_minutes = excluded.cooldown_minutes,"
                " is_active = excluded.is_active, firing = rules.firing AND excluded.is_active"
            ),
            values,
        )
        return True

    async def delete(self, org_id: str, rule_id: str) -> bool:
        key = {"org_id": org_id, "id": rule_id}
        gone = await self._tx.execute(text("DELETE FROM alerts.rules WHERE org_id = :org_id AND id = :id"), key)
        await self._tx.execute(text("DELETE FROM alerts.rule_owners WHERE id = :id AND org_id = :org_id"), key)
        return gone.rowcount == 1

    async def watched(self) -> Sequence[Watched]:
        rows = await self._tx.execute(
            text(f"SELECT {_COLUMNS}, firing, fired_at FROM alerts.rules WHERE is_active FOR UPDATE SKIP LOCKED")
        )
        return [
            Watched(
                rule=msgspec.convert(dict(row), AlertRule),
                state=State(firing=row["firing"], fired_at=row["fired_at"]),
            )
            for row in rows.mappings()
        ]

    async def stand(self, rule: AlertRule, state: State) -> None:
        await self._tx.execute(
            text("UPDATE alerts.rules SET firing = :firing, fired_at = :fired_at WHERE org_id = :org_id AND id = :id"),
            {**msgspec.structs.asdict(state), "org_id": rule.org_id, "id": rule.id},
        )
