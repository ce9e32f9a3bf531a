"""What keeping accounts needs of the store."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from services.auth.domain.accounts import Credentials, Org, Role, TokenStatus, User
from services.auth.domain.identities import Identity, IdentitySource


class Accounts(Protocol):
    """Organizations, users and revoked tokens."""

    async def lock_first_org(self) -> bool:
        """Whether there is no organization yet; other transactions that call this wait until this one has ended."""
        ...

    async def only_org(self) -> Org | None:
        """The organization of an installation that has one; None where there is none, or another."""
        ...

    async def any_org(self) -> bool:
        """Whether there is an organization, without waiting for other transactions."""
        ...

    async def add(self, org: Org, user: User, password_hash: str | None) -> bool:
        """Keep both; False, and nothing kept, where the user's e-mail is taken."""
        ...

    async def add_member(self, user: User, password_hash: str | None) -> bool:
        """Keep one more user of an organization; False where the e-mail is taken."""
        ...

    async def lock(self, org_id: str) -> None:
        """Lock the members of this organization against other changes until the transaction has ended."""
        ...

    async def credentials(self, email: str) -> Credentials | None:
        """The user behind an e-mail address."""
        ...

    async def renew_hash(self, user: User, old_hash: str, new_hash: str) -> None:
        """Store another hash of the same password, unless the password has changed meanwhile."""
        ...

    async def set_password(self, org_id: str, user_id: str, password_hash: str) -> User:
        """Another password; the user's version grows."""
        ...

    async def verify(self, org_id: str, user_id: str) -> None:
        """Mark the user's address as confirmed."""
        ...

    async def remove_identities(self, user: User) -> None:
        """Take away every identity at other providers that signs a user in."""
        ...

    async def set_role(self, org_id: str, user_id: str, role: Role) -> User:
        """Another role; the user's version grows."""
        ...

    async def suspend(self, org_id: str, user_id: str, at: datetime | None) -> User:
        """Suspend a user from a moment on, or with None no longer; the user's version grows."""
        ...

    async def remove(self, org_id: str, user_id: str) -> None:
        """Delete a user, the e-mail and the identities."""
        ...

    async def by_identity(self, identity: Identity) -> User | None:
        """The user who signs in as this."""
        ...

    async def known_as_another(self, user: User, identity: Identity) -> bool:
        """Whether the same provider knows this user by another subject."""
        ...

    async def link_identity(self, user: User, identity: Identity, at: datetime) -> None:
        """Let a user sign in as this from now on; `at` they showed that they are. One that is somebody else's stays so."""
        ...

    async def identities(self, user: User) -> Sequence[IdentitySource]:
        """The identity providers through which a user signs in."""
        ...

    async def org(self, org_id: str) -> Org | None:
        """One organization."""
        ...

    async def rename(self, org_id: str, name: str) -> None:
        """Give an organization another name."""
        ...

    async def user(self, org_id: str, user_id: str) -> User | None:
        """One user."""
        ...

    async def members(self, org_id: str) -> Sequence[User]:
        """An organization's users, oldest first."""
        ...

    async def confirmed_at(self, org_id: str, user_id: str) -> datetime | None:
        """When the OpenID Connect provider last confirmed a user; None for one who never signed in through it."""
        ...

    async def token_status(self, org_id: str, user_id: str, token_id: str) -> TokenStatus | None:
        """The status of a token now; None where its user was removed or is suspended."""
        ...

    async def revoke_token(self, org_id: str, token_id: str, expires_at: datetime) -> None:
        """Remember a token as revoked until it would have expired anyway."""
        ...
