"""POST /v1/messages: Anthropic's format, as it came to Anthropic, and through the neutral model to all others."""

from collections.abc import Mapping
from typing import Final

from services.gateway.domain.request import Envelope as AnyEnvelope
from services.gateway.domain.request import Kind, Request
from services.gateway.domain.turns import CallIds
from services.gateway.endpoints.messages import answer as messages
from services.gateway.endpoints.messages import replay, request
from services.gateway.endpoints.messages.call_ids import call_ids
from services.gateway.endpoints.messages.collected import message_of
from services.gateway.endpoints.neutral import NeutralEndpoint, Writing
from services.gateway.formats import errors
from services.gateway.formats.blocks import Answer, Ask, Surface, Usage
from services.gateway.formats.deltas import StreamWriter
from services.gateway.formats.envelope import Envelope
from services.gateway.formats.errors import Problem, Rendered


class AnthropicMessages(NeutralEndpoint):
    """Anthropic's Messages API; see `Endpoint`."""

    kind: Kind = "messages"
    surface: Surface = "messages"
    routes: tuple[str, ...] = ("/v1/messages",)
    id_headers = ("request-id", "x-request-id")

    def parse(self, body: bytes, headers: Mapping[str, str], query: str) -> Envelope:
        return request.head(body, headers)

    def ask(self, envelope: Envelope) -> Ask:
        return request.ask(envelope)

    def call_ids(self, envelope: AnyEnvelope) -> CallIds:
        return call_ids(envelope.top["messages"]) if "tool_result" in envelope.flags else CallIds()

    def write(self, answer: Answer, writing: Writing) -> bytes:
        return messages.message(answer, _writing(writing))

    def writer(self, writing: Writing) -> StreamWriter:
        return messages.MessageStream(_writing(writing))

    def known_answer(self, envelope: Envelope) -> Answer | None:
        """A request that only fills Anthropic's cache."""
        if envelope.max_tokens != 0:
            return None
        return Answer(model=envelope.model, blocks=(), stop="length", usage=Usage())

    def collect(self, stream: bytes) -> bytes | None:
        return message_of(stream)

    def replay(self, request: Request, body: bytes, metadata: bytes) -> bytes:
        renewed = replay.renewed(body, f"msg_{request.id.removeprefix('req_')}")
        return replay.events_of(renewed) if request.envelope.stream else renewed

    def events_of(self, body: bytes) -> bytes:
        return replay.events_of(body)

    def render(self, problem: Problem, request_id: str) -> Rendered:
        return errors.anthropic(problem, request_id)

    def render_in_stream(self, problem: Problem, request_id: str, writer: StreamWriter | None) -> bytes:
        return b"event: error\ndata: %b\n\n" % errors.anthropic_body(problem, request_id)


def _writing(writing: Writing) -> messages.MessageWriting:
    return messages.MessageWriting(
        message_id=f"msg_{writing.seed}",
        thinking=request.wants_thinking(writing.envelope.top),
        sealer=writing.sealer,
        estimate=writing.estimate,
        request_id=writing.request_id,
    )


ANTHROPIC_MESSAGES: Final = AnthropicMessages()
