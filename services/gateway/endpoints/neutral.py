"""What the endpoints share whose requests go to a provider of their own format as they came, and to any other through the neutral
model (`formats/blocks.py`). A format brings its reader, its writers and its errors; see `NeutralEndpoint`.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from libs.common.contracts.auth import Scope
from libs.common.errors import BadRequest, PromptlyError
from services.gateway.domain.attempts import Failure, ForwardedError
from services.gateway.domain.cache_key import CacheKey
from services.gateway.domain.chat import Chat
from services.gateway.domain.hosted import searches
from services.gateway.domain.request import Envelope as AnyEnvelope
from services.gateway.domain.request import Kind, Request
from services.gateway.domain.rough_tokens import rough_tokens
from services.gateway.domain.turns import CallIds, Kept, for_key, of_answer, without_blocks
from services.gateway.endpoints.base import (
    AnswerStream,
    AnswerSummary,
    Attempt,
    CompleteAnswer,
    DecodedAnswer,
    ErrorResponse,
)
from services.gateway.endpoints.chat_view import chat_view
from services.gateway.endpoints.forwarded import ForwardedStream, seen_summary
from services.gateway.endpoints.known import KnownStream, nothing_said
from services.gateway.endpoints.translated import TranslatedStream, answer_summary
from services.gateway.formats.blocks import Answer, Ask, Call, Surface
from services.gateway.formats.build import Built, Target
from services.gateway.formats.deltas import StreamWriter
from services.gateway.formats.either import whole_answer
from services.gateway.formats.envelope import Envelope, top_level, with_model
from services.gateway.formats.errors import Problem, Rendered, problem_of
from services.gateway.formats.filters import client_answer
from services.gateway.formats.headers import to_client, without_credentials
from services.gateway.formats.levers import CONVERSATIONS, cacheable, exact_key, optimizable, plain_question, routable
from services.gateway.formats.opaque import Cipher, Sealer, Serving, holds_reasoning, unseal, without_reasoning
from services.gateway.formats.surface import ProviderSurface
from services.gateway.providers.base import EncodedRequest

_MAX_READ = 1 << 20
_CLOSED = Cipher(seal=lambda _: "", open=lambda _: None)


class Writing(msgspec.Struct, frozen=True, kw_only=True):
    """What a format's writers may need. `seed` is unique for each answer, and ids are made of it; `created` is Unix seconds; `model`
    is the one that was called; `sealer` None: reasoning is not given to the client; `estimate` is a rough count of the prompt's tokens.
    """

    envelope: Envelope
    request_id: str
    seed: str
    model: str
    created: int
    sealer: Sealer | None = None
    estimate: int = 1


class NeutralRequest(EncodedRequest, frozen=True, kw_only=True):
    """A request as it went out, and what reading its answer takes: the provider's `format`, and how the request was `built` (None: it
    went out as it came). `known` is the answer to one that need not go out.
    """

    format: ProviderSurface
    built: Built | None = None
    known: Answer | None = None


class NeutralAnswer(DecodedAnswer, frozen=True, kw_only=True):
    """An answer that is to be written in the client's format; None: it is in that format."""

    answer: Answer | None = None


class NeutralEndpoint:
    """An endpoint but for its format; see `Endpoint`. `id_headers` are the headers in which clients look for a request's id.

    A format sets the class's fields and writes the methods that raise `NotImplementedError`.
    """

    kind: Kind
    surface: Surface
    scope: Scope = "chat"
    operation = "chat"
    routes: tuple[str, ...] = ()
    id_headers: tuple[str, ...] = ("x-request-id",)
    # Whether the router may choose another model at all, and the optimizer shorter texts.
    routable = True
    shortenable = True
    # Whether reasoning that a provider refuses is left out of a request that was forwarded, too.
    strips_refused_reasoning = False

    # What a format brings.

    def parse(self, body: bytes, headers: Mapping[str, str], query: str) -> Envelope:
        """The head of a request. `BadRequest` names what is wrong."""
        raise NotImplementedError

    def ask(self, envelope: Envelope) -> Ask:
        """The whole request. `BadRequest` names what is wrong."""
        raise NotImplementedError

    def write(self, answer: Answer, writing: Writing) -> bytes:
        """A whole answer. `Failure` where it cannot be written."""
        raise NotImplementedError

    def writer(self, writing: Writing) -> StreamWriter:
        """A writer for one stream."""
        raise NotImplementedError

    def render(self, problem: Problem, request_id: str) -> Rendered:
        """An error instead of an answer."""
        raise NotImplementedError

    def render_in_stream(self, problem: Problem, request_id: str, writer: StreamWriter | None) -> bytes:
        """An error that ends a stream. `writer` is what wrote the stream so far; None: it was forwarded, or has not begun."""
        raise NotImplementedError

    def known_answer(self, envelope: Envelope) -> Answer | None:
        """The answer where no other provider has anything to do for the request."""
        return None

    def events_of(self, body: bytes) -> bytes:
        """A whole answer in this format as a stream, with the ids that it has."""
        raise NotImplementedError

    def collect(self, stream: bytes) -> bytes | None:
        """The whole answer that a stream in this format says; None where it cannot be put together."""
        return None

    def call_ids(self, envelope: AnyEnvelope) -> CallIds:
        """The tool calls in the conversation; see `Endpoint`."""
        return CallIds()

    def query(self, envelope: Envelope) -> str:
        """The query that goes out with a request that is forwarded."""
        return envelope.query

    def own_body(self, envelope: Envelope, model: str) -> bytes:
        """The client's own body for a model under the name that its provider has for it."""
        return envelope.raw if envelope.model == model else with_model(envelope, model)

    def own_surface(self, envelope: Envelope) -> str:
        """The provider's API that a request in its own format goes to."""
        return self.surface

    def speaks(self, attempt: Attempt) -> bool:
        """Whether the provider gets the request, and the client the answer, in the client's own format."""
        return self.surface in attempt.provider.surfaces

    # What the pipeline calls.

    def head(self, body: bytes, headers: Mapping[str, str], query: str) -> Envelope:
        found = self.parse(body, headers, query)
        return msgspec.structs.replace(
            found,
            headers=without_credentials(headers),
            query=query,
            routable=self.routable and routable(found),
            shortenable=self.shortenable and optimizable(found, self.surface),
        )

    def for_model(self, envelope: AnyEnvelope, model: str) -> Envelope:
        """The request as if it named another model; see `Endpoint`."""
        assert isinstance(envelope, Envelope), "an endpoint gets back the heads that it has read"
        return self.head(with_model(envelope, model), envelope.headers, envelope.query)

    def chat_view(self, envelope: AnyEnvelope) -> Chat | None:
        """What the levers read of a request that one of them may act on."""
        assert isinstance(envelope, Envelope), "an endpoint gets back the heads that it has read"
        size = len(envelope.raw) + envelope.earlier_bytes
        if not (envelope.routable or envelope.shortenable) or size > _MAX_READ:
            return None
        try:
            return chat_view(self.ask(envelope), envelope if envelope.shortenable else None)
        except BadRequest:  # what cannot be read here may be right all the same where it goes as it came
            return None

    def cache_key(self, envelope: AnyEnvelope, shape: dict[str, Any], application: str | None) -> CacheKey | None:
        assert isinstance(envelope, Envelope), "an endpoint gets back the heads that it has read"
        if not cacheable(envelope) or searches(envelope.model):
            return None

        def digest(without: frozenset[str], *more: str | None) -> str:
            key = exact_key(self.surface, envelope, envelope.headers, without).hex()
            about = [key, envelope.model, shape, application, *more]
            return hashlib.sha256(msgspec.json.encode(about, order="sorted")).hexdigest()

        query = plain_question(envelope)
        if query is None:
            fingerprint = digest(frozenset())
            return CacheKey(fingerprint=fingerprint, scope=fingerprint, query=None)
        # Whoever asks without a conversation may mean what is theirs, so nobody gets another user's answer.
        own = envelope.end_user
        return CacheKey(fingerprint=digest(frozenset(), own), scope=digest(CONVERSATIONS, own), query=query)

    def encode(self, attempt: Attempt) -> EncodedRequest:
        """The client's own bytes where the provider speaks its format; else, or where sealed reasoning has to be taken out of them or
        another model is to answer, a body that is built.
        """
        envelope, target = going_out(attempt), attempt.target
        native = self.speaks(attempt)
        form = attempt.provider.formats[self.surface if native else attempt.provider.foreign_surface]
        surface = self.own_surface(envelope) if native else form.name
        query = self.query(envelope) if native else ""
        headers = form.headers(envelope.headers) if native and form.headers is not None else {}
        named = target.model == envelope.model
        if native and named and "sealed" not in envelope.flags and not attempt.without_reasoning:
            return NeutralRequest(
                surface=surface,
                stream=envelope.stream,
                body=self.own_body(envelope, target.served_model),
                query=query,
                headers=headers,
                raw=attempt.plan.shortened is None,
                forwarded=True,
                holds_reasoning=self.strips_refused_reasoning and "thinking" in envelope.flags,
                format=form,
            )
        if not native and (known := self.known_answer(envelope)) is not None:
            return NeutralRequest(
                surface=surface, stream=envelope.stream, body=b"", local=True, format=form, known=known
            )
        ask = self.opened(attempt)
        recalled: Mapping[str, Kept] = for_key(attempt.plan.recalled, attempt.key_id)
        if attempt.plan.fallback_used or attempt.without_reasoning:
            recalled = without_blocks(recalled)
        built = form.build(
            ask,
            Target(
                model=target.served_model,
                known=attempt.known,
                stream=envelope.stream,
                recalled=recalled,
                without=attempt.without,
                named=named,
            ),
        )
        return NeutralRequest(
            surface=surface,
            stream=envelope.stream,
            body=built.body,
            query=query,
            headers=headers,
            dropped=(*built.dropped, *(("reasoning",) if attempt.without_reasoning else ())),
            added=built.added,
            forwarded=native,
            holds_reasoning=holds_reasoning(ask) or any(known.blocks for known in recalled.values()),
            format=form,
            built=built,
        )

    def opened(self, attempt: Attempt) -> Ask:
        """The request with the reasoning that is for the model that serves, and with no other."""
        found = unseal(self.ask(going_out(attempt)), attempt.cipher or _CLOSED, serving(attempt)).ask
        return without_reasoning(found) if attempt.without_reasoning else found

    def decode(self, attempt: Attempt, data: bytes) -> DecodedAnswer:
        sent = sent_of(attempt)
        if sent.forwarded:
            # A stream where none was asked for: the client reads JSON and nothing else.
            begun = data.lstrip()[:1]
            return NeutralAnswer(body=data if begun in (b"{", b"[") else self.collect(data) or data)
        if sent.known is not None:
            return NeutralAnswer(body=b"", answer=sent.known)
        naming = naming_of(attempt)
        found = whole_answer(data, lambda body: sent.format.read(body, **naming), lambda: sent.format.reader(**naming))
        built = sent.built or Built(body=b"")
        answer, kept = client_answer(found, back=built.names, stop=built.stop)
        return NeutralAnswer(body=b"", kept=kept, answer=answer)

    def read(self, attempt: Attempt, decoded: DecodedAnswer) -> CompleteAnswer:
        assert isinstance(decoded, NeutralAnswer)
        if decoded.answer is None:
            summary = self._forwarded_summary(attempt, decoded.body)
            return CompleteAnswer(body=decoded.body, summary=summary, forwarded=True)
        body = self.write(decoded.answer, self.writing(attempt))
        if sent_of(attempt).known is not None:
            return CompleteAnswer(body=body, summary=nothing_said(decoded.answer))
        summary = answer_summary(decoded.answer, self._kept(attempt, decoded.kept, decoded.answer))
        return CompleteAnswer(body=body, summary=summary)

    def stream(self, attempt: Attempt) -> AnswerStream:
        sent = sent_of(attempt)
        if sent.forwarded:
            return ForwardedStream(
                sent.format,
                naming_of(attempt),
                failed=lambda problem: self.render_in_stream(problem, attempt.request.id, None),
                events_of=self.events_of,
                collect=self.collect if attempt.request.cache_key is not None else None,
            )
        writing = self.writing(attempt)
        writer = self.writer(writing)
        if sent.known is not None:
            return KnownStream(
                sent.known, writer, lambda problem: self.render_in_stream(problem, writing.request_id, writer)
            )
        return TranslatedStream(
            sent.format,
            naming_of(attempt),
            sent.built or Built(body=b""),
            writer,
            write=lambda answer: self.write(answer, writing),
            failed=lambda problem: self.render_in_stream(problem, attempt.request.id, writer),
            client=self.surface,
        )

    def with_metadata(self, body: bytes, metadata: bytes) -> bytes:
        """Added as the last field of an answer that was written here."""
        return body[:-1] + b',"promptly_metadata":' + metadata + b"}"

    def media_type(self, envelope: AnyEnvelope) -> str:
        return "text/event-stream; charset=utf-8" if envelope.stream else "application/json"

    def replay(self, request: Request, body: bytes, metadata: bytes) -> bytes:
        raise NotImplementedError

    def error(self, error: PromptlyError, request_id: str) -> ErrorResponse:
        if isinstance(error, ForwardedError):
            answer = error.answer
            return ErrorResponse(
                status=answer.status,
                body=answer.body,
                headers=dict.fromkeys(self.id_headers, request_id) | to_client(answer.headers, own_key=True),
                media_type=answer.headers.get("content-type", "application/json"),
            )
        made = self.render(problem_of(error), request_id)
        headers = dict.fromkeys(self.id_headers, request_id)
        headers |= {name: value for name, value in made.headers.items() if name != "content-type"}
        return ErrorResponse(status=made.status, body=made.body, headers=headers)

    def stream_error(self, error: PromptlyError, request_id: str) -> bytes:
        return self.render_in_stream(problem_of(error), request_id, None)

    # What both ways share.

    def writing(self, attempt: Attempt) -> Writing:
        """What an answer to this call is written with."""
        request = attempt.request
        return Writing(
            envelope=read_of(attempt),
            request_id=request.id,
            seed=request.id.removeprefix("req_"),
            model=attempt.target.served_model,
            created=attempt.created,
            sealer=Sealer(attempt.cipher, serving(attempt)) if attempt.cipher is not None else None,
            estimate=max(1, rough_tokens(request.envelope.raw)),
        )

    def _forwarded_summary(self, attempt: Attempt, data: bytes) -> AnswerSummary:
        form = sent_of(attempt).format
        assert form.seen is not None, "what is forwarded is looked at"
        seen = form.seen(data)
        if seen.failure is not None:
            raise seen.failure
        if not seen.done:
            raise Failure("malformed", "The answer is not one of this API's.")
        return seen_summary(seen, form, naming_of(attempt), data)

    def _kept(self, attempt: Attempt, kept: Mapping[str, Kept], answer: Answer) -> Mapping[str, Kept]:
        ids = [block.id for block in answer.blocks if isinstance(block, Call)]
        return of_answer(dict(kept), ids, attempt.target.served_model)


def read_of(attempt: Attempt) -> Envelope:
    """The head of the request."""
    envelope = attempt.request.envelope
    assert isinstance(envelope, Envelope), "an endpoint gets back the heads that it has read"
    return envelope


def going_out(attempt: Attempt) -> Envelope:
    """The head of the request with the texts that go out. What is stored of a request is what came."""
    shorter, envelope = attempt.plan.shortened, read_of(attempt)
    return envelope if shorter is None else msgspec.structs.replace(envelope, raw=shorter, top=top_level(shorter))


def sent_of(attempt: Attempt) -> NeutralRequest:
    """What went out."""
    sent = attempt.encoded
    assert isinstance(sent, NeutralRequest), "answers come to requests that were encoded here"
    return sent


def naming_of(attempt: Attempt) -> dict[str, Any]:
    """What readers fill in where a provider says nothing."""
    return {"model": attempt.target.served_model, "request_id": attempt.request.id, "created": attempt.created}


def serving(attempt: Attempt) -> Serving:
    """Who serves: reasoning that was sealed for anybody else stays closed."""
    target = attempt.target
    return Serving(provider=target.provider, key_id=attempt.key_id, model=target.served_model)
