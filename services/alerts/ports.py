"""What alerts needs from the outside."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from libs.common.contracts.alerts import AlertEvent, AlertRule
from services.alerts.domain.watching import Counted, State, Watched, Window
from services.alerts.translate.event_sample import Sample


class Rules(Protocol):
    """Alert rules, and where each one stands."""

    async def lock(self, org_id: str) -> None:
        """Let nobody else add rules to this organisation until the transaction has ended."""
        ...

    async def all(self, org_id: str) -> Sequence[AlertRule]:
        """An organisation's rules, oldest first."""
        ...

    async def one(self, org_id: str, rule_id: str) -> AlertRule | None:
        """A rule of this organisation."""
        ...

    async def put(self, rule: AlertRule) -> bool:
        """Keep a rule, new or changed; False, and nothing kept, where the id is another organisation's.

        A change leaves the rule where it stands, unless it switches the rule off.
        """
        ...

    async def delete(self, org_id: str, rule_id: str) -> bool:
        """Whether there was one to delete."""
        ...

    async def watched(self) -> Sequence[Watched]:
        """The active rules that nobody else holds, held until the transaction ends."""
        ...

    async def stand(self, rule: AlertRule, state: State) -> None:
        """Keep where a rule stands."""
        ...


class Meter(Protocol):
    """What requests cost and how they ended, by organisation and minute."""

    async def add(self, samples: Sequence[Sample]) -> int:
        """Count those that were not counted before; how many there were."""
        ...

    async def counted(self, windows: Sequence[Window]) -> Sequence[Counted]:
        """What each window holds, in the order of the windows."""
        ...

    async def sweep(self, before: datetime) -> bool:
        """Forget a portion of what is older; whether there may be more."""
        ...


class Events(Protocol):
    """What fired, and what was over."""

    async def add(self, event: AlertEvent, window: Window) -> bool:
        """Record; False where this rule has fired for this window and threshold before."""
        ...

    async def newest(self, org_id: str, limit: int) -> Sequence[AlertEvent]:
        """An organisation's events, newest first."""
        ...


class Tx(Protocol):
    """Everything alerts keeps, within one transaction."""

    @property
    def rules(self) -> Rules: ...
    @property
    def meter(self) -> Meter: ...
    @property
    def events(self) -> Events: ...


UnitOfWork = Callable[[], AbstractAsyncContextManager[Tx]]


class Backlog(Protocol):
    """How far counting is behind."""

    async def behind(self) -> bool:
        """Whether so many finished requests wait, or nobody knows how many, that a figure could be wrong."""
        ...
