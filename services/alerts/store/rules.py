"""Alert rules in Postgres."""
# ruff: noqa: S608  # the statements are put together from this module's constants; every value is bound

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.contracts.alerts import AlertRule
from services.alerts.domain.rule_evaluation import RuleWithState, State
from services.alerts.domain.scopes import counted_as
from services.alerts.store.erasing import ERASING

_COLUMNS: Final = (
    "org_id, id, name, metric, operator, threshold, channels, window_minutes, cooldown_minutes, is_active, created_at_ms,"
    " channel_config, scope"
)
_TOLD: Final = (
    f"{_COLUMNS},"
    " CASE WHEN firing THEN CAST(round(extract(epoch FROM fired_at) * 1000) AS bigint) END AS firing_since_ms"
)
_EVALUATING: Final = 0x6C6F6F6B


class SqlRules:
    """Implements `ports.Rules`."""

    def __init__(self, tx: AsyncConnection) -> None:
        self._tx = tx

    async def lock(self, org_id: str) -> None:
        await self._tx.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:org_id, 0))"), {"org_id": org_id})

    async def all(self, org_id: str) -> Sequence[AlertRule]:
        rows = await self._tx.execute(
            text(f"SELECT {_TOLD} FROM alerts.rules WHERE org_id = :org_id ORDER BY created_at_ms, id"),
            {"org_id": org_id},
        )
        return [msgspec.convert(dict(row), AlertRule) for row in rows.mappings()]

    async def one(self, org_id: str, rule_id: str) -> AlertRule | None:
        rows = await self._tx.execute(
            text(f"SELECT {_TOLD} FROM alerts.rules WHERE org_id = :org_id AND id = :id"),
            {"org_id": org_id, "id": rule_id},
        )
        row = rows.mappings().one_or_none()
        return None if row is None else msgspec.convert(dict(row), AlertRule)

    async def put(self, rule: AlertRule, sealed: str | None) -> bool:
        await self._tx.execute(text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": ERASING})
        values = {
            **msgspec.structs.asdict(rule),
            "channels": list(rule.channels),
            "channel_config": msgspec.json.encode(rule.channel_config).decode(),
            "sealed": sealed,
            "scope": msgspec.json.encode(rule.scope).decode(),
            "counted_as": counted_as(rule.scope),
        }
        owner = await self._tx.execute(
            text(
                "INSERT INTO alerts.rule_owners SELECT :id, :org_id"
                " WHERE NOT EXISTS (SELECT FROM alerts.erased WHERE erased.org_id = :org_id)"
                " ON CONFLICT (id) DO UPDATE SET org_id = rule_owners.org_id RETURNING org_id"
            ),
            {"id": rule.id, "org_id": rule.org_id},
        )
        if owner.scalar_one_or_none() != rule.org_id:
            return False
        await self._tx.execute(
            text(
                f"INSERT INTO alerts.rules ({_COLUMNS}, sealed, counted_as) VALUES (:org_id, :id, :name, :metric, :operator, :threshold,"
                " :channels, :window_minutes, :cooldown_minutes, :is_active, :created_at_ms, CAST(:channel_config AS jsonb),"
                " CAST(:scope AS jsonb), :sealed, :counted_as)"
                " ON CONFLICT (org_id, id) DO UPDATE SET name = excluded.name, metric = excluded.metric,"
                " operator = excluded.operator, threshold = excluded.threshold, channels = excluded.channels,"
                " window_minutes = excluded.window_minutes, cooldown_minutes = excluded.cooldown_minutes,"
                " is_active = excluded.is_active, firing = rules.firing AND excluded.is_active,"
                " channel_config = excluded.channel_config, sealed = excluded.sealed,"
                " scope = excluded.scope, counted_as = excluded.counted_as"
            ),
            values,
        )
        return True

    async def delete(self, org_id: str, rule_id: str) -> bool:
        key = {"org_id": org_id, "id": rule_id}
        gone = await self._tx.execute(text("DELETE FROM alerts.rules WHERE org_id = :org_id AND id = :id"), key)
        await self._tx.execute(text("DELETE FROM alerts.rule_owners WHERE id = :id AND org_id = :org_id"), key)
        return gone.rowcount == 1

    async def sealed(self, org_id: str, rule_id: str) -> str | None:
        found = await self._tx.execute(
            text("SELECT sealed FROM alerts.rules WHERE org_id = :org_id AND id = :id"),
            {"org_id": org_id, "id": rule_id},
        )
        sealed: str | None = found.scalar_one_or_none()
        return sealed

    async def try_lock(self) -> bool:
        got: bool = (
            await self._tx.execute(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _EVALUATING})
        ).scalar_one()
        return got

    async def active(self) -> Sequence[RuleWithState]:
        rows = await self._tx.execute(
            text(
                f"SELECT {_COLUMNS}, firing, fired_at, back_at FROM alerts.rules WHERE is_active FOR UPDATE SKIP LOCKED"
            )
        )
        return [
            RuleWithState(
                rule=msgspec.convert(dict(row), AlertRule),
                state=State(firing=row["firing"], fired_at=row["fired_at"], back_at=row["back_at"]),
            )
            for row in rows.mappings()
        ]

    async def save_state(self, rule: AlertRule, state: State) -> None:
        await self._tx.execute(
            text(
                "UPDATE alerts.rules SET firing = :firing, fired_at = :fired_at, back_at = :back_at"
                " WHERE org_id = :org_id AND id = :id"
            ),
            {**msgspec.structs.asdict(state), "org_id": rule.org_id, "id": rule.id},
        )
