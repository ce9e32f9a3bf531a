"""Anthropic's Messages API, as one dialect."""

from collections.abc import Mapping

from services.gateway.domain.attempts import Failure
from services.gateway.translate import anthropic_openai
from services.gateway.translate.anthropic_stream import AnthropicChunks
from services.gateway.translate.dialect import Asked, Chunks, Dialect, Outgoing, Whole
from services.gateway.translate.openai_anthropic import request_body


class AnthropicDialect:
    """Requests as `POST /v1/messages` takes them under version 2023-06-01, and what comes back."""

    def request(self, asked: Asked) -> Outgoing:
        """The body to send. `BadRequest` names a field that Anthropic has no form for."""
        return request_body(asked)

    def answer(self, data: bytes, *, model: str, request_id: str, created: int) -> Whole:
        """A whole answer. `Failure` "malformed" for one that cannot be read."""
        return anthropic_openai.answer(data, model=model, request_id=request_id, created=created)

    def chunks(self, *, model: str, request_id: str, created: int) -> Chunks:
        """A reader for one stream."""
        return AnthropicChunks(model=model, request_id=request_id, created=created)

    def failure(self, status: int, headers: Mapping[str, str], content: bytes) -> Failure:
        """What an error answer means. Header names are lower-case."""
        return anthropic_openai.failure(status, headers, content)


ANTHROPIC: Dialect = AnthropicDialect()
