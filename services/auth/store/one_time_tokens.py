"""One-time tokens in Postgres."""

from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.auth.domain.one_time_tokens import Kind, OneTimeToken

_TICKET = "digest, kind, org_id, subject_id, bound_to, expires_at"


class SqlOneTimeTokens:
    """Implements `ports.OneTimeTokens`."""

    def __init__(self, tx: AsyncConnection) -> None:
        self._tx = tx

    async def put(self, one_time_token: OneTimeToken) -> bool:
        # Expired tokens are never read again, so each insert deletes some of them.
        await self._tx.execute(
            text(
                "DELETE FROM auth.tickets WHERE digest IN (SELECT digest FROM auth.tickets"
                " WHERE expires_at < now() - interval '1 hour' LIMIT 100 FOR UPDATE SKIP LOCKED)"
            )
        )
        kept = await self._tx.execute(
            text(
                f"INSERT INTO auth.tickets ({_TICKET}) VALUES (:digest, :kind, :org_id, :subject_id, :bound_to,"  # noqa: S608  # a constant
                " :expires_at) ON CONFLICT DO NOTHING"
            ),
            msgspec.structs.asdict(one_time_token),
        )
        return kept.rowcount == 1

    async def find(self, digest: str, kind: Kind) -> OneTimeToken | None:
        return await self._one(f"SELECT {_TICKET} FROM auth.tickets", digest=digest, kind=kind)  # noqa: S608  # a constant

    async def take(self, digest: str, kind: Kind) -> OneTimeToken | None:
        return await self._one("DELETE FROM auth.tickets", f"RETURNING {_TICKET}", digest=digest, kind=kind)

    async def drop(self, org_id: str, subject_id: str) -> None:
        await self._tx.execute(
            text("DELETE FROM auth.tickets WHERE org_id = :org_id AND subject_id = :subject_id"),
            {"org_id": org_id, "subject_id": subject_id},
        )

    async def _one(self, verb: str, ending: str = "", **values: Any) -> OneTimeToken | None:
        found = await self._tx.execute(text(f"{verb} WHERE digest = :digest AND kind = :kind {ending}"), values)
        row = found.mappings().one_or_none()
        return None if row is None else msgspec.convert(dict(row), OneTimeToken)
