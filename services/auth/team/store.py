"""Invitations in Postgres."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.auth.team.domain.members import Invite

_INVITE = "invite_id AS id, org_id, email, role, invited_by, created_at, expires_at"


class SqlInvites:
    """Implements `ports.Invites`."""

    def __init__(self, tx: AsyncConnection) -> None:
        self._tx = tx

    async def add(self, invite: Invite) -> None:
        values = msgspec.structs.asdict(invite)
        await self._tx.execute(text("DELETE FROM auth.invites WHERE org_id = :org_id AND email = :email"), values)
        await self._tx.execute(
            text(
                "INSERT INTO auth.invites (org_id, invite_id, email, role, invited_by, created_at, expires_at)"
                " VALUES (:org_id, :id, :email, :role, :invited_by, :created_at, :expires_at)"
            ),
            values,
        )

    async def all(self, org_id: str) -> Sequence[Invite]:
        return await self._invites(
            f"SELECT {_INVITE} FROM auth.invites WHERE org_id = :org_id ORDER BY invite_id",  # noqa: S608  # a constant
            org_id=org_id,
        )

    async def delete(self, org_id: str, invite_id: str) -> Invite | None:
        found = await self._invites(
            f"DELETE FROM auth.invites WHERE org_id = :org_id AND invite_id = :invite_id RETURNING {_INVITE}",  # noqa: S608  # a constant
            org_id=org_id,
            invite_id=invite_id,
        )
        return found[0] if found else None

    async def delete_by(self, org_id: str, user_id: str) -> None:
        await self._tx.execute(
            text("DELETE FROM auth.invites WHERE org_id = :org_id AND invited_by = :user_id"),
            {"org_id": org_id, "user_id": user_id},
        )

    async def _invites(self, sql: str, **values: Any) -> Sequence[Invite]:
        rows = await self._tx.execute(text(sql), values)
        return [msgspec.convert(dict(row), Invite) for row in rows.mappings()]
