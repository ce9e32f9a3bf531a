"""POST /v1/responses: OpenAI's format, as it came to OpenAI, and through the neutral model to all others."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from libs.common.errors import BadRequest
from services.gateway.domain.cache_key import CacheKey
from services.gateway.domain.request import Envelope as AnyEnvelope
from services.gateway.domain.request import Kind, Request
from services.gateway.domain.stored_response import Conversation, Entry, RoutingRecord, StoredResponse
from services.gateway.domain.turns import CallIds
from services.gateway.endpoints.base import AnswerStream, Attempt, CompleteAnswer, DecodedAnswer
from services.gateway.endpoints.neutral import (
    NeutralAnswer,
    NeutralEndpoint,
    Writing,
    naming_of,
    read_of,
    sent_of,
)
from services.gateway.endpoints.responses import request, stored
from services.gateway.endpoints.responses.answer import ResponseStream, ResponseWriting, response
from services.gateway.endpoints.responses.call_ids import call_ids
from services.gateway.endpoints.responses.collect import response_of
from services.gateway.endpoints.responses.replay import events_of, renewed
from services.gateway.endpoints.responses.streams import (
    ForwardedResponse,
    Monotonic,
    ResponseWriter,
    WrittenResponse,
    failed_after,
    failed_event,
)
from services.gateway.formats import errors
from services.gateway.formats.blocks import Answer, Ask, Surface
from services.gateway.formats.build import Built
from services.gateway.formats.deltas import StreamWriter
from services.gateway.formats.envelope import Envelope, flags
from services.gateway.formats.errors import Problem, Rendered
from services.gateway.formats.json_fields import flag
from services.gateway.translate.openai_usage import Usage

_NONE = Conversation(response_id="resp_0")
_EVENTS_ONLY = "codex"
# What a response that goes on in the background is called until it costs anything.
_UNFINISHED = ("queued", "in_progress")


class ResponsesAnswer(CompleteAnswer, frozen=True, kw_only=True):
    """A whole response. `entry` is what to keep of it before it goes out, `unkept` makes its body for when that fails."""

    entry: Entry | None = None
    unkept: Callable[[], bytes] | None = None


class OpenAIResponses(NeutralEndpoint):
    """OpenAI's Responses API; see `Endpoint`. One for each request, because of what is looked up for it beforehand: `conversation`, and
    the `envelope` that this was read from.
    """

    kind: Kind = "responses"
    surface: Surface = "responses"
    routes: tuple[str, ...] = ("/v1/responses",)
    strips_refused_reasoning = True

    def __init__(
        self,
        conversation: Conversation = _NONE,
        envelope: Envelope | None = None,
        monotonic: Monotonic | None = None,
    ) -> None:
        self.conversation = conversation
        self._envelope = envelope
        self._monotonic: Monotonic = monotonic or (lambda: 0.0)

    def parse(self, body: bytes, headers: Mapping[str, str], query: str) -> Envelope:
        read = self._envelope
        found = read if read is not None and read.raw is body else request.head(body, headers)
        own = self.conversation
        earlier = sum(len(bytes(item)) for item in (*(own.earlier or ()), *own.stored.values()))
        return msgspec.structs.replace(
            found, session=found.session or own.root, earlier_bytes=earlier, flags=self._flags(found.flags)
        )

    def ask(self, envelope: Envelope) -> Ask:
        own = self.conversation
        found = request.ask(envelope, earlier=own.earlier, stored=own.stored)
        return stored.expanded(found) if own.is_ours else found

    def opened(self, attempt: Attempt) -> Ask:
        found = super().opened(attempt)
        reasons = attempt.known is None or attempt.known.can("reasoning")
        return stored.with_reasoning(found) if self.conversation.is_ours and reasons else found

    def speaks(self, attempt: Attempt) -> bool:
        """Not even OpenAI knows a conversation that is stored here."""
        return super().speaks(attempt) and not self.conversation.is_ours

    def call_ids(self, envelope: AnyEnvelope) -> CallIds:
        earlier = self.conversation.earlier or ()
        sent = envelope.top.get("input", msgspec.Raw(b"[]"))
        return call_ids(earlier, sent) if earlier or "tool_result" in envelope.flags else CallIds()

    def collect(self, stream: bytes) -> bytes | None:
        return response_of(stream)

    def write(self, answer: Answer, writing: Writing) -> bytes:
        return response(answer, self._writing(writing, sealed=request.wants_sealed(writing.envelope.top)))

    def writer(self, writing: Writing) -> ResponseWriter:
        sealed = request.wants_sealed(writing.envelope.top)
        return ResponseWriter(ResponseStream(self._writing(writing, sealed=sealed)))

    def read(self, attempt: Attempt, decoded: DecodedAnswer) -> CompleteAnswer:
        assert isinstance(decoded, NeutralAnswer)
        found = super().read(attempt, decoded)
        if found.forwarded and found.summary.stop in _UNFINISHED:
            summary = msgspec.structs.replace(
                found.summary, usage=Usage(prompt_tokens=0, completion_tokens=0), text="", has_content=False
            )
            found = msgspec.structs.replace(found, summary=summary)
        entry: Entry | None = None
        if decoded.answer is None:
            record_of, identity = self._record_of(attempt), _id_of(decoded.body)
            entry = record_of(identity) if record_of is not None and identity else None
            unkept = None
        else:
            writing, answer = self.writing(attempt), decoded.answer
            if (entry_of := self._entry_of(writing)) is not None:
                entry = entry_of(answer)
            sealed = request.wants_sealed(writing.envelope.top)

            def unkept() -> bytes:
                return response(answer, self._writing(writing, sealed=sealed, store=False))

        return ResponsesAnswer(
            body=found.body, summary=found.summary, forwarded=found.forwarded, entry=entry, unkept=unkept
        )

    def stream(self, attempt: Attempt) -> AnswerStream:
        sent = sent_of(attempt)
        if sent.forwarded:
            return ForwardedResponse(
                sent.format,
                naming_of(attempt),
                events_of=self.events_of,
                collect=self.collect if attempt.request.cache_key is not None else None,
                record_of=self._record_of(attempt),
                repeats=read_of(attempt).headers.get("originator", "").lower().startswith(_EVENTS_ONLY),
                monotonic=self._monotonic,
            )
        writing = self.writing(attempt)
        writer = self.writer(writing)
        return WrittenResponse(
            sent.format,
            naming_of(attempt),
            sent.built or Built(body=b""),
            writer,
            write=lambda answer: self.write(answer, writing),
            failed=lambda problem: failed_after(writer, problem),
            entry_of=self._entry_of(writing),
            monotonic=self._monotonic,
        )

    def replay(self, request: Request, body: bytes, metadata: bytes) -> bytes:
        return self.replayed(request, body, metadata, store=False)

    def replayed(self, request: Request, body: bytes, metadata: bytes, *, store: bool) -> bytes:
        """A cached response under an id of its own; `store` says whether it is kept under that."""
        again = renewed(body, self.conversation.response_id, request.envelope.top, store=store)
        return events_of(again) if request.envelope.stream else self.with_metadata(again, metadata)

    def events_of(self, body: bytes) -> bytes:
        return events_of(body)

    def entry_of_cached(self, request: Request, body: bytes) -> StoredResponse | None:
        """What to keep of a cached response that goes out once more."""
        if not self._keeps(request.envelope.top):
            return None
        return stored.entry(
            self.conversation,
            request.envelope.top,
            renewed(body, self.conversation.response_id, request.envelope.top, store=True),
        )

    def render(self, problem: Problem, request_id: str) -> Rendered:
        return errors.openai(problem)

    def render_in_stream(self, problem: Problem, request_id: str, writer: StreamWriter | None) -> bytes:
        return failed_event(problem, self.conversation.response_id, 0)

    def _flags(self, found: frozenset[str]) -> frozenset[str]:
        """With those of a conversation that is stored here, which binds to nobody by itself."""
        if self.conversation.earlier is None:
            return found
        return found - {"bound:previous_response_id"} | flags(self.conversation.earlier) | {"continued"}

    def _keeps(self, top: Mapping[str, msgspec.Raw]) -> bool:
        return self.conversation.keeps and request.stores(top)

    def _writing(self, writing: Writing, *, sealed: bool, store: bool | None = None) -> ResponseWriting:
        top = writing.envelope.top
        return ResponseWriting(
            response_id=self.conversation.response_id,
            created=writing.created,
            model=writing.model,
            top=top,
            sealer=writing.sealer if sealed else None,
            store=self._keeps(top) if store is None else store,
        )

    def _entry_of(self, writing: Writing) -> Callable[[Answer], StoredResponse] | None:
        """Makes what is kept of a response: its reasoning sealed, whether or not the client wants it."""
        top = writing.envelope.top
        if not self._keeps(top):
            return None
        return lambda answer: stored.entry(
            self.conversation, top, response(answer, self._writing(writing, sealed=True))
        )

    def _record_of(self, attempt: Attempt) -> Callable[[str], RoutingRecord] | None:
        """Makes the record of where a response lies, if its provider stores it."""
        envelope = read_of(attempt)
        background = flag(envelope.top, "background") is True
        if not (request.stores(envelope.top) or background):
            return None
        return lambda identity: RoutingRecord(
            id=identity,
            provider_key_id=attempt.key_id,
            model=envelope.model,
            background=background and not envelope.stream,
        )


class CompactResponses(OpenAIResponses):
    """POST /v1/responses/compact: what OpenAI makes of a conversation, for later requests to OpenAI. Nothing of it is stored here."""

    routable = False
    shortenable = False

    routes: tuple[str, ...] = ("/v1/responses/compact",)

    def parse(self, body: bytes, headers: Mapping[str, str], query: str) -> Envelope:
        """The answer comes whole, whatever the request says of `stream`."""
        return msgspec.structs.replace(super().parse(body, headers, query), stream=False)

    def speaks(self, attempt: Attempt) -> bool:
        """`BadRequest` where the provider cannot do it, or does not have the conversation."""
        if not super().speaks(attempt):
            raise BadRequest(
                "Only OpenAI compacts a conversation, and only one that is stored there or sent in full. (capability_rejected: compact)",
                param="model",
            )
        return True

    def own_surface(self, envelope: Envelope) -> str:
        return "responses:compact"

    def cache_key(self, envelope: AnyEnvelope, shape: dict[str, Any], application: str | None) -> CacheKey | None:
        return None

    def _record_of(self, attempt: Attempt) -> None:
        return None


class _Identity(msgspec.Struct, frozen=True):
    id: str = ""


def _id_of(body: bytes) -> str:
    """The id of a provider's response; empty where it has none."""
    try:
        return msgspec.json.decode(body, type=_Identity).id
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return ""


OPENAI_RESPONSES: Final = OpenAIResponses()
