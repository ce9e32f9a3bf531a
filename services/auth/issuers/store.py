"""Issuers that organizations trust, in Postgres."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.auth.issuers.domain.issuers import TrustedIssuer

_COLUMNS: Final = (
    "issuer_id AS id, org_id, issuer, audience, key_id, user_claim, tag_claim, required_claims, created_by, created_at"
)


class SqlTrustedIssuers:
    """Implements `ports.TrustedIssuers`."""

    def __init__(self, tx: AsyncConnection) -> None:
        self._tx = tx

    async def add(self, issuer: TrustedIssuer) -> bool:
        values = {
            **msgspec.structs.asdict(issuer),
            "required_claims": msgspec.json.encode(issuer.required_claims).decode(),
        }
        added = await self._tx.execute(
            text(
                "INSERT INTO auth.issuers (org_id, issuer_id, issuer, audience, key_id, user_claim, tag_claim, required_claims,"
                " created_by, created_at) VALUES (:org_id, :id, :issuer, :audience, :key_id, :user_claim, :tag_claim,"
                " CAST(:required_claims AS jsonb), :created_by, :created_at) ON CONFLICT DO NOTHING"
            ),
            values,
        )
        return added.rowcount == 1

    async def all(self, org_id: str) -> Sequence[TrustedIssuer]:
        return await self._issuers(
            f"SELECT {_COLUMNS} FROM auth.issuers WHERE org_id = :org_id ORDER BY issuer_id",  # noqa: S608  # a constant
            org_id=org_id,
        )

    async def delete(self, org_id: str, issuer_id: str) -> TrustedIssuer | None:
        found = await self._issuers(
            f"DELETE FROM auth.issuers WHERE org_id = :org_id AND issuer_id = :issuer_id RETURNING {_COLUMNS}",  # noqa: S608  # a constant
            org_id=org_id,
            issuer_id=issuer_id,
        )
        return found[0] if found else None

    async def find(self, issuer: str, audiences: Sequence[str]) -> Sequence[TrustedIssuer]:
        return await self._issuers(
            f"SELECT {_COLUMNS} FROM auth.issuers WHERE issuer = :issuer AND audience = ANY(:audiences)",  # noqa: S608  # a constant
            issuer=issuer,
            audiences=list(audiences),
        )

    async def _issuers(self, sql: str, **values: Any) -> Sequence[TrustedIssuer]:
        rows = await self._tx.execute(text(sql), values)
        return [msgspec.convert(dict(row), TrustedIssuer) for row in rows.mappings()]
