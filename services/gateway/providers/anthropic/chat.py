"""Anthropic's Messages API, for clients of the chat format."""

from collections.abc import Mapping

from services.gateway.domain.attempts import Failure
from services.gateway.formats.chat import ChatChunks, completion
from services.gateway.providers.anthropic import answer
from services.gateway.translate.anthropic_wire import failure
from services.gateway.translate.dialect import Asked, Chunks, Dialect, Outgoing, Whole
from services.gateway.translate.openai_anthropic import request_body


class AnthropicDialect:
    """Requests as `POST /v1/messages` takes them under version 2023-06-01, and what comes back. Answers are read as for every
    other client (`answer.py`), and then written.
    """

    def request(self, asked: Asked) -> Outgoing:
        """The body to send. `BadRequest` names a field that Anthropic has no form for."""
        return request_body(asked)

    def answer(self, data: bytes, *, model: str, request_id: str, created: int) -> Whole:
        """A whole answer. `Failure` "malformed" for one that cannot be read."""
        found = answer.read_answer(data, model=model, request_id=request_id)
        return completion(found, model=model, request_id=request_id, created=created)

    def chunks(self, *, model: str, request_id: str, created: int) -> Chunks:
        """A reader for one stream."""
        reader = answer.reader(model=model, request_id=request_id)
        return ChatChunks(reader, model=model, request_id=request_id, created=created)

    def failure(self, status: int, headers: Mapping[str, str], content: bytes) -> Failure:
        """What an error answer means."""
        return failure(status, headers, content)


ANTHROPIC: Dialect = AnthropicDialect()
