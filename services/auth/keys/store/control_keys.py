"""Keys for the control plane in Postgres."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.auth.domain.accounts import Role
from services.auth.keys.domain.keys import ControlKey
from services.auth.keys.store.api_keys import CONFIRMED

_COLUMNS: Final = "c.key_id AS id, c.org_id, c.name, c.digest, c.last4, c.scopes, c.expires_at, c.created_by, c.created_at, c.last_used_at"
_ADD: Final = text("""
    INSERT INTO auth.control_keys (org_id, key_id, name, digest, last4, scopes, expires_at, created_by, created_at)
    VALUES (:org_id, :id, :name, :digest, :last4, :scopes, :expires_at, :created_by, :created_at)
""")
_ALL: Final = text(f"SELECT {_COLUMNS} FROM auth.control_keys c WHERE org_id = :org_id ORDER BY key_id")  # noqa: S608  # a constant
_FIND: Final = text(f"""
    SELECT {_COLUMNS}, u.role FROM auth.key_digests d
    JOIN auth.control_keys c ON c.org_id = d.org_id AND c.key_id = d.key_id
    JOIN auth.users u ON u.org_id = c.org_id AND u.user_id = c.created_by
    WHERE d.digest = :digest AND c.digest = :digest AND u.suspended_at IS NULL
    AND {CONFIRMED}
""")  # noqa: S608  # a constant


class SqlControlKeys:
    """Implements `ports.ControlKeys`."""

    def __init__(self, tx: AsyncConnection) -> None:
        self._tx = tx

    async def add(self, key: ControlKey) -> None:
        values = msgspec.structs.asdict(key)
        await self._tx.execute(_ADD, values)
        await self._tx.execute(text("INSERT INTO auth.key_digests VALUES (:digest, :org_id, :id)"), values)

    async def all(self, org_id: str) -> Sequence[ControlKey]:
        rows = await self._tx.execute(_ALL, {"org_id": org_id})
        return [msgspec.convert(dict(row), ControlKey) for row in rows.mappings()]

    async def delete(self, key: ControlKey) -> bool:
        await self._tx.execute(text("DELETE FROM auth.key_digests WHERE digest = :digest"), {"digest": key.digest})
        gone = await self._tx.execute(
            text("DELETE FROM auth.control_keys WHERE org_id = :org_id AND key_id = :id"),
            {"org_id": key.org_id, "id": key.id},
        )
        return gone.rowcount == 1

    async def find(self, digest: str, confirmed_from: datetime | None = None) -> tuple[ControlKey, Role] | None:
        values = {"digest": digest, "confirmed_from": confirmed_from}
        row = (await self._tx.execute(_FIND, values)).mappings().one_or_none()
        return None if row is None else (msgspec.convert(dict(row), ControlKey), msgspec.convert(row["role"], Role))

    async def note_use(self, key: ControlKey, at: datetime) -> None:
        await self._tx.execute(
            text(
                "UPDATE auth.control_keys SET last_used_at = greatest(last_used_at, :at)"
                " WHERE org_id = :org_id AND key_id = :id"
            ),
            {"org_id": key.org_id, "id": key.id, "at": at},
        )
