"""`:generateContent` and `:streamGenerateContent`: Gemini's format, as it came to Google, and through the neutral model to all others.

The model and what is wanted of it stand in the address, so that each request has an endpoint of its own.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote_plus

import msgspec
from msgspec import Raw

from services.gateway.domain.request import Envelope as AnyEnvelope
from services.gateway.domain.request import Kind, Request
from services.gateway.domain.turns import CallIds
from services.gateway.endpoints.base import AnswerStream, Attempt
from services.gateway.endpoints.forwarded_list import ForwardedList
from services.gateway.endpoints.generate import answer as generate
from services.gateway.endpoints.generate import replay, request
from services.gateway.endpoints.generate.call_ids import call_ids
from services.gateway.endpoints.generate.collected import answer_of
from services.gateway.endpoints.neutral import NeutralEndpoint, Writing, naming_of, sent_of
from services.gateway.formats import errors
from services.gateway.formats.blocks import Answer, Ask, Surface
from services.gateway.formats.deltas import StreamWriter
from services.gateway.formats.envelope import Envelope
from services.gateway.formats.errors import Problem, Rendered

VERSIONS: Final = ("/v1beta", "/v1", "")
_FORMAT_FIELDS = ("alt", "$alt")


class GoogleGenerate(NeutralEndpoint):
    """Gemini's API for one model; see `Endpoint`. `listed`: the stream is a JSON list, not events."""

    kind: Kind = "generate"
    surface: Surface = "generate"
    routes: tuple[str, ...] = tuple(f"{version}/models/{{model:path}}" for version in VERSIONS)

    def __init__(self, model: str = "", *, stream: bool = False, listed: bool = False) -> None:
        self._model = model
        self._stream = stream
        self._listed = listed

    def parse(self, body: bytes, headers: Mapping[str, str], query: str) -> Envelope:
        return request.head(body, headers, model=self._model, stream=self._stream)

    def for_model(self, envelope: AnyEnvelope, model: str) -> Envelope:
        """The model stands in the address."""
        assert isinstance(envelope, Envelope), "an endpoint gets back the heads that it has read"
        return msgspec.structs.replace(envelope, model=model)

    def ask(self, envelope: Envelope) -> Ask:
        return request.ask(envelope)

    def call_ids(self, envelope: AnyEnvelope) -> CallIds:
        return call_ids(envelope.top.get("contents", Raw(b"[]"))) if "tool_result" in envelope.flags else CallIds()

    def query(self, envelope: Envelope) -> str:
        """The query but for the form of the answer, which goes with the address."""
        parts = envelope.query.split("&")
        return "&".join(part for part in parts if unquote_plus(part.partition("=")[0]) not in _FORMAT_FIELDS)

    def own_body(self, envelope: Envelope, model: str) -> bytes:
        return envelope.raw

    def own_surface(self, envelope: Envelope) -> str:
        return "generate:list" if self._listed else self.surface

    def stream(self, attempt: Attempt) -> AnswerStream:
        sent = sent_of(attempt)
        if not (sent.forwarded and self._listed):
            return super().stream(attempt)
        return ForwardedList(
            sent.format,
            naming_of(attempt),
            failed=lambda problem: b",\n" + errors.google_body(problem) + b"\n]",
            events_of=self.events_of,
            collect=self.collect if attempt.request.cache_key is not None else None,
        )

    def media_type(self, envelope: AnyEnvelope) -> str:
        return "text/event-stream" if self._stream and not self._listed else "application/json; charset=UTF-8"

    def write(self, answer: Answer, writing: Writing) -> bytes:
        return generate.generated(answer, self._writing(writing))

    def writer(self, writing: Writing) -> StreamWriter:
        return generate.GenerateStream(self._writing(writing))

    def collect(self, stream: bytes) -> bytes | None:
        return answer_of(stream, listed=self._listed)

    def replay(self, request: Request, body: bytes, metadata: bytes) -> bytes:
        renewed = replay.renewed(body, request.id.removeprefix("req_"))
        return self.events_of(renewed) if request.envelope.stream else renewed

    def events_of(self, body: bytes) -> bytes:
        return replay.events_of(body, listed=self._listed)

    def render(self, problem: Problem, request_id: str) -> Rendered:
        return errors.google(problem)

    def render_in_stream(self, problem: Problem, request_id: str, writer: StreamWriter | None) -> bytes:
        """A bare JSON object, which clients read as an error where it comes by itself."""
        if isinstance(writer, generate.GenerateStream):
            return writer.error(problem)
        body = errors.google_body(problem)
        return b"[" + body + b"\n]" if self._listed else body

    def _writing(self, writing: Writing) -> generate.GenerateWriting:
        thoughts = request.shows_thoughts(writing.envelope)
        return generate.GenerateWriting(
            response_id=writing.seed,
            model=writing.model,
            thoughts=thoughts,
            sealer=writing.sealer,
            listed=self._listed,
        )


GOOGLE_GENERATE: Final = GoogleGenerate()
