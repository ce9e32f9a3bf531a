"""An endpoint that is not chat, through the whole pipeline: raw to a provider of its own format, without a chat view."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import msgspec
import pytest

from libs.common import catalog
from libs.common.clock import SystemClock
from libs.common.contracts.auth import OptimizationSettings, Principal, ProviderKey, Scope
from libs.common.contracts.cache import CacheHit, StoreAnswer
from libs.common.contracts.events import CompletionFinished, TokenClasses
from libs.common.errors import PromptlyError
from libs.common.jobs import Background
from services.gateway.domain.attempts import Failure
from services.gateway.domain.cache_key import CacheKey
from services.gateway.domain.rate_limit import Verdict
from services.gateway.domain.request import Envelope, Incoming, Kind, Request
from services.gateway.domain.turns import CallIds
from services.gateway.endpoints.base import (
    AnswerStream,
    AnswerSummary,
    Attempt,
    CompleteAnswer,
    DecodedAnswer,
    ErrorResponse,
)
from services.gateway.pipeline.admission import Admission
from services.gateway.pipeline.cache_lookup import CacheLookup
from services.gateway.pipeline.pipeline import Pipeline
from services.gateway.pipeline.planner import Planner
from services.gateway.pipeline.provider_call import ProviderCalls
from services.gateway.pipeline.recorder import Recorder
from services.gateway.pipeline.request_report import RequestReport
from services.gateway.pipeline.responder import Responder
from services.gateway.pipeline.response import Response
from services.gateway.providers.anthropic.provider import Anthropic
from services.gateway.providers.base import EncodedRequest, ProviderAnswer, ProviderStream
from services.gateway.providers.registry import Registry
from services.gateway.state.concurrency import ConcurrencyLimiter
from services.gateway.state.org_rotation import OrgRotation
from services.gateway.state.prefix_cache import PrefixCacheTracker
from services.gateway.state.provider_health import ProviderHealth
from services.gateway.state.single_flight import SingleFlight
from services.gateway.translate.openai_usage import Usage
from tests.fixtures.dialects import PROVIDERS

CLOCK = SystemClock()
MODEL = "claude-opus-5-5"
ALL_ON = OptimizationSettings(level="aggressive", routing_mode="auto")


def summary(data: bytes, *, complete: bool = True) -> AnswerSummary:
    usage = Usage(prompt_tokens=5, completion_tokens=2) if complete else None
    return AnswerSummary(
        model=MODEL, service_tier=None, usage=usage, text="ab", has_content=bool(data), complete=complete
    )


class Lines:
    """A stream of lines; `end` is the last one. Implements `AnswerStream`."""

    def __init__(self) -> None:
        self.said = b""
        self.started = self.done = False
        self.empty, self.model = False, MODEL
        self.billed: TokenClasses | None = None
        self.silences = 0

    @property
    def complete(self) -> bool:
        return self.done

    def feed(self, piece: bytes, /) -> bytes:
        self.said += piece
        self.started, self.done = True, self.said.endswith(b"end\n")
        return piece

    def check(self) -> None: ...

    def end(self) -> bytes:
        raise Failure("truncated", "No end.")

    def ending(self, metadata: bytes) -> bytes:
        return b""

    def error(self, error: PromptlyError, /) -> bytes:
        return f"error {len(self.said.splitlines())} {error.code}\n".encode()

    def keep_alive(self) -> bytes:
        self.silences += 1
        return f"wait {self.silences}\n".encode()

    def summary(self) -> AnswerSummary:
        return summary(self.said, complete=self.done)

    def body(self) -> bytes:
        return self.said


class Messages:
    """Anthropic's own format, passed on as it came. Implements `Endpoint`."""

    kind: Kind = "chat"
    surface = "messages"
    scope: Scope = "chat"
    operation = "chat"
    routes: tuple[str, ...] = ("/v1/messages",)

    def head(self, body: bytes, headers: Mapping[str, str], query: str) -> Envelope:
        top = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        stream = bytes(top.get("stream", b"")) == b"true"
        return Envelope(raw=body, top=top, model=msgspec.json.decode(top["model"]), stream=stream, max_tokens=10)

    def for_model(self, envelope: Envelope, model: str) -> Envelope:
        return msgspec.structs.replace(envelope, model=model)

    def chat_view(self, envelope: Envelope) -> None:
        return None

    def call_ids(self, envelope: Envelope) -> CallIds:
        return CallIds()

    def cache_key(self, envelope: Envelope, shape: dict[str, Any], application: str | None) -> CacheKey | None:
        return CacheKey(fingerprint=str(hash(envelope.raw)), scope="messages", query=None)

    def encode(self, attempt: Attempt) -> EncodedRequest:
        envelope = attempt.request.envelope
        return EncodedRequest(
            surface=self.surface, stream=envelope.stream, body=envelope.raw, headers={"anthropic-beta": "b"}, raw=True
        )

    def decode(self, attempt: Attempt, data: bytes) -> DecodedAnswer:
        return DecodedAnswer(body=data)

    def read(self, attempt: Attempt, decoded: DecodedAnswer) -> CompleteAnswer:
        return CompleteAnswer(body=decoded.body, summary=summary(decoded.body))

    def stream(self, attempt: Attempt) -> AnswerStream:
        return Lines()

    def with_metadata(self, body: bytes, metadata: bytes) -> bytes:
        return body

    def media_type(self, envelope: Envelope) -> str:
        return "text/lines" if envelope.stream else "application/json"

    def replay(self, request: Request, body: bytes, metadata: bytes) -> bytes:
        return body + b"again"

    def error(self, error: PromptlyError, request_id: str) -> ErrorResponse:
        return ErrorResponse(status=error.status, body=b"{}", headers={"request-id": request_id})

    def stream_error(self, error: PromptlyError, request_id: str) -> bytes:
        return b"error\n"


class Ports:
    """All ports of the pipeline, in memory. None of the levers may be called: there is no chat view."""

    def __init__(self, pieces: list[bytes]) -> None:
        self.pieces = pieces
        self.sent: list[EncodedRequest] = []
        self.finished_events: list[CompletionFinished] = []
        self.stored: dict[str, StoreAnswer] = {}

    async def verify(self, api_key: str | None) -> Principal:
        keys = (
            ProviderKey(id="pk", provider="anthropic", sealed=""),
            ProviderKey(id="pk2", provider="openai", sealed=""),
        )
        return Principal(org_id="org", key_id="key", settings=ALL_ON, provider_keys=keys, monthly_budget_nano=10**12)

    async def take(self, key_id: str, limit: int) -> Verdict:
        return Verdict(allowed=True, limit=limit, remaining=1, reset=1.0)

    async def exact(self, lookup: Any) -> CacheHit | None:
        return None

    async def semantic(self, lookup: Any) -> CacheHit | None:
        raise AssertionError

    def store(self, answer: StoreAnswer, done: Any = None) -> None:
        self.stored[answer.fingerprint] = answer

    async def optimize(self, request: Any) -> Any:
        raise AssertionError

    async def route(self, request: Any) -> Any:
        raise AssertionError

    async def load(self, org_id: str, call_ids: Any) -> Any:
        raise AssertionError

    async def save(self, org_id: str, kept: Any) -> None:
        raise AssertionError

    async def complete(self, target: Any, key: int, org_id: str, encoded: EncodedRequest) -> ProviderAnswer:
        self.sent.append(encoded)
        return ProviderAnswer(content=b"".join(self.pieces))

    async def check(self, key: Any, org_id: str) -> None: ...

    async def stream(self, target: Any, key: int, org_id: str, encoded: EncodedRequest) -> ProviderStream:
        self.sent.append(encoded)

        async def pieces() -> AsyncGenerator[bytes, None]:
            for piece in self.pieces:
                yield piece

        return ProviderStream(pieces=pieces())

    async def finished(self, event: CompletionFinished) -> None:
        self.finished_events.append(event)

    async def budget_exceeded(self, event: Any) -> None:
        raise AssertionError

    async def deferred_ended(self, event: Any) -> None:
        raise AssertionError

    async def without_room(self, request: Any, nano: int) -> None:
        raise AssertionError

    async def reserve(self, request: Request, nano: int) -> "Ports":
        self.reserved = nano
        return self

    def close(self, actual_nano: int | None) -> None:
        self.spent = actual_nano


class OnlyAnthropic(Anthropic):
    """The one provider that has an API of this name."""

    surfaces = frozenset(("messages", "rare"))


class Rare(Messages):
    """A format that nobody translates."""

    surface = "rare"


def pipeline(ports: Ports, registry: Registry = PROVIDERS) -> Pipeline:
    models, background, prefixes = catalog.load(), Background(), PrefixCacheTracker(CLOCK.monotonic)
    return Pipeline(
        admission=Admission(ports, ports, ConcurrencyLimiter(10, 10), OrgRotation()),
        cache_lookup=CacheLookup(ports, SingleFlight(CLOCK.monotonic, 10)),
        planner=Planner(ports, ports, ports, ports, prefixes, models),
        budgets=ports,
        provider_calls=ProviderCalls(
            ports, registry, models, ProviderHealth(CLOCK.monotonic), CLOCK, lambda: asyncio.sleep(0)
        ),
        responder=Responder(ports, prefixes, models, CLOCK, background, OrgRotation()),
        recorder=Recorder(ports, ports, models, CLOCK, background, RequestReport(models)),
        registry=registry,
        catalog=models,
    )


def incoming(**more: Any) -> Incoming:
    body = msgspec.json.encode({"model": MODEL, "messages": [{"role": "user", "content": "Hi"}], **more})
    return Incoming(request_id="req_1", accepted=CLOCK.monotonic(), time_ms=1, api_key="k", body=body, headers={})


async def answer(ports: Ports, **more: Any) -> Response:
    return await pipeline(ports).run(Messages(), incoming(**more), lambda _: None)


async def test_a_whole_answer() -> None:
    ports = Ports([b'{"type":"message"}'])
    found = await answer(ports)
    assert (found.body, found.media_type, found.cache) == (b'{"type":"message"}', "application/json", "miss")
    (sent,) = ports.sent
    assert (sent.surface, sent.raw, sent.body) == ("messages", True, incoming().body)
    (event,) = ports.finished_events
    assert (event.status, event.tokens.input, event.tokens.output) == ("success", 5, 2)
    assert ports.reserved > (ports.spent or 0) > 0
    assert [bytes(one.answer) for one in ports.stored.values()] == [found.body]


async def test_a_stream() -> None:
    ports = Ports([b"a\n", b"b\n", b"end\n"])
    found = await answer(ports, stream=True)
    assert found.chunks is not None
    assert found.media_type == "text/lines"
    assert [found.keep_alive(), found.keep_alive()] == [b"wait 1\n", b"wait 2\n"]
    assert b"".join([chunk async for chunk in found.chunks]) == b"a\nb\nend\n"
    assert [event.status for event in ports.finished_events] == ["success"]


async def test_a_stream_that_breaks_off_ends_with_an_error_that_knows_what_went_out() -> None:
    ports = Ports([b"a\n", b"b\n"])
    found = await answer(ports, stream=True)
    assert found.chunks is not None
    assert b"".join([chunk async for chunk in found.chunks]) == b"a\nb\nerror 2 upstream_truncated\n"
    (event,) = ports.finished_events
    assert (event.status, event.error_code, event.estimated) == ("error", "upstream_truncated", True)
    assert ports.spent is not None


async def test_a_cached_answer() -> None:
    class Known(Ports):
        async def exact(self, lookup: Any) -> CacheHit | None:
            return CacheHit(
                kind="exact",
                entry_id="entry",
                similarity=1.0,
                answer=msgspec.Raw(b"{}"),
                served_model=MODEL,
                provider="anthropic",
                prompt_tokens=5,
                completion_tokens=2,
                request_id="req_0",
                stored_at_ms=1,
            )

    ports = Known([])
    found = await answer(ports)
    assert (found.body, found.cache, ports.sent) == (b"{}again", "hit", [])
    assert [event.status for event in ports.finished_events] == ["cached"]


async def test_only_providers_of_the_surface_are_targets() -> None:
    with pytest.raises(PromptlyError, match="None of your keys reaches `gpt-4o`"):
        registry = Registry((*PROVIDERS, OnlyAnthropic("http://anthropic", "2023-06-01")))
        await pipeline(Ports([]), registry).run(Rare(), incoming(model="gpt-4o"), lambda _: None)
