"""What auth needs from the outside."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from libs.common.contracts.auth import OptimizationSettings, Principal, Tier
from services.auth.domain.accounts import Claims, Credentials, Org, Standing, User
from services.auth.domain.keys import ApiKey, StoredProviderKey
from services.auth.domain.rules import StoredRule

Tiers = dict[str, dict[Tier, str]]


class Accounts(Protocol):
    """Organisations, users and revoked tokens."""

    async def claim_first(self) -> bool:
        """Whether there is no organisation yet; whoever else asks waits until this transaction has ended."""
        ...

    async def add(self, org: Org, user: User, password_hash: str) -> bool:
        """Keep both; False, and nothing kept, where the user's e-mail is taken."""
        ...

    async def credentials(self, email: str) -> Credentials | None:
        """The user behind an e-mail address."""
        ...

    async def set_password_hash(self, org_id: str, user_id: str, password_hash: str) -> None:
        """Replace the stored hash."""
        ...

    async def org(self, org_id: str) -> Org | None:
        """One organisation."""
        ...

    async def rename(self, org_id: str, name: str) -> None:
        """Give an organisation another name."""
        ...

    async def user(self, org_id: str, user_id: str) -> User | None:
        """One user."""
        ...

    async def members(self, org_id: str) -> Sequence[User]:
        """An organisation's users, oldest first."""
        ...

    async def standing(self, org_id: str, user_id: str, token_id: str) -> Standing | None:
        """What holds for a token now; None where its user is gone."""
        ...

    async def revoke_token(self, org_id: str, token_id: str, expires_at: datetime) -> None:
        """Remember a token as revoked until it would have expired anyway."""
        ...


class ApiKeys(Protocol):
    """Promptly keys. Revoked ones are not seen by any of these."""

    async def add(self, key: ApiKey) -> None:
        """Keep a new key."""
        ...

    async def all(self, org_id: str) -> Sequence[ApiKey]:
        """An organisation's keys, oldest first."""
        ...

    async def one(self, org_id: str, key_id: str) -> ApiKey | None:
        """A key of this organisation, locked until the transaction ends."""
        ...

    async def replace(self, old: ApiKey, new: ApiKey) -> None:
        """Give a key another digest and ending."""
        ...

    async def revoke(self, key: ApiKey, at: datetime) -> None:
        """Make a key useless for good."""
        ...

    async def note_use(self, org_id: str, key_id: str, at: datetime) -> None:
        """Keep when a key was last used, unless a later use is known."""
        ...

    async def principal(self, digest: str) -> Principal | None:
        """The principal of the key with this digest, whether expired or not; None where there is none."""
        ...


class ProviderKeys(Protocol):
    """Provider keys, sealed."""

    async def all(self, org_id: str) -> Sequence[StoredProviderKey]:
        """An organisation's keys, oldest first."""
        ...

    async def one(self, org_id: str, key_id: str) -> StoredProviderKey | None:
        """A key of this organisation, locked until the transaction ends."""
        ...

    async def put(self, key: StoredProviderKey) -> None:
        """Keep a key, new or changed."""
        ...

    async def delete(self, org_id: str, key_id: str) -> bool:
        """Whether there was one to delete."""
        ...


class Configuration(Protocol):
    """An organisation's levers, tiers and routing rules."""

    async def lock(self, org_id: str) -> None:
        """Let nobody else change this organisation's configuration until the transaction has ended."""
        ...

    async def settings(self, org_id: str) -> OptimizationSettings:
        """The levers; the defaults where nothing was ever changed."""
        ...

    async def put_settings(self, org_id: str, settings: OptimizationSettings) -> None:
        """Keep the levers."""
        ...

    async def tiers(self, org_id: str) -> Tiers:
        """Models per provider and tier that differ from the defaults."""
        ...

    async def put_tiers(self, org_id: str, tiers: Tiers) -> None:
        """Keep the tiers."""
        ...

    async def rules(self, org_id: str) -> Sequence[StoredRule]:
        """The rules in the order in which they are tried."""
        ...

    async def put_rule(self, org_id: str, rule: StoredRule) -> None:
        """Keep a rule, new or changed."""
        ...

    async def delete_rule(self, org_id: str, rule_id: str) -> bool:
        """Whether there was one to delete."""
        ...


class Tx(Protocol):
    """Everything auth keeps, within one transaction."""

    @property
    def accounts(self) -> Accounts: ...
    @property
    def api_keys(self) -> ApiKeys: ...
    @property
    def provider_keys(self) -> ProviderKeys: ...
    @property
    def configuration(self) -> Configuration: ...


UnitOfWork = Callable[[], AbstractAsyncContextManager[Tx]]


class Announcer(Protocol):
    """Tells the gateways that what they remember of an organisation is no longer true."""

    async def principal_changed(self, org_id: str, key_id: str | None = None) -> None:
        """Called after the change was committed; never fails."""
        ...


class Tokens(Protocol):
    """Makes and reads the tokens that a login gives out."""

    def issue(self, user: User, now: datetime) -> str:
        """A token for this user."""
        ...

    def read(self, token: str) -> Claims | None:
        """What a token says, if it is one of ours and has not expired."""
        ...


class Passwords(Protocol):
    """Slow hashes. All raise `Unavailable` where too many are being computed already."""

    async def hash(self, password: str) -> str:
        """A hash to store."""
        ...

    async def matches(self, password_hash: str | None, password: str) -> bool:
        """Whether it is the password. Without a hash: False, after just as long."""
        ...

    def outdated(self, password_hash: str) -> bool:
        """Whether the hash was made with weaker parameters than those of today."""
        ...
