"""`:countTokens` of a model."""

from collections.abc import Mapping

from services.gateway.domain.request import Envelope as AnyEnvelope
from services.gateway.endpoints.counting import CountingEndpoint
from services.gateway.endpoints.generate import answer, request
from services.gateway.endpoints.google_generate import GoogleGenerate
from services.gateway.formats import envelope as envelopes
from services.gateway.formats.blocks import Ask
from services.gateway.formats.envelope import Envelope


class GoogleCount(CountingEndpoint, GoogleGenerate):
    """Counts the tokens of a request. Its body holds contents, or a whole request."""

    kind = "count"

    def __init__(self, model: str) -> None:
        super().__init__(model)
        self._counted = model

    def parse(self, body: bytes, headers: Mapping[str, str], query: str) -> Envelope:
        top = envelopes.top_level(body)
        return Envelope(raw=body, top=top, model=self._counted, flags=envelopes.flags(top.values()))

    def ask_count(self, envelope: AnyEnvelope) -> Ask:
        return request.count_ask(envelope.raw, model=envelope.model)

    def write_count(self, tokens: int) -> bytes:
        return answer.token_count(tokens)
