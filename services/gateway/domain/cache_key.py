"""What makes two requests the same, and what has to be the same for one answer to serve two questions."""

import hashlib
from typing import Any

import msgspec

from services.gateway.domain.chat import Chat

# Who asks, how the answer is delivered and what the provider keeps of it change nothing about the answer.
_NOT_PART = frozenset(
    (
        "stream stream_options user metadata store safety_identifier prompt_cache_key prompt_cache_options "
        "prompt_cache_retention service_tier"
    ).split()
)
_MAX_TEMPERATURE = 1.0


class CacheKey(msgspec.Struct, frozen=True, kw_only=True):
    """Hex SHA-256 digests; `query` is the question's text, None where only an exact repeat may be served."""

    fingerprint: str
    scope: str
    query: str | None


def cacheable(chat: Chat) -> bool:
    """Whether an answer to this request may be kept at all: not where it is meant to vary or comes several at a time."""
    fields = chat.fields
    return (fields.temperature is None or fields.temperature <= _MAX_TEMPERATURE) and (fields.n or 1) == 1


def cache_key(chat: Chat) -> CacheKey:
    """The key of a request. The model in it is the requested one, whichever serves."""
    request: dict[str, Any] = {
        name: msgspec.json.decode(value) for name, value in chat.raw.items() if name not in _NOT_PART
    }
    fingerprint = _digest(request)
    query = _query(chat)
    request["messages"] = request["messages"][:-1]
    return CacheKey(fingerprint=fingerprint, scope=_digest([request, chat.fields.messages[-1].role]), query=query)


def _query(chat: Chat) -> str | None:
    last = chat.last_user
    if last is None or last.part_types - {"text"}:
        return None
    text = "\n".join(last.texts)
    return text if text.strip() else None


def _digest(value: object) -> str:
    return hashlib.sha256(msgspec.json.encode(value, order="sorted")).hexdigest()
