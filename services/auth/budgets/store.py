"""Budgets in Postgres."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.contracts.auth import Budget
from services.auth.budgets.domain.budgets import StoredBudget


class SqlBudgets:
    """Implements `ports.Budgets`."""

    def __init__(self, tx: AsyncConnection) -> None:
        self._tx = tx

    async def all(self, org_id: str) -> Sequence[StoredBudget]:
        rows = await self._tx.execute(
            text(
                "SELECT budget_id AS id, name, subject, tag, value, period, limit_nano, on_exceed, changed_ms, created_at"
                " FROM auth.budgets WHERE org_id = :org_id ORDER BY created_at, budget_id"
            ),
            {"org_id": org_id},
        )
        return [
            StoredBudget(budget=msgspec.convert(dict(row), Budget), created_at=row["created_at"])
            for row in rows.mappings()
        ]

    async def put(self, org_id: str, stored: StoredBudget) -> None:
        await self._tx.execute(
            text(
                "INSERT INTO auth.budgets (org_id, budget_id, name, subject, tag, value, period, limit_nano, on_exceed,"
                " created_at, changed_ms) VALUES (:org_id, :id, :name, :subject, :tag, :value, :period, :limit_nano,"
                " :on_exceed, :created_at, :changed_ms) ON CONFLICT (org_id, budget_id) DO UPDATE SET"
                " name = excluded.name, subject = excluded.subject, tag = excluded.tag, value = excluded.value,"
                " period = excluded.period, limit_nano = excluded.limit_nano, on_exceed = excluded.on_exceed,"
                " changed_ms = excluded.changed_ms"
            ),
            {**msgspec.structs.asdict(stored.budget), "org_id": org_id, "created_at": stored.created_at},
        )

    async def delete(self, org_id: str, budget_id: str) -> bool:
        gone = await self._tx.execute(
            text("DELETE FROM auth.budgets WHERE org_id = :org_id AND budget_id = :budget_id"),
            {"org_id": org_id, "budget_id": budget_id},
        )
        return gone.rowcount == 1
