"""What the gateway needs from elsewhere, as small protocols."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Container, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import msgspec

from libs.common.contracts.auth import Budget, Principal, ProviderKey
from libs.common.contracts.cache import CachedVector, CacheHit, ExactLookup, SemanticLookup, StoreAnswer
from libs.common.contracts.events import BudgetExceeded, CompletionFinished, DeferredEnded, FeedbackGiven
from libs.common.contracts.optimizer import OptimizeReply, OptimizeRequest, TextReply, TextRequest
from libs.common.contracts.router import RouteReply, RouteRequest
from services.gateway.domain.batches import Batch
from services.gateway.domain.budgets import BudgetShare
from services.gateway.domain.chat import Chat
from services.gateway.domain.deferred import DeferredAnswer, DeferredRequest, DeferredStatus, Queue, WaitingRequest
from services.gateway.domain.passthrough import Owner
from services.gateway.domain.rate_limit import Verdict
from services.gateway.domain.request import Request
from services.gateway.domain.stored_response import RoutingRecord, StoredResponse
from services.gateway.domain.targets import Target
from services.gateway.domain.turns import Kept
from services.gateway.providers.base import EncodedRequest, OutgoingRequest, ProviderAnswer, ProviderStream


class DependencySkipped(Exception):
    """A part that saves money is down or slow: go on without it. `part` is what `degraded` names."""

    def __init__(self, part: str) -> None:
        super().__init__(part)
        self.part = part


class Principals(Protocol):
    """Who a key belongs to."""

    async def verify(self, api_key: str | None) -> Principal:
        """The key's principal. `Unauthorized` for a key that is none, `Unavailable` where that cannot be checked."""
        ...


class AnswerCache(Protocol):
    """Answers that were given before. A failure is a `DependencySkipped`, never an error."""

    async def exact(self, lookup: ExactLookup) -> CacheHit | None:
        """The answer to this very request."""
        ...

    async def semantic(self, lookup: SemanticLookup) -> CacheHit | None:
        """The answer to a question that means the same."""
        ...

    def store(self, answer: StoreAnswer, done: Callable[[], None] | None = None) -> None:
        """Keep an answer. Returns at once; a failure is counted, not raised. `done` is called afterwards."""
        ...


class VectorCache(Protocol):
    """Vectors that were made before."""

    async def find(self, org_id: str, keys: Sequence[str]) -> tuple[dict[str, CachedVector], bool]:
        """Those that are there, by key, and whether all of them could be looked up."""
        ...

    def store(self, org_id: str, vectors: Mapping[str, CachedVector]) -> None:
        """Keep them. Returns at once; a failure is counted, not raised."""
        ...


class Optimizer(Protocol):
    """Shortens messages."""

    async def optimize(self, request: OptimizeRequest, chat: Chat) -> OptimizeReply:
        """`chat` is whose messages the request holds. Shorter messages, or `DependencySkipped`."""
        ...


class Router(Protocol):
    """Chooses the model."""

    async def route(self, request: RouteRequest) -> RouteReply:
        """The model to call, or `DependencySkipped`; `BadRequest` where no key reaches any model that would do."""
        ...


class Providers(Protocol):
    """The ways out to LLM providers. All calls raise `Failure`."""

    async def complete(self, target: Target, key: int, org_id: str, encoded: EncodedRequest) -> ProviderAnswer:
        """A whole answer, as the provider sent it; `key` counts into the target's keys."""
        ...

    async def stored(self, key: ProviderKey, org_id: str, method: str, path: str, query: str) -> ProviderAnswer:
        """What a provider says about a response that it stores, whatever its status; `path` comes after that of responses."""
        ...

    async def check(self, key: ProviderKey, org_id: str) -> None:
        """Make sure that a key works, at no cost."""
        ...

    async def stream(self, target: Target, key: int, org_id: str, encoded: EncodedRequest) -> ProviderStream:
        """An open stream."""
        ...


class Forwarded(msgspec.Struct, frozen=True, kw_only=True):
    """A provider's answer of any status: header names in lower case, the body unpacked. Closing `pieces` hangs up."""

    status: int
    headers: Mapping[str, str]
    pieces: AsyncGenerator[bytes, None]


class Forwarding(Protocol):
    """The way out for calls that are passed through. All calls raise `Failure`."""

    async def forward(
        self, key: ProviderKey, org_id: str, request: OutgoingRequest, body: AsyncIterator[bytes] | None
    ) -> Forwarded:
        """Send a request; `url` is a path below the provider's base address. `body` is streamed in the place of the request's."""
        ...

    def fingerprint(self, key: ProviderKey, org_id: str) -> str:
        """A digest of the key in clear: two organizations that hold the same key have the same."""
        ...


class Owners(Protocol):
    """Whose objects at providers are. All methods raise `Unavailable` where that cannot be looked up or kept."""

    async def find(self, object_id: str) -> Owner | None:
        """Whose an object is; None: it was not made through Promptly, or is gone."""
        ...

    async def bind(self, object_id: str, owner: Owner) -> None:
        """Keep whose it is."""
        ...

    async def release(self, object_id: str) -> None:
        """Forget it."""
        ...

    async def shared(self, fingerprint: str, org_id: str) -> bool:
        """Note that an organization uses a provider key, and say whether another one does, too."""
        ...


class DeferredStore(Protocol):
    """Requests that wait for a batch, their answers, and the batches, for all gateways. What holds texts is sealed. Methods raise
    `Unavailable` where something cannot be looked up or kept, unless they say otherwise.
    """

    @property
    def answer_seconds(self) -> float:
        """For how long answers are kept."""
        ...

    async def add(self, request: DeferredRequest, group: str, size: int) -> bool:
        """Put a request into its group's queue; false where it is too large, its organization has stored its share of the day, or it
        cannot be kept now. `Unavailable` where it is not certain.
        """
        ...

    async def status(self, org_id: str, request_id: str) -> tuple[DeferredStatus | None, int]:
        """Where an organization's request stands, and the revision of that."""
        ...

    async def change(self, org_id: str, status: DeferredStatus, revision: int) -> bool:
        """Put another status in its place; false where it has changed meanwhile."""
        ...

    async def request(self, org_id: str, request_id: str) -> DeferredRequest | None:
        """A request that is not answered yet."""
        ...

    async def forget_request(self, org_id: str, request_id: str) -> None:
        """Remove a request."""
        ...

    async def answer(self, org_id: str, request_id: str) -> DeferredAnswer | None:
        """The answer, as long as it is kept."""
        ...

    async def keep(self, org_id: str, request_id: str, answer: DeferredAnswer) -> bool:
        """Keep an answer; false where it is too large."""
        ...

    async def forget_answer(self, org_id: str, request_id: str) -> None:
        """Remove an answer."""
        ...

    async def erase(self, org_id: str) -> None:
        """Remove all of an organization's."""
        ...

    async def queues(self, org_id: str = "*", group: str = "*") -> list[Queue]:
        """What there is to be done: for all organizations, or for one group of one."""
        ...

    async def leave_queue(self, org_id: str, group: str, one: WaitingRequest) -> None:
        """Take a request out of its queue."""
        ...

    def lease(self, org_id: str, group: str) -> AbstractAsyncContextManager[bool]:
        """Whether a group's work is this gateway's for as long as the block runs. The block ends where it is no longer. For a pause
        after it nobody gets it.
        """
        ...

    async def batch(self, org_id: str, group: str, name: str) -> Batch | None:
        """A batch that is not over."""
        ...

    async def save_batch(self, batch: Batch) -> None:
        """Keep a batch."""
        ...

    async def forget_batch(self, batch: Batch) -> None:
        """Remove a batch that is over."""
        ...


class ToolCallStore(Protocol):
    """What has to survive from one turn to the next, by tool call."""

    async def load(self, org_id: str, call_ids: Sequence[str], *, may_come: Container[str] = ()) -> dict[str, Kept]:
        """What is known of these calls. `DependencySkipped` where it cannot be loaded now. Those that `may_come` are looked for each
        time; of the others, it is remembered that nothing is known.
        """
        ...

    async def save(self, org_id: str, kept: Mapping[str, Kept]) -> None:
        """Keep it for a day. A failure is counted, not raised."""
        ...


class ResponseStore(Protocol):
    """Responses of the Responses API, for all gateways. What reads and removes raises `Unavailable` where it is not certain."""

    @property
    def keeps(self) -> bool:
        """Whether anything is kept at all."""
        ...

    async def new_id(self, org_id: str) -> str:
        """An id for a response that is about to be made."""
        ...

    async def save(self, org_id: str, entry: StoredResponse) -> bool:
        """Keep a response, and say whether it is kept. A failure is not raised."""
        ...

    async def load(self, org_id: str, identity: str) -> StoredResponse | None:
        """A response that was made here and is still kept; None for every other."""
        ...

    async def delete(self, org_id: str, identity: str) -> None:
        """Remove a response, or the record of one."""
        ...

    async def save_record(self, org_id: str, record: RoutingRecord) -> bool:
        """Keep where a provider stores a response, and say whether that is kept. A failure is not raised."""
        ...

    async def record(self, org_id: str, identity: str) -> RoutingRecord | None:
        """Where a provider stores a response of this organization's."""
        ...

    async def erase(self, org_id: str) -> None:
        """Remove all that an organization has stored."""
        ...


class RequestHistory(Protocol):
    """Requests that are over. All three raise a `PromptlyError` where the other side cannot be reached."""

    async def request(self, org_id: str, request_id: str) -> CompletionFinished:
        """One of the organization's requests; `NotFound`."""
        ...

    async def forget(self, org_id: str, entry_id: str, pair_id: str | None) -> bool:
        """Remove a cached answer, and never put this pair of questions together again; whether there was an answer."""
        ...

    async def record_feedback(self, given: FeedbackGiven) -> None:
        """Keep what a client thought of an answer."""
        ...


class Limits(Protocol):
    """Requests per minute and key, over all gateways."""

    async def take(self, key_id: str, limit: int) -> Verdict:
        """Count one request, if it fits."""
        ...


class Reservation(Protocol):
    """Money that a request may spend."""

    def close(self, actual_nano: int | None) -> None:
        """Book what was spent of it (None: nobody knows, so all of it). The first call counts."""
        ...


class Budgets(Protocol):
    """What keys, teams, users and tags may spend in a day or month, over all gateways."""

    async def reserve(self, request: Request, nano: int) -> Reservation:
        """Set an amount of each of the request's budgets aside. `InsufficientCredits` where one that blocks has less left,
        `Unavailable` where that cannot be checked. Zero is always set aside.
        """
        ...

    async def without_room(self, request: Request, nano: int) -> Budget | None:
        """The first of the request's budgets that step down which has less left than this; None: all have room, as far as is known."""
        ...

    def give_back(self, org_id: str, budgets: Sequence[BudgetShare], nano: int, time_ms: int) -> None:
        """Return what another gateway may have set aside at that time, and was not spent (below zero: was not enough). What is of
        another period is not returned.
        """
        ...


class Charge(Protocol):
    """A call's credits, set aside. One of the two is called, once."""

    @property
    def lease_id(self) -> str | None:
        """Where they come from; None where nothing is counted."""
        ...

    def capture(self) -> None:
        """They are spent."""
        ...

    def release(self) -> None:
        """They are not."""
        ...


class Credits(Protocol):
    """What organizations may spend on optimize calls, over all gateways."""

    async def reserve(self, org_id: str, tokens: int) -> Charge:
        """Set tokens aside. `InsufficientCredits` with `required` and `available`, `Unavailable` where that cannot be checked."""
        ...

    async def balance(self, org_id: str) -> int | None:
        """What is left; None where nothing is counted."""
        ...


class IdempotencyStore(Protocol):
    """Requests that are to be done once. Both raise `Unavailable` where that cannot be checked."""

    async def begin(self, org_id: str, key: str, digest: str) -> bytes | None:
        """The answer that it got before; None: go ahead. `Conflict` while the first one runs, a `BadRequest` of status 422
        where its body was another.
        """
        ...

    async def end(self, org_id: str, key: str, digest: str, answer: bytes | None) -> None:
        """Keep the answer; None: it failed, and may come again."""
        ...


class TextOptimizer(Protocol):
    """Shortens one text."""

    async def optimize_text(self, request: TextRequest) -> TextReply:
        """The shortest text that is similar enough, or `DependencySkipped`."""
        ...


class Events(Protocol):
    """Where finished requests are published."""

    async def finished(self, event: CompletionFinished) -> None:
        """Returns once the event is safe: acknowledged by the bus, or on disk."""
        ...

    async def budget_exceeded(self, event: BudgetExceeded) -> None:
        """Publish that a budget has no room; as `finished`."""
        ...

    async def deferred_ended(self, event: DeferredEnded) -> None:
        """Publish that a request which waited has its answer; as `finished`."""
        ...


class Webhooks(Protocol):
    """Where organizations are told of requests that waited."""

    async def find(self, org_id: str, name: str) -> str:
        """The id of a verified webhook of this name; `BadRequest` where there is none, `Unavailable` where nobody knows now."""
        ...
