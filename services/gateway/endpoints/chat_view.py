"""A neutral request in the chat format, which is what the levers read whatever the client's own."""

from typing import Any

import msgspec

from services.gateway.domain.chat import Chat, parse
from services.gateway.formats.blocks import Ask
from services.gateway.providers.compatible.chat import messages_view, tools_view


def chat_view(ask: Ask) -> Chat:
    """The request's words, calls and tools, and what it needs of a model. `BadRequest` where there is nothing to read."""
    body: dict[str, Any] = {"model": ask.model, "messages": messages_view(ask)}
    if ask.tools:
        body["tools"] = tools_view(ask)
    if ask.max_tokens is not None and ask.max_tokens > 0:
        body["max_tokens"] = ask.max_tokens
    if ask.sampling.n > 1:
        body["n"] = ask.sampling.n
    if ask.format is not None:
        body["response_format"] = {"type": "json_object" if ask.format.schema is None else "json_schema"}
    return parse(msgspec.json.encode(body))
