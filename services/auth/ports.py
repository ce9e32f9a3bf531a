"""What several features need of the outside, and the transaction in which they reach each other's stores."""

from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, Protocol

from libs.common.contracts.events import LeverSwitchedOff
from services.auth.accounts.ports import Accounts
from services.auth.billing.ports import IdempotencyRecords, Ledger
from services.auth.budgets.ports import Budgets
from services.auth.domain.attempts import Allowance
from services.auth.domain.audit import AuditAction, AuditEntry
from services.auth.domain.mails import Mail
from services.auth.domain.one_time_tokens import Kind, OneTimeToken
from services.auth.issuers.ports import TrustedIssuers
from services.auth.keys.ports import ApiKeys, ControlKeys, ProviderKeys
from services.auth.reports.ports import ReportRecipients
from services.auth.routing.ports import Configuration
from services.auth.team.ports import Invites
from services.auth.teams.ports import Teams

RunInBackground = Callable[[Coroutine[Any, Any, object]], None]


class EventPublisher(Protocol):
    """Publishes changes that others cache. Called after the commit."""

    async def principal_changed(self, org_id: str, key_id: str | None = None) -> None:
        """A key, or all keys of an organization, for the gateways. Never fails."""
        ...

    async def access_changed(self, org_id: str, user_id: str | None = None) -> None:
        """The tokens of a user, or of an organization, for all copies of auth. Never fails."""
        ...

    async def credits_wanted(self, org_id: str) -> None:
        """Gateways are to return what they lease of this organization's credits and do not use. Never fails."""
        ...

    async def credits_added(self, org_id: str) -> None:
        """There are more credits than before, for the gateways. Never fails."""
        ...

    async def org_deleted(self, org_id: str, at: datetime) -> None:
        """For every service that keeps something of an organization; `Unavailable` where it is not certain to arrive."""
        ...

    async def member_removed(self, org_id: str, user_id: str, at: datetime) -> None:
        """For every service that keeps what members wrote; `Unavailable` where it is not certain to arrive."""
        ...

    async def lever_switched_off(self, event: LeverSwitchedOff) -> None:
        """For the alerts; `Unavailable` where it is not certain to arrive. Called before the commit."""
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
    """Sends mail, where a server is configured."""

    @property
    def configured(self) -> bool:
        """Whether there is a server to hand mail to."""
        ...

    async def send(self, mail: Mail) -> bool:
        """Hand it over, and say whether that went well; what fails is logged."""
        ...


class OneTimeTokens(Protocol):
    """Secrets that work once."""

    async def put(self, one_time_token: OneTimeToken) -> bool:
        """Keep a token; False where its secret is known already."""
        ...

    async def find(self, digest: str, kind: Kind) -> OneTimeToken | None:
        """A token, which stays valid."""
        ...

    async def take(self, digest: str, kind: Kind) -> OneTimeToken | None:
        """A token, which is deleted: one caller gets it."""
        ...

    async def drop(self, org_id: str, subject_id: str) -> None:
        """Delete all tokens of a user or an invitation."""
        ...


class Erasures(Protocol):
    """Organizations that came to an end, and members who are gone."""

    async def erase(self, org_id: str, at: datetime) -> None:
        """Delete everything of an organization, and keep that its deletion has to be published."""
        ...

    async def unpublished(self) -> Sequence[tuple[str, datetime]]:
        """Organizations whose deletion has not been published, and when they were deleted."""
        ...

    async def mark_published(self, org_id: str) -> None:
        """Its deletion was published."""
        ...

    async def member_removed(self, org_id: str, user_id: str, at: datetime) -> None:
        """Keep that it has to be published that a member is gone."""
        ...

    async def unpublished_members(self) -> Sequence[tuple[str, str, datetime]]:
        """Members of whom that has not been published: organization, user, since when."""
        ...

    async def mark_member_published(self, org_id: str, user_id: str) -> None:
        """It was published."""
        ...


class AuditLog(Protocol):
    """Who changed what."""

    async def add(self, org_id: str, entry: AuditEntry) -> None:
        """Keep a change."""
        ...

    async def newest(self, org_id: str, limit: int) -> Sequence[AuditEntry]:
        """The latest changes, newest first."""
        ...

    async def last(self, org_id: str, action: AuditAction) -> datetime | None:
        """When this was last done; None where it never was."""
        ...


class Tx(Protocol):
    """Everything auth keeps, within one transaction."""

    @property
    def accounts(self) -> Accounts: ...
    @property
    def api_keys(self) -> ApiKeys: ...
    @property
    def control_keys(self) -> ControlKeys: ...
    @property
    def provider_keys(self) -> ProviderKeys: ...
    @property
    def issuers(self) -> TrustedIssuers: ...
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
    @property
    def audit(self) -> AuditLog: ...
    @property
    def teams(self) -> Teams: ...
    @property
    def budgets(self) -> Budgets: ...
    @property
    def report_recipients(self) -> ReportRecipients: ...


UnitOfWork = Callable[[], AbstractAsyncContextManager[Tx]]
