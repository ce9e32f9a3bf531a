"""Organizations, users and revoked tokens in Postgres."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.auth.domain.accounts import Credentials, Org, Role, TokenStatus, User
from services.auth.domain.identities import Identity, IdentitySource

_USER = "user_id AS id, org_id, email, role, version, created_at, verified, suspended_at IS NOT NULL AS suspended"
_CONFIRMED = (
    "(SELECT max(i.confirmed_at) FROM auth.identities i"
    " WHERE i.provider = 'oidc' AND i.org_id = users.org_id AND i.user_id = users.user_id)"
)
_FIRST_ORG_LOCK = 0x6F726773


class SqlAccounts:
    """Implements `ports.Accounts`."""

    def __init__(self, tx: AsyncConnection) -> None:
        self._tx = tx

    async def lock_first_org(self) -> bool:
        await self._tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _FIRST_ORG_LOCK})
        return await self._row("SELECT 1 FROM auth.orgs LIMIT 1") is None

    async def any_org(self) -> bool:
        return await self._row("SELECT 1 FROM auth.orgs LIMIT 1") is not None

    async def only_org(self) -> Org | None:
        rows = await self._tx.execute(
            text("SELECT org_id AS id, name, account_type, created_at FROM auth.orgs LIMIT 2")
        )
        found = [msgspec.convert(dict(row), Org) for row in rows.mappings()]
        return found[0] if len(found) == 1 else None

    async def add(self, org: Org, user: User, password_hash: str | None) -> bool:
        # The e-mail first: the transaction that loses the race for it has written nothing yet.
        if not await self._claim(user):
            return False
        await self._tx.execute(
            text("INSERT INTO auth.orgs VALUES (:id, :name, :account_type, :created_at)"), msgspec.structs.asdict(org)
        )
        await self._insert(user, password_hash)
        return True

    async def add_member(self, user: User, password_hash: str | None) -> bool:
        if not await self._claim(user):
            return False
        await self._insert(user, password_hash)
        return True

    async def lock(self, org_id: str) -> None:
        # The weaker lock lets others go on adding keys and rules, which only have to know that the organization is there.
        await self._tx.execute(
            text("SELECT FROM auth.orgs WHERE org_id = :org_id FOR NO KEY UPDATE"), {"org_id": org_id}
        )

    async def _claim(self, user: User) -> bool:
        claimed = await self._row(
            "INSERT INTO auth.logins (email, org_id, user_id) VALUES (:email, :org_id, :id)"
            " ON CONFLICT DO NOTHING RETURNING email",
            **msgspec.structs.asdict(user),
        )
        return claimed is not None

    async def _insert(self, user: User, password_hash: str | None) -> None:
        await self._tx.execute(
            text(
                "INSERT INTO auth.users (org_id, user_id, email, role, password_hash, version, created_at, verified)"
                " VALUES (:org_id, :id, :email, :role, :password_hash, :version, :created_at, :verified)"
            ),
            {**msgspec.structs.asdict(user), "password_hash": password_hash},
        )

    async def credentials(self, email: str) -> Credentials | None:
        row = await self._row(
            f"SELECT {_USER}, password_hash FROM auth.users"  # noqa: S608  # a constant
            " WHERE (org_id, user_id) = (SELECT org_id, user_id FROM auth.logins WHERE email = :email)",
            email=email,
        )
        return (
            None
            if row is None
            else Credentials(user=msgspec.convert(dict(row), User), password_hash=row["password_hash"])
        )

    async def renew_hash(self, user: User, old_hash: str, new_hash: str) -> None:
        await self._tx.execute(
            text(
                "UPDATE auth.users SET password_hash = :new_hash"
                " WHERE org_id = :org_id AND user_id = :id AND password_hash = :old_hash"
            ),
            {"org_id": user.org_id, "id": user.id, "old_hash": old_hash, "new_hash": new_hash},
        )

    async def set_password(self, org_id: str, user_id: str, password_hash: str) -> User:
        return await self._change("password_hash", org_id, user_id, password_hash)

    async def verify(self, org_id: str, user_id: str) -> None:
        await self._tx.execute(
            text("UPDATE auth.users SET verified = true WHERE org_id = :org_id AND user_id = :user_id"),
            {"org_id": org_id, "user_id": user_id},
        )

    async def remove_identities(self, user: User) -> None:
        await self._tx.execute(
            text("DELETE FROM auth.identities WHERE org_id = :org_id AND user_id = :id"),
            {"org_id": user.org_id, "id": user.id},
        )

    async def set_role(self, org_id: str, user_id: str, role: Role) -> User:
        return await self._change("role", org_id, user_id, role)

    async def suspend(self, org_id: str, user_id: str, at: datetime | None) -> User:
        return await self._change("suspended_at", org_id, user_id, at)

    async def _change(self, column: str, org_id: str, user_id: str, value: str | datetime | None) -> User:
        row = await self._row(
            f"UPDATE auth.users SET {column} = :value, version = version + 1"  # noqa: S608  # one of three constants
            f" WHERE org_id = :org_id AND user_id = :user_id RETURNING {_USER}",
            org_id=org_id,
            user_id=user_id,
            value=value,
        )
        assert row is not None  # whoever changes a user has just seen it, under a lock or a one-time token of its own
        return msgspec.convert(dict(row), User)

    async def remove(self, org_id: str, user_id: str) -> None:
        for table in ("report_recipients", "logins", "identities", "users"):
            await self._tx.execute(
                text(f"DELETE FROM auth.{table} WHERE org_id = :org_id AND user_id = :user_id"),  # noqa: S608  # constants
                {"org_id": org_id, "user_id": user_id},
            )

    async def by_identity(self, identity: Identity) -> User | None:
        row = await self._row(
            f"SELECT {_USER} FROM auth.users WHERE (org_id, user_id) ="  # noqa: S608  # a constant
            " (SELECT org_id, user_id FROM auth.identities WHERE provider = :source AND subject = :subject)",
            source=identity.source,
            subject=identity.subject,
        )
        return None if row is None else msgspec.convert(dict(row), User)

    async def known_as_another(self, user: User, identity: Identity) -> bool:
        row = await self._row(
            "SELECT 1 FROM auth.identities WHERE org_id = :org_id AND user_id = :user_id AND provider = :source"
            " AND subject <> :subject AND starts_with(subject, :issuer) LIMIT 1",
            org_id=user.org_id,
            user_id=user.id,
            source=identity.source,
            subject=identity.subject,
            issuer=identity.issuer,
        )
        return row is not None

    async def link_identity(self, user: User, identity: Identity, at: datetime) -> None:
        await self._tx.execute(
            text(
                "INSERT INTO auth.identities AS known (provider, subject, org_id, user_id, confirmed_at)"
                " VALUES (:source, :subject, :org_id, :user_id, :at) ON CONFLICT (provider, subject) DO UPDATE"
                " SET confirmed_at = excluded.confirmed_at"
                " WHERE (known.org_id, known.user_id) = (excluded.org_id, excluded.user_id)"
            ),
            {
                "source": identity.source,
                "subject": identity.subject,
                "org_id": user.org_id,
                "user_id": user.id,
                "at": at,
            },
        )

    async def confirmed_at(self, org_id: str, user_id: str) -> datetime | None:
        row = await self._row(
            f"SELECT {_CONFIRMED} AS at FROM auth.users WHERE org_id = :org_id AND user_id = :user_id",  # noqa: S608  # a constant
            org_id=org_id,
            user_id=user_id,
        )
        return None if row is None else row["at"]

    async def identities(self, user: User) -> Sequence[IdentitySource]:
        rows = await self._tx.execute(
            text(
                "SELECT DISTINCT provider FROM auth.identities WHERE org_id = :org_id AND user_id = :id ORDER BY provider"
            ),
            {"org_id": user.org_id, "id": user.id},
        )
        return list(rows.scalars())

    async def org(self, org_id: str) -> Org | None:
        row = await self._row(
            "SELECT org_id AS id, name, account_type, created_at FROM auth.orgs WHERE org_id = :org_id", org_id=org_id
        )
        return None if row is None else msgspec.convert(dict(row), Org)

    async def rename(self, org_id: str, name: str) -> None:
        await self._tx.execute(
            text("UPDATE auth.orgs SET name = :name WHERE org_id = :org_id"), {"org_id": org_id, "name": name}
        )

    async def user(self, org_id: str, user_id: str) -> User | None:
        row = await self._row(
            f"SELECT {_USER} FROM auth.users WHERE org_id = :org_id AND user_id = :user_id",  # noqa: S608  # a constant
            org_id=org_id,
            user_id=user_id,
        )
        return None if row is None else msgspec.convert(dict(row), User)

    async def members(self, org_id: str) -> Sequence[User]:
        rows = await self._tx.execute(
            text(f"SELECT {_USER} FROM auth.users WHERE org_id = :org_id ORDER BY user_id"),  # noqa: S608  # a constant
            {"org_id": org_id},
        )
        return [msgspec.convert(dict(row), User) for row in rows.mappings()]

    async def token_status(self, org_id: str, user_id: str, token_id: str) -> TokenStatus | None:
        row = await self._row(
            "SELECT role, version, EXISTS (SELECT FROM auth.revoked_tokens"  # noqa: S608  # a constant
            f" WHERE org_id = :org_id AND token_id = :token_id) AS token_revoked, {_CONFIRMED} AS confirmed_at"
            " FROM auth.users WHERE org_id = :org_id AND user_id = :user_id AND suspended_at IS NULL",
            org_id=org_id,
            user_id=user_id,
            token_id=token_id,
        )
        return None if row is None else msgspec.convert(dict(row), TokenStatus)

    async def revoke_token(self, org_id: str, token_id: str, expires_at: datetime) -> None:
        await self._tx.execute(
            text("INSERT INTO auth.revoked_tokens VALUES (:org_id, :token_id, :expires_at) ON CONFLICT DO NOTHING"),
            {"org_id": org_id, "token_id": token_id, "expires_at": expires_at},
        )
        await self._tx.execute(
            text("DELETE FROM auth.revoked_tokens WHERE org_id = :org_id AND expires_at < now() - interval '1 hour'"),
            {"org_id": org_id},
        )

    async def _row(self, sql: str, **values: Any) -> RowMapping | None:
        return (await self._tx.execute(text(sql), values)).mappings().one_or_none()
