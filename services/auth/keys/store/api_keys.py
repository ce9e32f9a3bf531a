"""Promptly keys in Postgres, and the principal behind each."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.contracts.auth import Principal
from services.auth.keys.domain.keys import PLAYGROUND, PLAYGROUND_LIFE, ApiKey

_KEY = (
    "key_id AS id, org_id, name, digest, prefix, last4, scopes, rpm, expires_at, created_by, known_to, created_at,"
    " last_used_at, monthly_budget_nano, team_id,"
    " (SELECT t.name FROM auth.teams t WHERE t.org_id = :org_id AND t.team_id = api_keys.team_id) AS team"
    " FROM auth.api_keys WHERE org_id = :org_id AND revoked_at IS NULL"
)
# Whether the OpenID Connect provider confirmed the user `u` late enough, where it ever did.
CONFIRMED: Final = """
    coalesce((SELECT max(i.confirmed_at) FROM auth.identities i
        WHERE i.provider = 'oidc' AND i.org_id = u.org_id AND i.user_id = u.user_id)
        >= CAST(:confirmed_from AS timestamptz), true)
"""
# One statement, because every request whose key no gateway has cached waits for it.
_PRINCIPAL = """
SELECT k.org_id, k.key_id, k.created_by AS user_id, k.scopes, k.rpm, k.monthly_budget_nano, k.team_id,
    (extract(epoch FROM k.expires_at) * 1000)::bigint AS expires_at_ms,
    s.optimization AS settings, s.tiers, s.aliases,
    (SELECT coalesce(jsonb_agg(jsonb_build_object(
            'id', r.rule_id, 'name', r.name, 'condition', r.condition, 'action', r.action,
            'action_value', r.action_value, 'priority', r.priority
        ) ORDER BY r.priority DESC, r.created_at, r.rule_id), '[]')
        FROM auth.routing_rules r WHERE r.org_id = k.org_id) AS rules,
    (SELECT coalesce(jsonb_agg(jsonb_build_object(
            'id', b.budget_id, 'name', b.name, 'subject', b.subject, 'tag', b.tag, 'value', b.value, 'period', b.period,
            'limit_nano', b.limit_nano, 'on_exceed', b.on_exceed, 'changed_ms', b.changed_ms
        ) ORDER BY b.created_at, b.budget_id), '[]')
        FROM auth.budgets b WHERE b.org_id = k.org_id
        AND (b.value IS NULL OR b.subject IN ('user', 'tag') OR b.value IN (k.key_id, k.team_id))) AS budgets,
    (SELECT coalesce(jsonb_agg(jsonb_build_object(
            'id', p.key_id, 'provider', p.provider, 'sealed', p.sealed, 'base_url', p.base_url, 'models', p.models
        ) ORDER BY p.key_id), '[]')
        FROM auth.provider_keys p WHERE p.org_id = k.org_id) AS provider_keys
FROM {found}
JOIN auth.settings s ON s.org_id = k.org_id
LEFT JOIN auth.users u ON u.org_id = k.org_id AND u.user_id = coalesce(k.known_to, k.created_by)
WHERE {where} AND k.revoked_at IS NULL
    -- A key may what the one who knows its secret may: nothing where that is somebody who only looks on, or is suspended.
    AND u.role IS DISTINCT FROM 'viewer' AND u.suspended_at IS NULL
    AND {confirmed}
"""
_BY_DIGEST = text(
    _PRINCIPAL.format(
        found="auth.key_digests d JOIN auth.api_keys k ON k.org_id = d.org_id AND k.key_id = d.key_id",
        where="d.digest = :digest AND k.digest = :digest",
        confirmed=CONFIRMED,
    )
)
_BY_ID = text(
    _PRINCIPAL.format(found="auth.api_keys k", where="k.org_id = :org_id AND k.key_id = :key_id", confirmed=CONFIRMED)
)


class SqlApiKeys:
    """Implements `ports.ApiKeys`."""

    def __init__(self, tx: AsyncConnection) -> None:
        self._tx = tx

    async def add(self, key: ApiKey) -> None:
        values = msgspec.structs.asdict(key)
        await self._tx.execute(
            text(
                "INSERT INTO auth.api_keys (org_id, key_id, name, digest, prefix, last4, scopes, rpm, expires_at,"
                " created_by, known_to, created_at, monthly_budget_nano, team_id) VALUES (:org_id, :id, :name, :digest, :prefix,"
                " :last4, :scopes, :rpm, :expires_at, :created_by, :known_to, :created_at, :monthly_budget_nano, :team_id)"
            ),
            values,
        )
        await self._remember(key)

    async def all(self, org_id: str) -> Sequence[ApiKey]:
        return await self._keys(f"SELECT {_KEY} ORDER BY key_id", org_id=org_id)

    async def of_playground(self, org_id: str, limit: int) -> Sequence[str]:
        rows = await self._tx.execute(
            text(
                "SELECT key_id FROM auth.api_keys WHERE org_id = :org_id AND name = :name"
                " AND expires_at < created_at + CAST(:life AS interval) ORDER BY created_at DESC, key_id LIMIT :limit"
            ),
            {"org_id": org_id, "name": PLAYGROUND, "life": PLAYGROUND_LIFE, "limit": limit},
        )
        return rows.scalars().all()

    async def one(self, org_id: str, key_id: str) -> ApiKey | None:
        found = await self._keys(f"SELECT {_KEY} AND key_id = :key_id FOR UPDATE", org_id=org_id, key_id=key_id)
        return found[0] if found else None

    async def replace(self, old: ApiKey, new: ApiKey) -> None:
        await self._forget(old)
        await self._tx.execute(
            text(
                "UPDATE auth.api_keys SET digest = :digest, prefix = :prefix, last4 = :last4, known_to = :known_to,"
                " created_by = :created_by"
                " WHERE org_id = :org_id AND key_id = :id"
            ),
            msgspec.structs.asdict(new),
        )
        await self._remember(new)

    async def change(self, key: ApiKey) -> None:
        await self._tx.execute(
            text(
                "UPDATE auth.api_keys SET name = :name, scopes = :scopes, rpm = :rpm, expires_at = :expires_at,"
                " monthly_budget_nano = :monthly_budget_nano, team_id = :team_id WHERE org_id = :org_id AND key_id = :id"
            ),
            msgspec.structs.asdict(key),
        )

    async def revoke(self, key: ApiKey, at: datetime) -> None:
        await self._forget(key)
        await self._tx.execute(
            text("UPDATE auth.api_keys SET revoked_at = :at WHERE org_id = :org_id AND key_id = :id"),
            {"org_id": key.org_id, "id": key.id, "at": at},
        )

    async def note_use(self, org_id: str, key_id: str, at: datetime) -> None:
        await self._tx.execute(
            text(
                "UPDATE auth.api_keys SET last_used_at = greatest(last_used_at, :at)"
                " WHERE org_id = :org_id AND key_id = :key_id"
            ),
            {"org_id": org_id, "key_id": key_id, "at": at},
        )

    async def principal(self, digest: str, confirmed_from: datetime | None = None) -> Principal | None:
        return await self._principal(_BY_DIGEST, digest=digest, confirmed_from=confirmed_from)

    async def principal_of(self, org_id: str, key_id: str, confirmed_from: datetime | None = None) -> Principal | None:
        return await self._principal(_BY_ID, org_id=org_id, key_id=key_id, confirmed_from=confirmed_from)

    async def _principal(self, sql: TextClause, **values: str | datetime | None) -> Principal | None:
        row = (await self._tx.execute(sql, values)).mappings().one_or_none()
        return None if row is None else msgspec.convert(dict(row), Principal)

    async def _remember(self, key: ApiKey) -> None:
        await self._tx.execute(
            text("INSERT INTO auth.key_digests VALUES (:digest, :org_id, :id)"), msgspec.structs.asdict(key)
        )

    async def _forget(self, key: ApiKey) -> None:
        await self._tx.execute(text("DELETE FROM auth.key_digests WHERE digest = :digest"), {"digest": key.digest})

    async def _keys(self, sql: str, **values: Any) -> Sequence[ApiKey]:
        rows = await self._tx.execute(text(sql), values)
        return [msgspec.convert(dict(row), ApiKey) for row in rows.mappings()]
