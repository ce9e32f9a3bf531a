"""What the gateway needs from elsewhere, as small protocols."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import Protocol

from libs.common.contracts.auth import Principal, ProviderKey
from libs.common.contracts.cache import CacheHit, ExactLookup, SemanticLookup, StoreAnswer
from libs.common.contracts.events import CompletionFinished, FeedbackGiven
from libs.common.contracts.optimizer import OptimizeReply, OptimizeRequest
from libs.common.contracts.router import RouteReply, RouteRequest
from services.gateway.domain.rate_limit import Verdict
from services.gateway.domain.targets import Target
from services.gateway.domain.turns import Kept


class Skipped(Exception):
    """A part that saves money is down or slow: go on without it. `part` is what `degraded` names."""

    def __init__(self, part: str) -> None:
        super().__init__(part)
        self.part = part


class Principals(Protocol):
    """Who a key belongs to."""

    async def verify(self, api_key: str | None) -> Principal:
        """The key's principal. `Unauthorized` for a key that is none, `Unavailable` where nobody can tell."""
        ...


class AnswerCache(Protocol):
    """Answers that were given before. A failure is a `Skipped`, never an error."""

    async def exact(self, lookup: ExactLookup) -> CacheHit | None:
        """The answer to this very request."""
        ...

    async def semantic(self, lookup: SemanticLookup) -> CacheHit | None:
        """The answer to a question that means the same."""
        ...

    def store(self, answer: StoreAnswer, done: Callable[[], None] | None = None) -> None:
        """Keep an answer. Returns at once; a failure is counted, not raised. `done` is called afterwards."""
        ...


class Optimizer(Protocol):
    """Shortens messages."""

    async def optimize(self, request: OptimizeRequest) -> OptimizeReply:
        """Shorter messages, or `Skipped`."""
        ...


class Router(Protocol):
    """Chooses the model."""

    async def route(self, request: RouteRequest) -> RouteReply:
        """The model to call, or `Skipped`; `BadRequest` where no key reaches any model that would do."""
        ...


class Providers(Protocol):
    """The ways out to LLM providers. All calls raise `Failure`."""

    async def complete(self, target: Target, key: int, org_id: str, body: bytes) -> bytes:
        """A whole `chat.completion` object, as the provider sent it; `key` counts into the target's keys."""
        ...

    async def check(self, key: ProviderKey, org_id: str) -> None:
        """Make sure that a key works, at no cost."""
        ...

    async def stream(self, target: Target, key: int, org_id: str, body: bytes) -> AsyncGenerator[bytes, None]:
        """An open stream. Closing the generator hangs up."""
        ...


class Turns(Protocol):
    """What has to survive from one turn to the next, by tool call."""

    async def recall(self, org_id: str, call_ids: Sequence[str]) -> dict[str, Kept]:
        """What is known of these calls. `Skipped` where it cannot be asked for now."""
        ...

    async def keep(self, org_id: str, kept: Mapping[str, Kept]) -> None:
        """Keep it for a day. A failure is counted, not raised."""
        ...


class Past(Protocol):
    """Requests that are over. All three raise a `PromptlyError` where the other side cannot be asked."""

    async def request(self, org_id: str, request_id: str) -> CompletionFinished:
        """One of the organisation's requests; `NotFound`."""
        ...

    async def forget(self, org_id: str, entry_id: str, pair_id: str | None) -> bool:
        """Remove a cached answer, and never put this pair of questions together again; whether there was an answer."""
        ...

    async def tell(self, given: FeedbackGiven) -> None:
        """Keep what a client thought of an answer."""
        ...


class Limits(Protocol):
    """Requests per minute and key, over all gateways."""

    async def take(self, key_id: str, limit: int) -> Verdict:
        """Count one request, if it fits."""
        ...


class Reservation(Protocol):
    """Money that a request may spend."""

    def settle(self, actual_nano: int | None) -> None:
        """Say what was spent of it (None: nobody knows, so what was reserved). Once; later words are not heard."""
        ...


class Budgets(Protocol):
    """What keys may spend in a month, over all gateways."""

    async def reserve(self, principal: Principal, nano: int) -> Reservation:
        """Set an amount of the key's budget aside. `InsufficientCredits` where that is more than is left of it,
        `Unavailable` where nobody can tell.
        """
        ...


class Events(Protocol):
    """Where finished requests are told."""

    async def finished(self, event: CompletionFinished) -> None:
        """Returns once the event is safe: acknowledged by the bus, or on disk."""
        ...
