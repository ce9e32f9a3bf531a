"""Provider keys in Postgres, sealed before they arrive here."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.auth.keys.domain.keys import StoredProviderKey

_COLUMNS = "key_id AS id, org_id, provider, label, sealed, last4, base_url, models, created_at FROM auth.provider_keys"
_KEY = f"{_COLUMNS} WHERE org_id = :org_id"


class SqlProviderKeys:
    """Implements `ports.ProviderKeys`."""

    def __init__(self, tx: AsyncConnection) -> None:
        self._tx = tx

    async def all(self, org_id: str) -> Sequence[StoredProviderKey]:
        return await self._keys(f"SELECT {_KEY} ORDER BY key_id", org_id=org_id)

    async def one(self, org_id: str, key_id: str) -> StoredProviderKey | None:
        found = await self._keys(f"SELECT {_KEY} AND key_id = :key_id FOR UPDATE", org_id=org_id, key_id=key_id)
        return found[0] if found else None

    async def put(self, key: StoredProviderKey) -> None:
        await self._tx.execute(
            text(
                "INSERT INTO auth.provider_keys (org_id, key_id, provider, label, sealed, last4, base_url, models,"
                " created_at) VALUES (:org_id, :id, :provider, :label, :sealed, :last4, :base_url, :models, :created_at)"
                " ON CONFLICT (org_id, key_id) DO UPDATE SET label = excluded.label, sealed = excluded.sealed,"
                " last4 = excluded.last4, base_url = excluded.base_url, models = excluded.models"
            ),
            msgspec.structs.asdict(key),
        )

    async def delete(self, org_id: str, key_id: str) -> bool:
        gone = await self._tx.execute(
            text("DELETE FROM auth.provider_keys WHERE org_id = :org_id AND key_id = :key_id"),
            {"org_id": org_id, "key_id": key_id},
        )
        return gone.rowcount == 1

    async def sealed_otherwise(self, prefix: str, after: tuple[str, str], limit: int) -> Sequence[StoredProviderKey]:
        return await self._keys(
            f"SELECT {_COLUMNS} WHERE NOT starts_with(sealed, :prefix) AND (org_id, key_id) > (:org_id, :key_id)"
            " ORDER BY org_id, key_id LIMIT :limit FOR UPDATE",
            prefix=prefix,
            org_id=after[0],
            key_id=after[1],
            limit=limit,
        )

    async def _keys(self, sql: str, **values: Any) -> Sequence[StoredProviderKey]:
        rows = await self._tx.execute(text(sql), values)
        return [msgspec.convert(dict(row), StoredProviderKey) for row in rows.mappings()]
