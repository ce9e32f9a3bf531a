"""POST /v1/messages/count_tokens."""

from collections.abc import Mapping
from typing import Final

from msgspec import Raw

from services.gateway.domain.request import Envelope as AnyEnvelope
from services.gateway.endpoints.anthropic_messages import AnthropicMessages
from services.gateway.endpoints.counting import CountingEndpoint, with_fields
from services.gateway.endpoints.messages import answer, request
from services.gateway.formats.blocks import Ask
from services.gateway.formats.envelope import Envelope

_ANY_LIMIT = Raw(b"1024")


class AnthropicCount(CountingEndpoint, AnthropicMessages):
    """Counts the tokens of a message's request."""

    kind = "count"
    routes: tuple[str, ...] = ("/v1/messages/count_tokens",)

    def parse(self, body: bytes, headers: Mapping[str, str], query: str) -> Envelope:
        return request.head(body, headers)

    def ask_count(self, envelope: AnyEnvelope) -> Ask:
        assert isinstance(envelope, Envelope)
        return request.ask(with_fields(envelope, max_tokens=_ANY_LIMIT))

    def write_count(self, tokens: int) -> bytes:
        return answer.token_count(tokens)


ANTHROPIC_COUNT: Final = AnthropicCount()
