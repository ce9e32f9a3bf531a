"""Anthropic's answers as OpenAI's: the message, its usage and its end, and what an error means."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from libs.common.contracts.events import TokenClasses
from services.gateway.domain.attempts import Failure
from services.gateway.translate.dialect import Kept, Whole
from services.gateway.translate.fields import Counted, Fields, compact, raw, read_object, too_many_parts, whole_text
from services.gateway.translate.openai_errors import retry_after
from services.gateway.translate.openai_usage import ESTIMATED, rates_of, usage_of

THINKING = ("thinking", "redacted_thinking")
_FINISH = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "pause_turn": "length",
    "compaction": "length",
    "refusal": "content_filter",
}
_STATUSES = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "conflict_error": 409,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
_CODES = {
    401: "invalid_api_key",
    402: "insufficient_quota",
    404: "model_not_found",
    413: "request_too_large",
    429: "rate_limit_exceeded",
    529: "overloaded",
}
_NUMBERS = frozenset(map(str, range(400, 600)))
_MAX_ERROR = 64 << 10
_MAX_SENTENCE = 2000
_UNPAID = re.compile(r"credit balance|spend(ing)? limit|API usage limit", re.IGNORECASE)
_TOO_LONG = re.compile(r"prompt is too long|context (window|limit|length)", re.IGNORECASE)
_SECRET = re.compile(r"sk-ant-[\w-]+|\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\borg[-_]\w{8,}", re.IGNORECASE)


class Counts(msgspec.Struct, frozen=True):
    """Tokens as Anthropic counts them: input without the cache's; writes of both kinds, and the hour-long among them."""

    input: int = 0
    written: int = 0
    written_1h: int = 0
    read: int = 0
    output: int = 0
    thinking: int = 0
    odd: bool = False
    speed: str = ""
    geo: str = ""

    @property
    def rates(self) -> tuple[str, ...]:
        """What multiplies the prices of all these tokens beside the service tier."""
        return rates_of(self.speed, self.geo)

    def at_least(self, other: "Counts") -> "Counts":
        """The greater of each: a stream's counts are running totals, and not every event has all of them."""
        most = Counts(*map(max, msgspec.structs.astuple(self)[:7], msgspec.structs.astuple(other)[:7]))
        return msgspec.structs.replace(most, speed=self.speed or other.speed, geo=self.geo or other.geo)

    @property
    def billed(self) -> TokenClasses | None:
        """What was charged, if the provider says that anything was."""
        said = self.usage()
        found = None if said is None else usage_of(msgspec.json.encode(said))
        return None if found is None else found.classes()

    def usage(self) -> dict[str, Any] | None:
        """OpenAI's usage object, whose prompt tokens include the cache's; None where nothing was counted."""
        prompt = self.input + self.written + self.read
        if not prompt and not self.output:
            return None
        return {
            "prompt_tokens": prompt,
            "completion_tokens": self.output,
            "total_tokens": prompt + self.output,
            "prompt_tokens_details": {
                "cached_tokens": self.read,
                "cache_write_tokens": self.written,
                "cache_write_1h_tokens": self.written_1h,
            },
            "completion_tokens_details": {"reasoning_tokens": self.thinking},
            **({ESTIMATED: True} if self.odd else {}),
            **({"speed": self.speed} if self.speed else {}),
            **({"inference_geo": self.geo} if self.geo else {}),
        }


class Error(msgspec.Struct, frozen=True, kw_only=True):
    """Anthropic's error object."""

    type: str = ""
    message: str = "The provider reported an error."


def counts_of(usage: Fields) -> Counts:
    """Anthropic's usage object, flat; any part may be missing, null, or of another kind than it should be."""
    seen = Counted()
    by_age = usage.object("cache_creation")
    short = seen.count(by_age, "ephemeral_5m_input_tokens") or 0
    long = seen.count(by_age, "ephemeral_1h_input_tokens") or 0
    return Counts(
        input=seen.count(usage, "input_tokens") or 0,
        written=max(seen.count(usage, "cache_creation_input_tokens") or 0, short + long),
        written_1h=long,
        read=seen.count(usage, "cache_read_input_tokens") or 0,
        output=seen.count(usage, "output_tokens") or 0,
        thinking=seen.count(usage.object("output_tokens_details"), "thinking_tokens") or 0,
        odd=seen.odd,
        speed=usage.name("speed"),
        geo=usage.name("inference_geo"),
    )


def answer(data: bytes, *, model: str, request_id: str, created: int) -> Whole:
    """A whole message as a `chat.completion`. Blocks are told by their type: thinking may come first, or not at all."""
    message = read_object(data)
    if message is None or too_many_parts(data):
        raise Failure("malformed", "The answer is not a message of Anthropic's.")
    if message.text("type") == "error" or ("content" not in message.values and error_of(message) is not None):
        raise failed(error_of(message) or Error())
    counts = counts_of(message.object("usage"))
    kinds = [(block.text("type"), block) for block in _content(message)]
    thinking = [_plain(block) for kind, block in kinds if kind in THINKING]
    calls = [call(block, f"{request_id}:{at}") for at, (kind, block) in enumerate(kinds) if kind == "tool_use"]
    said: dict[str, Any] = {"role": "assistant", "content": _joined(kinds, "text"), "refusal": None}
    if not (said["content"] or calls or thinking or message.text("stop_reason")):
        raise Failure("malformed", "The answer is not a message of Anthropic's.", billed=counts.billed)
    if not all(made["function"]["name"] for made in calls):
        raise Failure("malformed", "The answer calls a tool without saying which.", billed=counts.billed)
    if calls:
        said |= {"tool_calls": calls, "content": said["content"] or None}
    if reasons := _joined(kinds, "thinking"):
        said["reasoning_content"] = reasons
    if thinking:
        said["thinking_blocks"] = thinking
    stop = message.name("stop_reason") or None
    if stop == "refusal":
        said["refusal"] = message.object("stop_details").text("explanation") or None
    completion: dict[str, Any] = {
        "id": completion_id(message.name("id"), request_id),
        "object": "chat.completion",
        "created": created,
        "model": message.name("model") or model,
        "choices": [{"index": 0, "message": said, "logprobs": None, **ending(stop, called=bool(calls))}],
    }
    if (usage := counts.usage()) is not None:
        completion["usage"] = usage
    if tier := tier_of(message.object("usage")):
        completion["service_tier"] = tier
    kept = {made["id"]: Kept(served_model=model, blocks=thinking) for made in calls}
    return Whole(body=msgspec.json.encode(completion), kept=kept)


def tier_of(usage: Fields) -> str:
    """The service tier that the answer was served with, in OpenAI's words."""
    tier = usage.name("service_tier")
    return "default" if tier == "standard" else tier


def _content(message: Fields) -> list[Fields]:
    """The blocks; a bare text is one."""
    if isinstance(said := message.value("content"), str):
        return [Fields({"type": raw("text"), "text": raw(said)})] if said else []
    return message.objects("content")


def _plain(block: Fields) -> dict[str, Any]:
    return {name: block.value(name) for name in block.values}


def completion_id(message_id: str, request_id: str) -> str:
    """OpenAI's form of a message's id."""
    return f"chatcmpl-{message_id.removeprefix('msg_') if message_id else request_id}"


def call(block: Fields, seed: str) -> dict[str, Any]:
    """A tool block as OpenAI's tool call, its arguments digit for digit; `seed` makes an id for one that has none."""
    name = block.name("id") or "toolu_" + hashlib.blake2b(seed.encode(), digest_size=12).hexdigest()
    return {"id": name, "type": "function", "function": {"name": block.name("name"), "arguments": arguments(block)}}


def arguments(block: Fields) -> str:
    """A tool block's input as JSON."""
    given = block.values.get("input")
    if given is None or bytes(given) == b"null":
        return "{}"
    value = block.value("input")
    return (value or "{}") if isinstance(value, str) else compact(given)


def ending(stop_reason: str | None, *, called: bool = False) -> dict[str, str | None]:
    """Why it ended, in OpenAI's words and in Anthropic's own."""
    finish = _FINISH.get(stop_reason or "", "tool_calls" if called else "stop")
    return {"finish_reason": finish, "native_finish_reason": stop_reason}


def error_of(fields: Fields) -> Error | None:
    """The error that an object holds, as an object of its own or as a text."""
    if (found := fields.object("error")).values:
        return Error(type=found.name("type"), message=found.text("message") or Error().message)
    said = fields.text("error") or (fields.text("message") if "content" not in fields.values else "")
    return Error(type=fields.name("code"), message=said) if said else None


def failure(status: int, headers: Mapping[str, str], content: bytes) -> Failure:
    """What an error answer means."""
    fields = read_object(whole_text(content[:_MAX_ERROR]))
    error = (None if fields is None else error_of(fields)) or Error(
        message=f"The provider answered with status {status}."
    )
    return failed(error, status=status, retry_after=retry_after(headers))


def failed(error: Error, *, status: int | None = None, retry_after: float | None = None) -> Failure:
    """The failure that an error object describes; an event of a stream has no status beside its type."""
    status = status or _STATUSES.get(error.type) or (int(error.type) if error.type in _NUMBERS else 500)
    code = _CODES.get(status) or error.type or None
    if status in (400, 402, 403) and (error.type == "billing_error" or _UNPAID.search(error.message)):
        status, code = 402, "insufficient_quota"
    elif status == 400 and _TOO_LONG.search(error.message):
        code = "context_length_exceeded"
    message = _SECRET.sub("[redacted]", error.message[:_MAX_SENTENCE])
    return Failure("status", message, status=status, code=code, retry_after=retry_after)


def _joined(blocks: list[tuple[str, Fields]], kind: str) -> str:
    return "".join(block.text(kind) for found, block in blocks if found == kind)
