"""A neutral request in the chat format, which is what the levers read whatever the client's own."""

from typing import Any

import msgspec

from services.gateway.domain.chat import Chat, OwnFormat, parse
from services.gateway.endpoints.shortened import ShortenedBody
from services.gateway.formats.blocks import Ask
from services.gateway.formats.envelope import Envelope
from services.gateway.providers.compatible.chat import messages_view, tools_view


def chat_view(ask: Ask, envelope: Envelope | None = None) -> Chat:
    """The request's words, calls and tools, and what it needs of a model. `BadRequest` where there is nothing to read. With the
    `envelope` that it was read from, texts can be put back into that one's body.
    """
    shown = messages_view(ask)
    body: dict[str, Any] = {"model": ask.model, "messages": [message for message, _ in shown]}
    if ask.tools:
        body["tools"] = tools_view(ask)
    if ask.max_tokens is not None and ask.max_tokens > 0:
        body["max_tokens"] = ask.max_tokens
    if ask.sampling.n > 1:
        body["n"] = ask.sampling.n
    if ask.format is not None:
        body["response_format"] = {"type": "json_object" if ask.format.schema is None else "json_schema"}
    own: OwnFormat | None = None if envelope is None else ShortenedBody(ask, shown, envelope)
    return msgspec.structs.replace(parse(msgspec.json.encode(body)), own=own)
