"""Organizations, their users, and the caller."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Literal

import msgspec

AccountType = Literal["personal", "team"]
Role = Literal["admin", "member", "viewer"]
ControlScope = Literal["read", "settings", "providers", "keys", "alerts"]


class Org(msgspec.Struct, frozen=True, kw_only=True):
    """An organization: the owner of everything else."""

    id: str
    name: str
    account_type: AccountType
    created_at: datetime


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A person in one organization. `version` grows when every token issued before has to stop working; `verified`: somebody
    has shown that they read the address's mail; `suspended`: the identity provider lists them in no group that may come in.
    """

    id: str
    org_id: str
    email: str
    role: Role
    version: int
    created_at: datetime
    verified: bool = True
    suspended: bool = False


def active_admins(members: Iterable[User]) -> list[User]:
    """The admins among these who are not suspended: whose word counts, and who are told what admins are told."""
    return [user for user in members if user.role == "admin" and not user.suspended]


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """A user, with the hash that a password is checked against: None for one who signs in through another provider."""

    user: User
    password_hash: str | None


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """The claims of a token. The role is the one at the time of issue; no decision is based on it."""

    token_id: str
    org_id: str
    user_id: str
    role: Role
    version: int
    expires_at: datetime


class TokenStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The status of a token's user in the database now. `confirmed_at`: when the OpenID Connect provider last confirmed them."""

    role: Role
    version: int
    token_revoked: bool
    confirmed_at: datetime | None = None


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who makes a request: a user with the role that holds now, or a control-plane key of theirs, which may only what its `scopes`
    say of that. `token_id` and `token_expires_at` are what a logout revokes; a key has none.
    """

    org_id: str
    user_id: str
    role: Role
    token_id: str = ""
    token_expires_at: datetime = datetime.max.replace(tzinfo=UTC)
    control_key_id: str | None = None
    scopes: tuple[ControlScope, ...] | None = None

    @property
    def actor(self) -> str:
        """Whom the audit log names: the key, where one was used, or the user."""
        return self.control_key_id or self.user_id
