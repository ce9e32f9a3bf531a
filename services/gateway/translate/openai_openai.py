"""OpenAI chat in, OpenAI chat out: the parameters that a model family takes, and what goes through untouched."""

from collections.abc import Mapping
from typing import Any

import msgspec

from libs.common.catalog import Model
from services.gateway.domain.attempts import Failure
from services.gateway.translate.dialect import Asked, Kept, Outgoing, Whole
from services.gateway.translate.openai_errors import failure
from services.gateway.translate.payloads import Payloads

# What Promptly adds to messages on behalf of other providers, and what clients bring along from elsewhere.
_FOREIGN = ("reasoning_content", "thinking_blocks", "extra_content", "cache_control")
_SUFFIX = "__thought__"
_NEUTRAL: Mapping[str, Any] = {
    "temperature": 1,
    "top_p": 1,
    "frequency_penalty": 0,
    "presence_penalty": 0,
    "logprobs": False,
    "top_logprobs": 0,
    "logit_bias": {},
    "stop": [],
}
_LIMITS = ("max_completion_tokens", "max_tokens")
_NEVER_REASONING = ("stop", "frequency_penalty", "presence_penalty", "logit_bias")
_ONLY_WITHOUT_EFFORT = ("temperature", "top_p", "logprobs", "top_logprobs")


class OpenAIDialect:
    """OpenAI's own format. `strict` is for OpenAI itself, which refuses message fields that it does not know; servers
    that speak its format often mean something by them.
    """

    def __init__(self, *, strict: bool) -> None:
        self._strict = strict

    def request(self, asked: Asked) -> Outgoing:
        """The client's object with `model` and `messages` replaced. A stream always asks for usage, because money is
        counted from it.
        """
        body = dict(asked.raw)
        body["model"] = _raw(asked.model)
        body["messages"] = _own_fields(asked.messages) if self._strict else asked.messages
        dropped = _fit(body, asked.known) if asked.known is not None else []
        added: list[str] = []
        if "max_completion_tokens" in body and "max_completion_tokens" not in asked.raw:
            if "max_completion_tokens" in asked.without:
                body["max_tokens"] = body.pop("max_completion_tokens")
            else:
                added.append("max_completion_tokens")
        if asked.stream:
            options = msgspec.json.decode(body["stream_options"]) if "stream_options" in body else None
            if not (options or {}).get("include_usage") and "stream_options" not in asked.without:
                body["stream_options"] = _raw(dict(options or {}, include_usage=True))
                added.append("stream_options")
        return Outgoing(body=msgspec.json.encode(body), dropped=tuple(dropped), added=tuple(added))

    def answer(self, data: bytes, *, model: str, request_id: str, created: int) -> Whole:
        return Whole(body=data)

    def chunks(self, *, model: str, request_id: str, created: int) -> "OpenAIChunks":
        return OpenAIChunks()

    def failure(self, status: int, headers: Mapping[str, str], content: bytes) -> Failure:
        return failure(status, headers, content)


class OpenAIChunks:
    """A stream that holds OpenAI's chunks already."""

    def __init__(self) -> None:
        self.kept: dict[str, Kept] = {}
        self.counted: dict[str, Any] | None = None
        self._payloads = Payloads()
        self.feed = self._payloads.feed
        self.end = self._payloads.end

    @property
    def idle(self) -> bool:
        return self._payloads.idle


OPENAI = OpenAIDialect(strict=True)
OPENAI_COMPATIBLE = OpenAIDialect(strict=False)


def with_metadata(answer: bytes, metadata: bytes) -> bytes:
    """A JSON object with one more key, spliced in before the closing brace so that the rest stays as it came."""
    body = answer.rstrip()
    separator = b"," if len(body) > 2 else b""
    return b'%b%b"promptly_metadata":%b}' % (body[:-1].rstrip(), separator, metadata)


def _fit(body: dict[str, msgspec.Raw], known: Model) -> list[str]:
    """Make the parameters fit the model's family; the names of those that were dropped or changed."""
    dropped: list[str] = []
    refused: tuple[str, ...]
    _fit_limit(body, known, dropped)
    if known.can("reasoning"):
        effort = _fit_effort(body, known, dropped)
        refused = _NEVER_REASONING if effort == "none" else (*_NEVER_REASONING, *_ONLY_WITHOUT_EFFORT)
    else:
        refused = ("reasoning_effort", "verbosity")
    values = {name: msgspec.json.decode(body.pop(name)) for name in refused if name in body}
    dropped += [name for name, value in values.items() if value is not None and value != _NEUTRAL.get(name)]
    return dropped


def _fit_limit(body: dict[str, msgspec.Raw], known: Model, dropped: list[str]) -> None:
    """One limit, because two are refused, under the name that the family takes; the newer name's holds."""
    read = {name: msgspec.json.decode(body[name]) for name in _LIMITS if name in body}
    given = {name: limit for name, limit in read.items() if limit is not None}
    if not given:
        return
    sent, wanted = next(iter(given.items()))
    fitting = min(wanted, known.max_output_tokens or wanted)
    dropped += [name for name, limit in given.items() if limit != (fitting if name == sent else wanted)]
    for name in given:
        del body[name]
    body["max_completion_tokens" if known.can("reasoning") else sent] = _raw(fitting)


def _fit_effort(body: dict[str, msgspec.Raw], known: Model, dropped: list[str]) -> str | None:
    """The effort that the model will make; an effort that it does not know becomes the next one that it does."""
    asked = msgspec.json.decode(body["reasoning_effort"]) if "reasoning_effort" in body else None
    if asked is None:
        return "none" if known.can("default_effort_none") else None
    fitting = asked
    if asked == "none" and not known.can("effort_none"):
        fitting = "minimal" if known.can("effort_minimal") else "low"
    elif asked == "minimal" and not known.can("effort_minimal"):
        fitting = "low"
    if fitting != asked:
        body["reasoning_effort"] = _raw(fitting)
        dropped.append("reasoning_effort")
    return str(fitting)


def _own_fields(messages: msgspec.Raw) -> msgspec.Raw:
    """Messages without fields and id suffixes that belong to other providers; untouched where there are none."""
    text = bytes(messages)
    if not any(name.encode() in text for name in (*_FOREIGN, _SUFFIX)):
        return messages
    found = msgspec.json.decode(text)
    for message in found:
        _strip(message)
        if isinstance(message.get("tool_call_id"), str):
            message["tool_call_id"] = message["tool_call_id"].partition(_SUFFIX)[0]
        for call in message.get("tool_calls") or ():
            _strip(call)
            if isinstance(call.get("id"), str):
                call["id"] = call["id"].partition(_SUFFIX)[0]
        if isinstance(message.get("content"), list):
            for part in message["content"]:
                _strip(part)
    return _raw(found)


def _strip(found: dict[str, Any]) -> None:
    for name in _FOREIGN:
        found.pop(name, None)


def _raw(value: Any) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))
