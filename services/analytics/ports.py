"""What analytics needs from the outside."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from libs.common.contracts.analytics import Feedback, LeverUse, RequestQuery, Use
from libs.common.contracts.events import CompletionFinished, FeedbackGiven, PricesNoticed
from libs.common.contracts.router import Learned
from services.analytics.domain.breakdowns import Asked, Groups
from services.analytics.domain.conversations import Conversation
from services.analytics.domain.latencies import Counts, Sketch
from services.analytics.domain.learning import Routed
from services.analytics.domain.periods import TimeRange
from services.analytics.domain.price_watch import ModelUse
from services.analytics.domain.sums import Interval, Server, Sums
from services.analytics.translate.labels import Label


class RequestLog(Protocol):
    """Finished requests, one row each."""

    async def append(
        self, events: Sequence[CompletionFinished], received_at: datetime, labels: Sequence[Label]
    ) -> Sequence[tuple[str, str]]:
        """Keep those that are not kept yet, and add them, and only them, to the sums, also to those of their labels; whose they were,
        and their ids.
        """
        ...

    async def page(self, query: RequestQuery, before: str | None) -> Sequence[CompletionFinished]:
        """Up to `query.limit` entries, newest first, older than the entry `before`; the query's cursor is not read."""
        ...

    async def one(self, org_id: str, request_id: str) -> CompletionFinished | None:
        """An entry of this organization."""
        ...

    async def spent(self, query: RequestQuery) -> int:
        """What these requests cost, in nano-dollars."""
        ...

    async def batches(self, start: datetime, end: datetime) -> Sequence[tuple[str, str]]:
        """Batches that were made in between: whose they are, and their ids at the provider."""
        ...

    async def charged(self, org_id: str, lease_id: str) -> int:
        """Tokens of credits that requests were charged under a lease."""
        ...


class FeedbackLog(Protocol):
    """What clients thought of their answers."""

    async def put(self, given: Sequence[FeedbackGiven]) -> None:
        """Keep the newest word on each request; whoever once called a cached answer wrong is not unheard."""
        ...

    async def one(self, org_id: str, request_id: str) -> Feedback | None:
        """What was said of a request of this organization."""
        ...


class Figures(Protocol):
    """Sums and percentiles of one organization's range of time."""

    async def total(self, time_range: TimeRange) -> Sums:
        """All requests; zeros where there were none."""
        ...

    async def by_interval(self, time_range: TimeRange, interval: Interval) -> Sequence[Sums]:
        """One for each interval (UTC, weeks start on Monday) that had requests."""
        ...

    async def by_model(self, time_range: TimeRange) -> Sequence[Sums]:
        """One for each model that served, or was to serve, a request, and its provider."""
        ...

    async def by_lever(self, time_range: TimeRange) -> Sequence[LeverUse]:
        """What each lever brought, the largest savings first. Amounts of unpriced requests are left out."""
        ...

    async def sketch(self, time_range: TimeRange) -> Sketch:
        """The latencies of all requests, counted."""
        ...

    async def sketches(self, time_range: TimeRange, interval: Interval, model: str) -> Mapping[datetime, Sketch]:
        """The latencies of each interval's requests, counted: of all, or (not empty) of one model, whose parts are not kept apart."""
        ...

    async def latencies_by_model(self, time_range: TimeRange) -> Mapping[Server, Counts]:
        """The latencies of each model's requests, counted."""
        ...


class Uses(Protocol):
    """Sums of one organization's range of time by what requests have in common."""

    async def groups(
        self, time_range: TimeRange, asked: Asked, limit: int, only: Sequence[tuple[str, ...]] | None = None
    ) -> Groups:
        """The values of the dimensions, the costliest up to `limit`, or `only` these; by the intervals that start at `asked.starts`,
        where there are any.
        """
        ...

    async def total(self, time_range: TimeRange, asked: Asked) -> Use:
        """All that fits the filters, whether or not it has what is asked by."""
        ...

    async def fold(self, before: datetime) -> bool:
        """Make days (UTC) of the hours of one organization's oldest day before a time; whether there may be more."""
        ...

    async def repair(self, now: datetime) -> bool:
        """Add up one of the days that an older copy of the service may have counted by the hour alone; whether there may be more."""
        ...


class Partitions(Protocol):
    """The tables that the log is cut into, a week each, beside one for whatever fits no week."""

    async def make(self, week: datetime) -> None:
        """Have a partition for the week that starts at this Monday."""
        ...

    async def drop_before(self, time: datetime) -> Sequence[datetime]:
        """Drop the weeks that ended before `time`, and such rows as are in none; the weeks that were dropped."""
        ...


class Erasing(Protocol):
    """What becomes of an organization that is no more."""

    async def forbid(self, org_id: str, at: datetime) -> None:
        """Keep nothing of this organization from now on."""
        ...

    async def erase(self, org_id: str) -> bool:
        """Erase a portion of what is kept of it; whether there may be more."""
        ...


class LearningLog(Protocol):
    """Routed requests to learn from, and what they taught."""

    async def take(self, until: datetime, portion: int) -> Sequence[Routed]:
        """Requests that were written by then and not taken yet, about `portion`, in order; nothing while another copy takes."""
        ...

    async def sums(self, org_id: str) -> Learned | None:
        """What an organization's requests have taught so far."""
        ...

    async def keep(self, org_id: str, sums: Learned) -> None:
        """Keep these sums in place of the ones before."""
        ...


class Experiments(Protocol):
    """Conversations that are on one side or the other of an experiment."""

    async def conversations(self, time_range: TimeRange) -> Sequence[Conversation]:
        """Those with requests in this range, each added up over its requests there."""
        ...


class ExportLog(Protocol):
    """How far the request log is exported, and what of it is to be exported next."""

    async def begin(self, hour: datetime) -> None:
        """Begin with this hour, where there was no export before."""
        ...

    async def take(self) -> datetime | None:
        """The next hour, for this transaction alone; None while another has it."""
        ...

    async def move(self, hour: datetime) -> None:
        """Go on with this hour the next time."""
        ...

    def received(self, start: datetime, end: datetime, portion: int) -> AsyncIterator[Sequence[CompletionFinished]]:
        """What was received from `start` until before `end`, in order of that, `portion` at a time."""
        ...


class Prices(Protocol):
    """What organizations used of each model, and what they were told of prices."""

    async def due(self, since: datetime, looked_before: datetime, reported_before: datetime) -> Sequence[str]:
        """Organizations with requests since then that were neither looked at nor told anything after these moments."""
        ...

    async def take(self, org_id: str, now: datetime, looked_before: datetime) -> frozenset[str] | None:
        """The keys of what an organization was told, which is looked at now; None where another copy does so, or has."""
        ...

    async def uses(
        self, org_id: str, since: datetime, until: datetime, long_inputs: Sequence[int]
    ) -> Sequence[ModelUse]:
        """The requests that were answered at list prices, by model and by the first of `long_inputs` that their input is not over."""
        ...

    async def keep(self, org_id: str, keys: Sequence[str], now: datetime) -> None:
        """Keep that an organization was told these, now."""
        ...


class PricePublisher(Protocol):
    """Who is told of prices."""

    async def prices_noticed(self, event: PricesNoticed) -> None:
        """For the alerts; `Unavailable` where it is not certain to arrive. Called before the commit."""
        ...


class Tx(Protocol):
    """Everything analytics keeps, within one transaction."""

    @property
    def log(self) -> RequestLog: ...
    @property
    def feedback(self) -> FeedbackLog: ...
    @property
    def figures(self) -> Figures: ...
    @property
    def uses(self) -> Uses: ...
    @property
    def partitions(self) -> Partitions: ...
    @property
    def learning(self) -> LearningLog: ...
    @property
    def erasing(self) -> Erasing: ...
    @property
    def experiments(self) -> Experiments: ...
    @property
    def exports(self) -> ExportLog: ...
    @property
    def prices(self) -> Prices: ...


UnitOfWork = Callable[[], AbstractAsyncContextManager[Tx]]


class EventPublisher(Protocol):
    """Tells whoever watches the log."""

    async def logged(self, ids: Mapping[str, Sequence[str]]) -> None:
        """These requests, by organization, are in the log now. Never fails."""
        ...


class TrainingSignals(Protocol):
    """What routers know of each organization's traffic."""

    async def publish(self, org_id: str, sums: Learned) -> None:
        """From now on, these sums; `Unavailable` where that is not certain."""
        ...

    async def forget(self, org_id: str) -> None:
        """Nothing any more; raises as `tell` does."""
        ...


class BatchChecker(Protocol):
    """Looks at batches at their providers."""

    async def check(self, org_id: str, batch_id: str) -> bool:
        """Whether a batch is over, and what it cost recorded. Raises a `PromptlyError` where that cannot be looked at now."""
        ...


class ObjectStore(Protocol):
    """A bucket."""

    async def put(self, name: str, body: bytes) -> None:
        """Keep this object, in place of one of that name. Raises where it is not certain that it is kept."""
        ...
