"""What alerts needs from the outside."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

import msgspec

from libs.common.contracts.alerts import (
    AlertEvent,
    AlertRule,
    Channel,
    ChannelConfig,
    Notification,
    Webhook,
    WebhookTarget,
)
from services.alerts.domain.metrics import WindowUsage
from services.alerts.domain.notification import AnyNotification, DeferredNotification, OutgoingNotification
from services.alerts.domain.rule_evaluation import RuleWithState, State, Window
from services.alerts.translate.request_sample import Sample


class Undeliverable(Exception):
    """A notice did not reach its channel; the text is a sentence for the rule's owner. `for_good`: trying again is no use."""

    def __init__(self, sentence: str, *, for_good: bool = False) -> None:
        super().__init__(sentence)
        self.for_good = for_good


class Rules(Protocol):
    """Alert rules, and where each one stands."""

    async def lock(self, org_id: str) -> None:
        """Let nobody else add rules to this organization until the transaction has ended."""
        ...

    async def all(self, org_id: str) -> Sequence[AlertRule]:
        """An organization's rules, oldest first; each says since when it fires."""
        ...

    async def one(self, org_id: str, rule_id: str) -> AlertRule | None:
        """A rule of this organization."""
        ...

    async def put(self, rule: AlertRule, sealed: str | None) -> bool:
        """Keep a rule, new or changed; False, and nothing kept, where the id is another organization's.

        `rule` shows where its channels lead, masked; `sealed` says it. A change leaves the rule where it stands, unless it
        switches the rule off.
        """
        ...

    async def sealed(self, org_id: str, rule_id: str) -> str | None:
        """Where the channels of this organization's rule lead; None where that was never said, or there is no such rule."""
        ...

    async def delete(self, org_id: str, rule_id: str) -> bool:
        """Whether there was one to delete."""
        ...

    async def try_lock(self) -> bool:
        """Whether nobody else evaluates now; if so, nobody else does until the transaction ends."""
        ...

    async def active(self) -> Sequence[RuleWithState]:
        """The active rules that nobody else holds, held until the transaction ends."""
        ...

    async def save_state(self, rule: AlertRule, state: State) -> None:
        """Keep where a rule stands."""
        ...


class UsageCounters(Protocol):
    """What requests cost and how they ended, by organization, minute and day."""

    async def add(self, samples: Sequence[Sample]) -> int:
        """Count those that were not counted before; how many there were."""
        ...

    async def counted(self, windows: Sequence[Window]) -> Sequence[WindowUsage]:
        """What each window holds, in the order of the windows."""
        ...

    async def sweep(self, before: datetime, days_before: datetime) -> bool:
        """Forget a portion of what is older, and of days that no rule needs; whether there may be more."""
        ...


class Events(Protocol):
    """What fired, and what was over."""

    async def add(self, event: AlertEvent, window: Window) -> bool:
        """Record; False where this rule has fired for this window and threshold before."""
        ...

    async def newest(self, org_id: str, limit: int) -> Sequence[AlertEvent]:
        """An organization's events, newest first, with what became of their notices."""
        ...


class DueNotification(msgspec.Struct, frozen=True, kw_only=True):
    """A notice on its way to a channel, and how often it was tried, this time included."""

    notice: AnyNotification
    channel: Channel
    attempts: int


class Outbox(Protocol):
    """Notices that have to reach a channel: each is kept until it did, or was tried often enough."""

    async def add(self, event_id: str, channel: Channel, notice: OutgoingNotification, due: datetime) -> None:
        """Have it sent from `due` on."""
        ...

    async def add_deferred(self, notice: DeferredNotification, due: datetime) -> None:
        """Have it sent from `due` on; nothing where it is kept already, or its webhook was deleted."""
        ...

    async def organizations(self, now: datetime, limit: int) -> Sequence[str]:
        """Whose are due, the longest waiting first."""
        ...

    async def take(self, org_id: str, now: datetime, until: datetime, limit: int) -> Sequence[DueNotification]:
        """An organization's that are due: alerts first, then the longest waiting. Nobody else gets them before `until`."""
        ...

    async def record_result(self, notice: AnyNotification, outcome: Notification, due: datetime) -> None:
        """Keep how a try ended; what is still `waiting` is tried again at `due`."""
        ...

    async def sweep(self, before: datetime) -> None:
        """Forget what is over, and became due longer ago."""
        ...


class Webhooks(Protocol):
    """Where organizations are told of requests that waited."""

    async def all(self, org_id: str) -> Sequence[Webhook]:
        """An organization's webhooks, oldest first, with what became of their notifications."""
        ...

    async def add(self, webhook: Webhook, sealed: str) -> bool:
        """Keep a new one, shown as `webhook`, with the sealed form of where it leads; False where its name or id is taken."""
        ...

    async def sealed(self, org_id: str, webhook_id: str) -> str | None:
        """Where it leads, sealed; None where there is no such webhook."""
        ...

    async def set_verified(self, org_id: str, webhook_id: str, now_ms: int) -> bool:
        """Keep that its receiver holds the secret; whether there is one."""
        ...

    async def delete(self, org_id: str, webhook_id: str) -> bool:
        """Whether there was one to delete."""
        ...


class Erasing(Protocol):
    """What becomes of an organization that is no more."""

    async def forbid(self, org_id: str, at: datetime) -> None:
        """Count and watch nothing of this organization from now on."""
        ...

    async def erase(self, org_id: str) -> bool:
        """Erase a portion of what is kept of it; whether there may be more."""
        ...


class Tx(Protocol):
    """Everything alerts keeps, within one transaction."""

    @property
    def rules(self) -> Rules: ...
    @property
    def usage(self) -> UsageCounters: ...
    @property
    def events(self) -> Events: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def webhooks(self) -> Webhooks: ...
    @property
    def erasing(self) -> Erasing: ...


UnitOfWork = Callable[[], AbstractAsyncContextManager[Tx]]


class Backlog(Protocol):
    """How far counting is behind."""

    async def behind(self) -> bool:
        """Whether so many finished requests wait, or nobody knows how many, that a figure could be wrong."""
        ...


class Vault(Protocol):
    """Seals where channels lead."""

    def seal(self, org_id: str, rule_id: str, config: ChannelConfig) -> str:
        """The sealed form."""
        ...

    def open(self, org_id: str, rule_id: str, sealed: str) -> ChannelConfig:
        """What was sealed for this rule; `Undeliverable` where it cannot be opened."""
        ...


class Notifier(Protocol):
    """One channel."""

    async def send(self, notice: OutgoingNotification, config: ChannelConfig) -> None:
        """Returns once the other side has it; `Undeliverable` otherwise. May be sent twice, under the same id."""
        ...


class WebhookReceiver(Protocol):
    """The other side of a webhook."""

    async def send(self, notice: DeferredNotification, config: ChannelConfig) -> None:
        """As `Notifier.send`."""
        ...

    async def verify(self, target: WebhookTarget) -> None:
        """Returns once the other side has shown that it holds the secret; `Undeliverable` otherwise."""
        ...


class Admins(Protocol):
    """Who is written to."""

    async def of(self, org_id: str) -> Sequence[str]:
        """The e-mail addresses of an organization's admins. `Unavailable` where nobody knows them now."""
        ...
