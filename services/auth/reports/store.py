"""Who gets reports, in Postgres."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.auth.reports.domain.schedule import ReportPeriod
from services.auth.reports.ports import DueReport


class SqlReportRecipients:
    """Implements `ports.ReportRecipients`."""

    def __init__(self, tx: AsyncConnection) -> None:
        self._tx = tx

    async def of(self, org_id: str, user_id: str) -> frozenset[ReportPeriod]:
        rows = await self._tx.execute(
            text("SELECT period FROM auth.report_recipients WHERE org_id = :org_id AND user_id = :user_id"),
            {"org_id": org_id, "user_id": user_id},
        )
        return frozenset(rows.scalars())

    async def add(self, org_id: str, user_id: str, period: ReportPeriod, due: datetime) -> None:
        await self._tx.execute(
            text(
                "INSERT INTO auth.report_recipients (org_id, user_id, period, due_at, attempts)"
                " VALUES (:org_id, :user_id, :period, :due, 0) ON CONFLICT DO NOTHING"
            ),
            {"org_id": org_id, "user_id": user_id, "period": period, "due": due},
        )

    async def remove(self, org_id: str, user_id: str, period: ReportPeriod) -> None:
        await self._tx.execute(
            text(
                "DELETE FROM auth.report_recipients WHERE org_id = :org_id AND user_id = :user_id AND period = :period"
            ),
            {"org_id": org_id, "user_id": user_id, "period": period},
        )

    async def take(self, now: datetime, until: datetime, limit: int) -> Sequence[DueReport]:
        rows = await self._tx.execute(
            text("""
                UPDATE auth.report_recipients AS taken SET attempts = taken.attempts + 1, due_at = :until
                FROM auth.users, auth.orgs WHERE (taken.org_id, taken.user_id, taken.period) IN (
                    SELECT waiting.org_id, waiting.user_id, waiting.period
                    FROM auth.report_recipients AS waiting JOIN auth.users USING (org_id, user_id)
                    WHERE due_at <= :now AND role = 'admin' AND suspended_at IS NULL
                    ORDER BY due_at LIMIT :limit FOR UPDATE OF waiting SKIP LOCKED
                ) AND users.org_id = taken.org_id AND users.user_id = taken.user_id AND orgs.org_id = taken.org_id
                RETURNING taken.org_id, orgs.name AS org_name, taken.user_id, users.email, taken.period, taken.attempts
            """),
            {"now": now, "until": until, "limit": limit},
        )
        return [msgspec.convert(dict(row), DueReport) for row in rows.mappings()]

    async def schedule(self, taken: DueReport, due: datetime, attempts: int) -> None:
        await self._tx.execute(
            text(
                "UPDATE auth.report_recipients SET due_at = :due, attempts = :attempts"
                " WHERE org_id = :org_id AND user_id = :user_id AND period = :period"
            ),
            {
                "org_id": taken.org_id,
                "user_id": taken.user_id,
                "period": taken.period,
                "due": due,
                "attempts": attempts,
            },
        )
