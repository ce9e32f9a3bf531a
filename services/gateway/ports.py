"""What the gateway needs from elsewhere, as small protocols."""

from collections.abc import AsyncGenerator
from typing import Protocol

from libs.common.contracts.auth import Principal
from libs.common.contracts.cache import CacheHit, ExactLookup, SemanticLookup, StoreAnswer
from libs.common.contracts.events import CompletionFinished
from libs.common.contracts.optimizer import OptimizeReply, OptimizeRequest
from libs.common.contracts.router import RouteReply, RouteRequest
from services.gateway.domain.targets import Target


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

    def store(self, answer: StoreAnswer) -> None:
        """Keep an answer. Returns at once; a failure is counted, not raised."""
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
    """The ways out to LLM providers. Both calls raise `Failure`."""

    async def complete(self, target: Target, key: int, org_id: str, body: bytes) -> bytes:
        """A whole `chat.completion` object, as the provider sent it; `key` counts into the target's keys."""
        ...

    async def stream(self, target: Target, key: int, org_id: str, body: bytes) -> AsyncGenerator[bytes, None]:
        """An open stream. Closing the generator hangs up."""
        ...


class Events(Protocol):
    """Where finished requests are told."""

    async def finished(self, event: CompletionFinished) -> None:
        """Returns once the event is safe: acknowledged by the bus, or on disk."""
        ...
