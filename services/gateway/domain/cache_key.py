"""What makes two requests the same, and what has to be the same for one answer to serve two questions."""

import hashlib
from typing import Any

import msgspec

from libs.common.contracts.auth import OptimizationSettings, Principal
from services.gateway.domain.chat import Chat
from services.gateway.domain.hosted import hosted

# How the answer is delivered and what the provider keeps of it change nothing about the answer.
_NOT_PART = frozenset(
    (
        "stream stream_options metadata store prompt_cache_key prompt_cache_options prompt_cache_retention service_tier"
    ).split()
)
# Settings of the cache and of what is stored, which shape no answer.
_OF_THE_CACHE = (
    "cache_enabled",
    "cache_similarity_threshold",
    "cache_ttl_seconds",
    "store_responses",
    "holdout_share",
    "lever_shares",
    "capture",
)
_MAX_TEMPERATURE = 1.0


class CacheKey(msgspec.Struct, frozen=True, kw_only=True):
    """Hex SHA-256 digests; `query` is the question's text, None where only an exact repeat may be served."""

    fingerprint: str
    scope: str
    query: str | None


def cacheable(chat: Chat) -> bool:
    """Whether an answer to this request may be kept at all: not where it is meant to vary, comes several at a time, or was
    looked up by the provider while it answered.
    """
    fields = chat.fields
    varies = fields.temperature is not None and fields.temperature > _MAX_TEMPERATURE
    return not varies and (fields.n or 1) == 1 and not hosted(chat)


def shaped_by(settings: OptimizationSettings, principal: Principal) -> dict[str, Any]:
    """What Promptly itself does to a request on its way to an answer: levers, routing, rules, tiers."""
    own = {name: value for name, value in msgspec.structs.asdict(settings).items() if name not in _OF_THE_CACHE}
    return {"settings": own, "rules": principal.rules, "tiers": principal.tiers}


def cache_key(chat: Chat, shape: dict[str, Any] | None = None, application: str | None = None) -> CacheKey:
    """The key of a request. The model in it is the requested one, whichever serves; `shape` is what `shaped_by` said, and
    `application` the scope that the client named.
    """
    request: dict[str, Any] = {
        name: msgspec.json.decode(value) for name, value in chat.raw.items() if name not in _NOT_PART
    }
    fingerprint = _digest([request, shape, application])
    *earlier, last = request.pop("messages")
    scope = _digest([request, earlier, _without_text(last), shape, application])
    return CacheKey(fingerprint=fingerprint, scope=scope, query=_query(chat))


def _without_text(message: dict[str, Any]) -> dict[str, Any]:
    """What the last message says beside its words: role, name, and whatever else a client may write into it."""
    content = message.get("content")
    parts = content if isinstance(content, list) else ()
    beside = [{name: value for name, value in part.items() if name not in {"type", "text"}} for part in parts]
    return {**message, "content": beside if any(beside) else None}


def _query(chat: Chat) -> str | None:
    last = chat.last_user
    if last is None or last.part_types - {"text"}:
        return None
    text = "\n".join(last.texts)
    return text if text.strip() else None


def _digest(value: object) -> str:
    return hashlib.sha256(msgspec.json.encode(value, order="sorted")).hexdigest()
