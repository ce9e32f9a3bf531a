"""Credits and requests that are done once, in Postgres."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.auth.billing.domain.ledger import Account, Entry, Lease
from services.auth.billing.ports import IdempotencyRecord

# One statement: an entry that is there already changes nothing.
_WRITE = text("""
WITH fresh AS (
    INSERT INTO auth.credit_entries (org_id, entry_id, kind, tokens, reserved, ref, created_at)
    VALUES (:org_id, :id, :kind, :tokens, :reserved, :ref, :at) ON CONFLICT DO NOTHING RETURNING org_id
)
UPDATE auth.credit_accounts a SET balance = balance + :tokens, reserved = reserved + :reserved
FROM fresh WHERE a.org_id = fresh.org_id
""")


class SqlLedger:
    """Implements `ports.Ledger`."""

    def __init__(self, tx: AsyncConnection) -> None:
        self._tx = tx

    async def account(self, org_id: str) -> Account | None:
        row = await self._one(
            "SELECT balance, reserved, low_told FROM auth.credit_accounts WHERE org_id = :org_id FOR UPDATE",
            org_id=org_id,
        )
        return None if row is None else msgspec.convert(row, Account)

    async def open(self, org_id: str) -> bool:
        made = await self._tx.execute(
            text(
                "INSERT INTO auth.credit_accounts (org_id) SELECT org_id FROM auth.orgs WHERE org_id = :org_id"
                " ON CONFLICT DO NOTHING"
            ),
            {"org_id": org_id},
        )
        return made.rowcount == 1

    async def write(self, entry: Entry) -> bool:
        return (await self._tx.execute(_WRITE, msgspec.structs.asdict(entry))).rowcount == 1

    async def mark_low_notified(self, org_id: str, notified: bool) -> None:
        await self._tx.execute(
            text("UPDATE auth.credit_accounts SET low_told = :told WHERE org_id = :org_id"),
            {"org_id": org_id, "told": notified},
        )

    async def put_lease(self, lease: Lease) -> None:
        await self._tx.execute(
            text(
                "INSERT INTO auth.credit_leases (org_id, lease_id, tokens, opened_at)"
                " VALUES (:org_id, :id, :tokens, :opened_at)"
                " ON CONFLICT (org_id, lease_id) DO UPDATE SET tokens = excluded.tokens"
            ),
            msgspec.structs.asdict(lease),
        )

    async def lease(self, org_id: str, lease_id: str) -> Lease | None:
        row = await self._one(
            "SELECT org_id, lease_id AS id, tokens, opened_at FROM auth.credit_leases"
            " WHERE org_id = :org_id AND lease_id = :lease_id FOR UPDATE",
            org_id=org_id,
            lease_id=lease_id,
        )
        return None if row is None else msgspec.convert(row, Lease)

    async def drop_lease(self, lease: Lease) -> None:
        await self._tx.execute(
            text("DELETE FROM auth.credit_leases WHERE org_id = :org_id AND lease_id = :id"),
            {"org_id": lease.org_id, "id": lease.id},
        )

    async def stale_leases(self, before: datetime, limit: int) -> Sequence[Lease]:
        rows = await self._tx.execute(
            text(
                "SELECT org_id, lease_id AS id, tokens, opened_at FROM auth.credit_leases"
                " WHERE opened_at < :before ORDER BY opened_at LIMIT :limit"
            ),
            {"before": before, "limit": limit},
        )
        return [msgspec.convert(dict(row), Lease) for row in rows.mappings()]

    async def entries(self, org_id: str, kinds: Sequence[str], limit: int) -> Sequence[Entry]:
        rows = await self._tx.execute(
            text(
                "SELECT org_id, entry_id AS id, kind, tokens, reserved, created_at AS at, ref FROM auth.credit_entries"
                " WHERE org_id = :org_id AND kind = ANY(:kinds) ORDER BY created_at DESC, entry_id DESC LIMIT :limit"
            ),
            {"org_id": org_id, "kinds": list(kinds), "limit": limit},
        )
        return [msgspec.convert(dict(row), Entry) for row in rows.mappings()]

    async def _one(self, sql: str, **values: Any) -> dict[str, Any] | None:
        row = (await self._tx.execute(text(sql), values)).mappings().one_or_none()
        return None if row is None else dict(row)


class SqlIdempotencyRecords:
    """Implements `ports.OnceRecords`."""

    def __init__(self, tx: AsyncConnection) -> None:
        self._tx = tx

    async def claim(self, record: IdempotencyRecord) -> IdempotencyRecord | None:
        values = msgspec.structs.asdict(record)
        made = await self._tx.execute(
            text(
                "INSERT INTO auth.once (org_id, key, digest, began_at, sealed)"
                " SELECT org_id, :key, :digest, :began_at, :sealed FROM auth.orgs WHERE org_id = :org_id"
                " ON CONFLICT DO NOTHING"
            ),
            values,
        )
        if made.rowcount == 1:
            return None
        found = await self._tx.execute(
            text(
                "SELECT org_id, key, digest, began_at, sealed FROM auth.once"
                " WHERE org_id = :org_id AND key = :key FOR UPDATE"
            ),
            {"org_id": record.org_id, "key": record.key},
        )
        row = found.mappings().one_or_none()
        return None if row is None else msgspec.convert(dict(row), IdempotencyRecord)

    async def put(self, record: IdempotencyRecord) -> None:
        await self._tx.execute(
            text(
                "UPDATE auth.once SET digest = :digest, began_at = :began_at, sealed = :sealed"
                " WHERE org_id = :org_id AND key = :key"
            ),
            msgspec.structs.asdict(record),
        )

    async def forget(self, org_id: str, key: str, digest: str) -> None:
        await self._tx.execute(
            text("DELETE FROM auth.once WHERE org_id = :org_id AND key = :key AND digest = :digest AND sealed IS NULL"),
            {"org_id": org_id, "key": key, "digest": digest},
        )

    async def sweep(self, before: datetime) -> None:
        await self._tx.execute(text("DELETE FROM auth.once WHERE began_at < :before"), {"before": before})
