"""Levers, tiers and routing rules in Postgres."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.contracts.auth import OptimizationSettings, RoutingRule
from services.auth.routing.domain.rules import StoredRule
from services.auth.routing.ports import Aliases, Tiers


class SqlConfiguration:
    """Implements `ports.Configuration`."""

    def __init__(self, tx: AsyncConnection) -> None:
        self._tx = tx

    async def lock(self, org_id: str) -> None:
        await self._tx.execute(text("SELECT FROM auth.settings WHERE org_id = :org_id FOR UPDATE"), {"org_id": org_id})

    async def settings(self, org_id: str) -> OptimizationSettings:
        return msgspec.convert(await self._column("optimization", org_id), OptimizationSettings)

    async def put_settings(self, org_id: str, settings: OptimizationSettings) -> None:
        await self._tx.execute(
            text(
                "INSERT INTO auth.settings (org_id, optimization, tiers) VALUES (:org_id, CAST(:document AS jsonb), '{}')"
                " ON CONFLICT (org_id) DO UPDATE SET optimization = excluded.optimization"
            ),
            {"org_id": org_id, "document": msgspec.json.encode(settings).decode()},
        )

    async def held_out(self) -> Sequence[str]:
        found = await self._tx.execute(
            text(
                "SELECT org_id FROM auth.settings WHERE CAST(optimization ->> 'holdout_share' AS double precision) > 0"
                " OR coalesce(optimization -> 'lever_shares', '{}') <> '{}' ORDER BY org_id"
            )
        )
        return list(found.scalars())

    async def tiers(self, org_id: str) -> Tiers:
        return msgspec.convert(await self._column("tiers", org_id), Tiers)

    async def put_tiers(self, org_id: str, tiers: Tiers) -> None:
        await self._tx.execute(
            text("UPDATE auth.settings SET tiers = CAST(:document AS jsonb) WHERE org_id = :org_id"),
            {"org_id": org_id, "document": msgspec.json.encode(tiers).decode()},
        )

    async def aliases(self, org_id: str) -> Aliases:
        return msgspec.convert(await self._column("aliases", org_id), Aliases)

    async def put_aliases(self, org_id: str, aliases: Aliases) -> None:
        await self._tx.execute(
            text("UPDATE auth.settings SET aliases = CAST(:document AS jsonb) WHERE org_id = :org_id"),
            {"org_id": org_id, "document": msgspec.json.encode(aliases).decode()},
        )

    async def rules(self, org_id: str) -> Sequence[StoredRule]:
        rows = await self._tx.execute(
            text(
                "SELECT rule_id AS id, name, condition, action, action_value, priority, created_at"
                " FROM auth.routing_rules WHERE org_id = :org_id ORDER BY priority DESC, created_at, rule_id"
            ),
            {"org_id": org_id},
        )
        return [
            StoredRule(rule=msgspec.convert(dict(row), RoutingRule), created_at=row["created_at"])
            for row in rows.mappings()
        ]

    async def put_rule(self, org_id: str, rule: StoredRule) -> None:
        await self._tx.execute(
            text(
                "INSERT INTO auth.routing_rules (org_id, rule_id, name, condition, action, action_value, priority,"
                " created_at) VALUES (:org_id, :id, :name, CAST(:document AS jsonb), :action, :action_value, :priority,"
                " :created_at) ON CONFLICT (org_id, rule_id) DO UPDATE SET name = excluded.name,"
                " condition = excluded.condition, action = excluded.action, action_value = excluded.action_value,"
                " priority = excluded.priority"
            ),
            {
                **msgspec.structs.asdict(rule.rule),
                "org_id": org_id,
                "document": msgspec.json.encode(rule.rule.condition).decode(),
                "created_at": rule.created_at,
            },
        )

    async def delete_rule(self, org_id: str, rule_id: str) -> bool:
        gone = await self._tx.execute(
            text("DELETE FROM auth.routing_rules WHERE org_id = :org_id AND rule_id = :rule_id"),
            {"org_id": org_id, "rule_id": rule_id},
        )
        return gone.rowcount == 1

    async def _column(self, column: str, org_id: str) -> Any:
        sql = f"SELECT {column} FROM auth.settings WHERE org_id = :org_id"  # noqa: S608  # one of two constants
        return (await self._tx.execute(text(sql), {"org_id": org_id})).scalar_one()
