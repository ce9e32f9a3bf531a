"""The end of an organization, or of a membership, in Postgres."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

# Those that others refer to come last.
_TABLES: Final = (
    *("once", "credit_leases", "credit_entries", "credit_accounts"),
    *(
        "api_keys",
        "control_keys",
        "issuers",
        "key_digests",
        "provider_keys",
        "settings",
        "audit_log",
        "routing_rules",
        "invites",
        "tickets",
        "removed_members",
        "budgets",
        "team_members",
        "teams",
    ),
    *("report_recipients", "identities", "revoked_tokens", "logins", "users", "orgs"),
)


class SqlErasures:
    """Implements `ports.Erasures`."""

    def __init__(self, tx: AsyncConnection) -> None:
        self._tx = tx

    async def erase(self, org_id: str, at: datetime) -> None:
        # Other transactions that write for the organization have committed, or find it deleted.
        for table in ("credit_accounts", "orgs"):
            await self._tx.execute(
                text(f"SELECT FROM auth.{table} WHERE org_id = :org_id FOR UPDATE"),  # constants
                {"org_id": org_id},
            )
        for table in _TABLES:
            await self._tx.execute(text(f"DELETE FROM auth.{table} WHERE org_id = :org_id"), {"org_id": org_id})  # noqa: S608  # constants
        await self._tx.execute(
            text("INSERT INTO auth.deleted_orgs VALUES (:org_id, :at) ON CONFLICT DO NOTHING"),
            {"org_id": org_id, "at": at},
        )

    async def unpublished(self) -> Sequence[tuple[str, datetime]]:
        rows = await self._tx.execute(
            text("SELECT org_id, deleted_at FROM auth.deleted_orgs ORDER BY deleted_at LIMIT 100")
        )
        return [(row.org_id, row.deleted_at) for row in rows]

    async def mark_published(self, org_id: str) -> None:
        await self._tx.execute(text("DELETE FROM auth.deleted_orgs WHERE org_id = :org_id"), {"org_id": org_id})

    async def member_removed(self, org_id: str, user_id: str, at: datetime) -> None:
        await self._tx.execute(
            text("INSERT INTO auth.removed_members VALUES (:org_id, :user_id, :at) ON CONFLICT DO NOTHING"),
            {"org_id": org_id, "user_id": user_id, "at": at},
        )

    async def unpublished_members(self) -> Sequence[tuple[str, str, datetime]]:
        rows = await self._tx.execute(
            text("SELECT org_id, user_id, removed_at FROM auth.removed_members ORDER BY removed_at LIMIT 100")
        )
        return [(row.org_id, row.user_id, row.removed_at) for row in rows]

    async def mark_member_published(self, org_id: str, user_id: str) -> None:
        await self._tx.execute(
            text("DELETE FROM auth.removed_members WHERE org_id = :org_id AND user_id = :user_id"),
            {"org_id": org_id, "user_id": user_id},
        )
