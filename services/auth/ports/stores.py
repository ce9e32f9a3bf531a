"""What auth keeps: one Protocol for each kind of thing, all of them within one transaction."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from libs.common.contracts.auth import OptimizationSettings, Principal, Tier
from services.auth.domain.accounts import Credentials, Org, Role, Standing, User
from services.auth.domain.identities import Identity, IdentitySource
from services.auth.domain.keys import ApiKey, StoredProviderKey
from services.auth.domain.rules import StoredRule
from services.auth.domain.team import Invite
from services.auth.domain.tickets import Kind, Ticket
from services.auth.ports.ledger import Ledger, OnceRecords

Tiers = dict[str, dict[Tier, str]]


class Accounts(Protocol):
    """Organisations, users and revoked tokens."""

    async def claim_first(self) -> bool:
        """Whether there is no organisation yet; whoever else asks waits until this transaction has ended."""
        ...

    async def anybody(self) -> bool:
        """Whether there is an organisation, as far as one can tell without waiting for anybody."""
        ...

    async def add(self, org: Org, user: User, password_hash: str | None) -> bool:
        """Keep both; False, and nothing kept, where the user's e-mail is taken."""
        ...

    async def add_member(self, user: User, password_hash: str) -> bool:
        """Keep one more user of an organisation; False where the e-mail is taken."""
        ...

    async def lock(self, org_id: str) -> None:
        """Let nobody else change who is in this organisation until the transaction has ended."""
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
        """Somebody has shown that the address is theirs."""
        ...

    async def part(self, user: User) -> None:
        """Take away every identity at other providers that signs a user in."""
        ...

    async def set_role(self, org_id: str, user_id: str, role: Role) -> User:
        """Another role; the user's version grows."""
        ...

    async def remove(self, org_id: str, user_id: str) -> None:
        """Forget a user, the e-mail and the identities."""
        ...

    async def identified(self, identity: Identity) -> User | None:
        """The user who signs in as this."""
        ...

    async def identify(self, user: User, identity: Identity) -> None:
        """Let a user sign in as this from now on."""
        ...

    async def identities(self, user: User) -> Sequence[IdentitySource]:
        """Through whom a user signs in."""
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


class Invites(Protocol):
    """Invitations that have not been accepted."""

    async def add(self, invite: Invite) -> None:
        """Keep an invitation, in the place of an earlier one to the same e-mail."""
        ...

    async def all(self, org_id: str) -> Sequence[Invite]:
        """An organisation's invitations, oldest first, those too old included."""
        ...

    async def delete(self, org_id: str, invite_id: str) -> Invite | None:
        """Forget an invitation; it comes back, if there was one."""
        ...

    async def delete_by(self, org_id: str, user_id: str) -> None:
        """Forget the invitations that somebody made."""
        ...


class Tickets(Protocol):
    """Secrets that work once."""

    async def put(self, ticket: Ticket) -> bool:
        """Keep a ticket; False where this secret is known already."""
        ...

    async def find(self, digest: str, kind: Kind) -> Ticket | None:
        """A ticket, left where it is."""
        ...

    async def take(self, digest: str, kind: Kind) -> Ticket | None:
        """A ticket, to one caller only."""
        ...

    async def drop(self, org_id: str, subject_id: str) -> None:
        """Forget all that a user or an invite has."""
        ...


class Erasures(Protocol):
    """Organisations that came to an end."""

    async def erase(self, org_id: str, at: datetime) -> None:
        """Forget everything of an organisation but that its end has to be told."""
        ...

    async def untold(self) -> Sequence[tuple[str, datetime]]:
        """Organisations whose end has not been told, and when it came."""
        ...

    async def told(self, org_id: str) -> None:
        """Everybody concerned will hear of it."""
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

    async def sealed_otherwise(self, prefix: str, after: tuple[str, str], limit: int) -> Sequence[StoredProviderKey]:
        """Keys of all organisations whose sealed text begins otherwise, by organisation and id from behind `after`, locked
        until the transaction ends.
        """
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
    @property
    def invites(self) -> Invites: ...
    @property
    def tickets(self) -> Tickets: ...
    @property
    def erasures(self) -> Erasures: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def once(self) -> OnceRecords: ...


UnitOfWork = Callable[[], AbstractAsyncContextManager[Tx]]
