"""POST /v1/responses/input_tokens."""

from collections.abc import Mapping

from msgspec import Raw

from services.gateway.domain.request import Envelope as AnyEnvelope
from services.gateway.endpoints.counting import CountingEndpoint, with_fields
from services.gateway.endpoints.openai_responses import OpenAIResponses
from services.gateway.endpoints.responses import answer
from services.gateway.formats.blocks import Ask
from services.gateway.formats.envelope import Envelope

_NO_ITEMS = Raw(b"[]")


class OpenAICount(CountingEndpoint, OpenAIResponses):
    """Counts the tokens of a request for a response, with what it goes on with."""

    kind = "count"
    routes: tuple[str, ...] = ("/v1/responses/input_tokens",)

    def parse(self, body: bytes, headers: Mapping[str, str], query: str) -> Envelope:
        return OpenAIResponses.parse(self, body, headers, query)

    def ask_count(self, envelope: AnyEnvelope) -> Ask:
        assert isinstance(envelope, Envelope)
        return self.ask(with_fields(envelope, input=_NO_ITEMS))

    def write_count(self, tokens: int) -> bytes:
        return answer.token_count(tokens)
