"""The cache and the router, over the bus."""

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
import structlog

from libs.common.bus.ports import Bus
from libs.common.contracts import cache as contract
from libs.common.contracts.base import DECODE_ERRORS
from libs.common.contracts.cache import CacheHit, ExactLookup, SemanticLookup, StoreAnswer
from libs.common.contracts.router import ROUTE, RouteReply, RouteRequest
from libs.common.errors import PromptlyError
from libs.common.jobs import Background
from services.gateway.clients.service_client import ServiceClient
from services.gateway.ports import DependencySkipped

log = structlog.get_logger()
_MAX_STORES = 256


class _Message(msgspec.Struct):
    content: str | list[dict[str, Any]] | None = None
    tool_calls: list[dict[str, Any]] | None = None


class _Choice(msgspec.Struct):
    message: _Message


class _Part(msgspec.Struct):
    type: str


class _Candidate(msgspec.Struct):
    content: dict[str, Any] | None = None


class _Stored(msgspec.Struct):
    """A chat completion, a message, a response, an answer of Gemini's, or what the optimizer made of a text."""

    choices: Annotated[list[_Choice], msgspec.Meta(min_length=1)] | msgspec.UnsetType = msgspec.UNSET
    text: str | dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    content: list[_Part] | msgspec.UnsetType = msgspec.UNSET
    output: Annotated[list[_Part], msgspec.Meta(min_length=1)] | msgspec.UnsetType = msgspec.UNSET
    candidates: Annotated[list[_Candidate], msgspec.Meta(min_length=1)] | msgspec.UnsetType = msgspec.UNSET

    def __post_init__(self) -> None:
        said = (self.choices, self.content, self.output, self.candidates)
        if all(one is msgspec.UNSET for one in said) and not isinstance(self.text, str):
            raise ValueError("nothing that is an answer")


class BusCache:
    """The cache service. Stores run beside the request, a bounded number at a time; more are let go."""

    def __init__(self, bus: Bus, clock: Callable[[], float], budget_ms: float, background: Background) -> None:
        self._bus = bus
        self._budget = budget_ms
        self._stores = background
        self.hop = ServiceClient(bus, "cache", clock)

    async def exact(self, lookup: ExactLookup) -> CacheHit | None:
        return self._hit(await self.hop.call(contract.LOOKUP_EXACT, lookup, self._budget))

    async def semantic(self, lookup: SemanticLookup) -> CacheHit | None:
        return self._hit(await self.hop.call(contract.LOOKUP_SEMANTIC, lookup, self._budget))

    def _hit(self, found: CacheHit | contract.CacheMiss) -> CacheHit | None:
        """A hit whose answer is an object; anything else that is called one would reach the client."""
        if not isinstance(found, CacheHit):
            return None
        try:
            msgspec.json.decode(found.answer, type=_Stored)
        except DECODE_ERRORS:
            log.warning("reply_unusable", subject=contract.LOOKUP_EXACT.subject, error_type="answer")
            raise DependencySkipped("cache") from None
        return found

    def store(self, answer: StoreAnswer, done: Callable[[], None] | None = None) -> None:
        done = done or _nobody
        if len(self._stores) >= _MAX_STORES or self.hop.is_open:
            log.warning("store_dropped", request_id=answer.request_id)
            done()
            return
        self._stores.start("store_answer", self._store(answer, done))

    async def _store(self, answer: StoreAnswer, done: Callable[[], None]) -> None:
        try:
            await self._bus.call(contract.STORE, answer)
        except PromptlyError as error:
            log.warning("store_failed", request_id=answer.request_id, code=error.code)
        finally:
            done()


class BusRouter:
    """The router service."""

    def __init__(self, bus: Bus, clock: Callable[[], float], budget_ms: float) -> None:
        self._budget = budget_ms
        self.hop = ServiceClient(bus, "router", clock)

    async def route(self, request: RouteRequest) -> RouteReply:
        return await self.hop.call(ROUTE, request, self._budget)


def _nobody() -> None:
    """Nobody waits for this answer."""
