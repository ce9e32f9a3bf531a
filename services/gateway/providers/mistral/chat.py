"""OpenAI chat in, Mistral chat out. Its answers need nothing: content that is a list of parts is read wherever it comes from."""

import hashlib
import re
from typing import Any, Final

import msgspec

from services.gateway.translate.dialect import Asked, Outgoing
from services.gateway.translate.openai_openai import OpenAIDialect

# What the API has another name for, and what it refuses with a 422 because it does not know it.
_RENAMED: Final = {"max_completion_tokens": "max_tokens", "seed": "random_seed"}
_UNKNOWN: Final = (
    *("logit_bias", "logprobs", "top_logprobs", "store", "metadata", "service_tier", "user", "safety_identifier"),
    *("verbosity", "modalities", "audio", "prediction", "web_search_options", "functions", "function_call"),
    *("stream_options", "prompt_cache_key", "prompt_cache_retention"),
)
_CALL_ID: Final = re.compile(r"[a-zA-Z0-9]{9}")


class MistralDialect(OpenAIDialect):
    """See `Dialect`. Usage comes with the last chunk of every stream, so that nothing has to ask for it."""

    def request(self, asked: Asked) -> Outgoing:
        made = super().request(asked)
        body: dict[str, msgspec.Raw] = msgspec.json.decode(made.body, type=dict[str, msgspec.Raw])
        dropped = list(made.dropped)
        for name in _UNKNOWN:
            if name in body:
                body.pop(name)
                if name in asked.raw and name != "stream_options":
                    dropped.append(name)
        for name, theirs in _RENAMED.items():
            if name in body:
                body[theirs] = body.pop(name)
        body["messages"] = _with_short_ids(body["messages"])
        added = tuple(name for name in made.added if name in body)
        return Outgoing(body=msgspec.json.encode(body), dropped=tuple(dict.fromkeys(dropped)), added=added)


def _with_short_ids(messages: msgspec.Raw) -> msgspec.Raw:
    """The API takes ids of calls of nine letters and digits; others are told apart by a digest of theirs."""
    if b'"tool_call' not in bytes(messages):
        return messages
    found: list[dict[str, Any]] = msgspec.json.decode(messages)
    changed = False
    for message in found:
        for call in message.get("tool_calls") or ():
            changed |= _shorten(call, "id")
        changed |= _shorten(message, "tool_call_id")
    return msgspec.Raw(msgspec.json.encode(found)) if changed else messages


def _shorten(holder: dict[str, Any], name: str) -> bool:
    given = holder.get(name)
    if not isinstance(given, str) or _CALL_ID.fullmatch(given):
        return False
    holder[name] = hashlib.sha256(given.encode("utf-8", "surrogatepass")).hexdigest()[:9]
    return True


MISTRAL: Final = MistralDialect(strict=False)
