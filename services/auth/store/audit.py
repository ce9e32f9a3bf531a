"""The audit log in Postgres."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.auth.domain.audit import AuditAction, AuditEntry

_ADD: Final = text("""
    INSERT INTO auth.audit_log (org_id, id, at, actor, action, before, after, reason)
    VALUES (:org_id, :id, :at, :actor, :action, CAST(:before AS jsonb), CAST(:after AS jsonb), :reason)
""")
_NEWEST: Final = text("""
    SELECT id, at, actor, action, before, after, reason FROM auth.audit_log
    WHERE org_id = :org_id ORDER BY at DESC, id DESC LIMIT :limit
""")
_LAST: Final = text("SELECT max(at) FROM auth.audit_log WHERE org_id = :org_id AND action = :action")


class SqlAuditLog:
    """Implements `ports.AuditLog`."""

    def __init__(self, tx: AsyncConnection) -> None:
        self._tx = tx

    async def add(self, org_id: str, entry: AuditEntry) -> None:
        values = {
            **msgspec.structs.asdict(entry),
            "org_id": org_id,
            "before": msgspec.json.encode(entry.before).decode(),
            "after": msgspec.json.encode(entry.after).decode(),
        }
        await self._tx.execute(_ADD, values)

    async def newest(self, org_id: str, limit: int) -> Sequence[AuditEntry]:
        rows = await self._tx.execute(_NEWEST, {"org_id": org_id, "limit": limit})
        return [msgspec.convert(dict(row), AuditEntry) for row in rows.mappings()]

    async def last(self, org_id: str, action: AuditAction) -> datetime | None:
        at: datetime | None = (await self._tx.execute(_LAST, {"org_id": org_id, "action": action})).scalar_one()
        return at
