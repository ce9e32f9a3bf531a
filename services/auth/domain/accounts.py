"""Organizations, their users, and the caller."""

from datetime import datetime
from typing import Literal

import msgspec

AccountType = Literal["personal", "team"]
Role = Literal["admin", "member", "viewer"]


class Org(msgspec.Struct, frozen=True, kw_only=True):
    """An organization: the owner of everything else."""

    id: str
    name: str
    account_type: AccountType
    created_at: datetime


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A person in one organization. `version` grows when every token issued before has to stop working; `verified`: somebody
    has shown that they read the address's mail.
    """

    id: str
    org_id: str
    email: str
    role: Role
    version: int
    created_at: datetime
    verified: bool = True


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
    """The status of a token's user in the database now."""

    role: Role
    version: int
    token_revoked: bool


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """The authenticated user of a request, with the role that holds now. `token_id` and `token_expires_at` are what a logout revokes."""

    org_id: str
    user_id: str
    role: Role
    token_id: str
    token_expires_at: datetime
