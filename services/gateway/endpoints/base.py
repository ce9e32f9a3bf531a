"""What a client's format has to answer for. The pipeline serves any endpoint; all that it knows of formats stands here.

Endpoints are pure: values in, values out, and the same call twice gives the same twice. What is decoded of a request lives in
its `Envelope`, which an endpoint may extend with fields of its own.
"""

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from libs.common.catalog import Model
from libs.common.contracts.auth import Scope
from libs.common.contracts.events import TokenClasses
from libs.common.errors import PromptlyError
from services.gateway.domain.cache_key import CacheKey
from services.gateway.domain.chat import Chat
from services.gateway.domain.plan import Plan
from services.gateway.domain.request import Envelope, Kind, Request
from services.gateway.domain.targets import Target
from services.gateway.domain.turns import CallIds, Kept
from services.gateway.formats.opaque import Cipher
from services.gateway.providers.base import EncodedRequest, Provider
from services.gateway.translate.openai_usage import Usage


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One call to a provider. `known` is the catalogue's model (None: somebody's own server); `without` names fields that the
    server refuses and that are not to be added; `created` is Unix seconds. `key_id` is the provider key's; `encoded` what went
    out, once it has; `without_reasoning` says that the provider has refused the reasoning in this request. `cipher` is the
    organization's, for reasoning that its clients carry.
    """

    request: Request
    plan: Plan
    provider: Provider
    target: Target
    known: Model | None
    without: frozenset[str]
    created: int
    key_id: str = ""
    encoded: EncodedRequest | None = None
    without_reasoning: bool = False
    cipher: Cipher | None = None


class ErrorResponse(msgspec.Struct, frozen=True, kw_only=True):
    """An error in a client's format."""

    status: int
    body: bytes
    headers: Mapping[str, str] = {}
    media_type: str = "application/json"


class DecodedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A provider's whole answer in the client's format, before it is read. `kept` is what to keep of its tool calls."""

    body: bytes
    kept: Mapping[str, Kept] = {}


class AnswerSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What the pipeline reads of an answer.

    `usage` is the provider's count, None where it says nothing; `text` everything that it will have counted; `has_content`
    whether there is anything in it but why there is nothing. `complete` says that it came to a natural end; `storable` that
    its body holds all that was said. `stop` is the provider's word for why it ended, `units` what is billed apart from tokens;
    `parts` are the models and tokens of an answer that several calls of models made: they are what was billed, and `usage` is not.
    """

    model: str | None
    service_tier: str | None
    usage: Usage | None
    text: str
    has_content: bool
    complete: bool
    has_tool_calls: bool = False
    storable: bool = True
    tool_calls: Mapping[str, Kept] = {}
    stop: str | None = None
    units: Mapping[str, float] = {}
    parts: tuple[tuple[str, Usage], ...] = ()


class CompleteAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A whole answer in the client's format, and what is read of it. `forwarded`: it is the provider's own, and nothing is added."""

    body: bytes
    summary: AnswerSummary
    forwarded: bool = False


class AnswerStream(Protocol):
    """A provider's stream on its way to the client. One for each call; it belongs to the call that reads it.

    `started` is true once there is content: before that a fallback is possible. `done` says that the provider has ended the
    stream, `complete` that nothing is missing although it may not have; `empty` that it is over without an answer. `billed` is
    what the provider says that it charged so far.
    """

    @property
    def started(self) -> bool: ...
    @property
    def done(self) -> bool: ...
    @property
    def complete(self) -> bool: ...
    @property
    def empty(self) -> bool: ...
    @property
    def billed(self) -> TokenClasses | None: ...
    @property
    def model(self) -> str: ...

    def feed(self, piece: bytes, /) -> bytes:
        """What goes to the client now, of the provider's next bytes. `Failure` for an error, or for what cannot be read."""
        ...

    def check(self) -> None:
        """Raise the `Failure` that came after something that had to go out first."""
        ...

    def end(self) -> bytes:
        """What is left once the connection has closed. `Failure` where that is too early."""
        ...

    def ending(self, metadata: bytes) -> bytes:
        """The last bytes of a whole stream, with `promptly_metadata` (an encoded object) if the format has a place for it."""
        ...

    def error(self, error: PromptlyError, /) -> bytes:
        """An error after what has gone out so far, which ends the stream: of the provider, of ours, or at a shutdown."""
        ...

    def keep_alive(self) -> bytes:
        """What shows in a silent stream that there is more to come; empty for nothing."""
        ...

    def summary(self) -> AnswerSummary:
        """What was said so far."""
        ...

    def body(self) -> bytes:
        """The whole answer, as it would have been without streaming."""
        ...


class Endpoint(Protocol):
    """One API that clients speak. `kind` is its name in the request log, `surface` the one by which providers say that they
    serve it in their own format, `scope` what a key needs for it; `operation` is OpenTelemetry's name for what it does.
    """

    kind: Kind
    scope: Scope
    operation: str
    routes: tuple[str, ...]

    @property
    def surface(self) -> str: ...

    def head(self, body: bytes, headers: Mapping[str, str], query: str) -> Envelope:
        """Read a request. `BadRequest` names the field that is wrong."""
        ...

    def for_model(self, envelope: Envelope, model: str) -> Envelope:
        """The same request, as if the client had named this model."""
        ...

    def chat_view(self, envelope: Envelope) -> Chat | None:
        """The request in the chat format, for optimizer, router and semantic cache; None: no lever applies."""
        ...

    def call_ids(self, envelope: Envelope) -> CallIds:
        """The tool calls in the conversation."""
        ...

    def cache_key(self, envelope: Envelope, shape: dict[str, Any], application: str | None) -> CacheKey | None:
        """The key of the answer; None where it may not be cached. `shape` is what Promptly does to a request on its own
        account, `application` the scope that the client named.
        """
        ...

    def encode(self, attempt: Attempt) -> EncodedRequest:
        """What goes to the provider. `BadRequest` names a field that this provider has no form for."""
        ...

    def decode(self, attempt: Attempt, data: bytes) -> DecodedAnswer:
        """A provider's whole answer in this format. `Failure` for an error, or for what cannot be read."""
        ...

    def read(self, attempt: Attempt, decoded: DecodedAnswer) -> CompleteAnswer:
        """The answer for the client, and what the pipeline has to know of it. `Failure` as for `decode`."""
        ...

    def stream(self, attempt: Attempt) -> AnswerStream:
        """A reader and writer for one stream."""
        ...

    def with_metadata(self, body: bytes, metadata: bytes) -> bytes:
        """A whole answer with `promptly_metadata` (an encoded object), if the format has a place for it."""
        ...

    def media_type(self, envelope: Envelope) -> str:
        """The content type of the answer."""
        ...

    def replay(self, request: Request, body: bytes, metadata: bytes) -> bytes:
        """A cached answer, as a stream if the client wants one."""
        ...

    def error(self, error: PromptlyError, request_id: str) -> ErrorResponse:
        """An error instead of an answer."""
        ...

    def stream_error(self, error: PromptlyError, request_id: str) -> bytes:
        """An error in a stream that no `AnswerStream` writes: of a cached answer, or between the answers of a batch."""
        ...
