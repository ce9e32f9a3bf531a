"""What several features need of the outside, and the transaction in which they reach each other's stores."""

from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, Protocol

from services.auth.accounts.ports import Accounts
from services.auth.billing.ports import IdempotencyRecords, Ledger
from services.auth.domain.attempts import Allowance
from services.auth.domain.mails import Mail
from services.auth.domain.one_time_tokens import Kind, OneTimeToken
from services.auth.keys.ports import ApiKeys, ProviderKeys
from services.auth.routing.ports import Configuration
from services.auth.team.ports import Invites

RunInBackground = Callable[[Coroutine[Any, Any, None]], None]


class EventPublisher(Protocol):
    """Tells others that what they remember is no longer true. Called after the change was committed."""

    async def principal_changed(self, org_id: str, key_id: str | None = None) -> None:
        """To the gateways, about keys. Never fails."""
        ...

    async def access_changed(self, org_id: str, user_id: str | None = None) -> None:
        """To all copies of auth, about tokens. Never fails."""
        ...

    async def credits_wanted(self, org_id: str) -> None:
        """To the gateways: give back what you lease of this organisation's and do not use. Never fails."""
        ...

    async def credits_added(self, org_id: str) -> None:
        """To the gateways: there are more than before. Never fails."""
        ...

    async def org_deleted(self, org_id: str, at: datetime) -> None:
        """To everybody who keeps something of an organisation; `Unavailable` where that is not certain."""
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


class Limits(Protocol):
    """Counts tries, over all copies of auth where they can be reached."""

    async def take(self, allowance: Allowance, who: str) -> None:
        """Count a try; `RateLimited` where there were too many."""
        ...

    async def undo(self, allowance: Allowance, who: str) -> None:
        """One try less."""
        ...

    async def forget(self, allowance: Allowance, who: str) -> None:
        """No tries."""
        ...


class Mailer(Protocol):
    """Sends mail, or says that it cannot."""

    @property
    def configured(self) -> bool:
        """Whether there is a server to hand mail to."""
        ...

    async def send(self, mail: Mail) -> None:
        """Hand it over; what fails is logged."""
        ...


class OneTimeTokens(Protocol):
    """Secrets that work once."""

    async def put(self, one_time_token: OneTimeToken) -> bool:
        """Keep a ticket; False where this secret is known already."""
        ...

    async def find(self, digest: str, kind: Kind) -> OneTimeToken | None:
        """A ticket, left where it is."""
        ...

    async def take(self, digest: str, kind: Kind) -> OneTimeToken | None:
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

    async def unpublished(self) -> Sequence[tuple[str, datetime]]:
        """Organisations whose end has not been told, and when it came."""
        ...

    async def mark_published(self, org_id: str) -> None:
        """Everybody concerned will hear of it."""
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
    def one_time_tokens(self) -> OneTimeTokens: ...
    @property
    def erasures(self) -> Erasures: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def idempotency(self) -> IdempotencyRecords: ...


UnitOfWork = Callable[[], AbstractAsyncContextManager[Tx]]
