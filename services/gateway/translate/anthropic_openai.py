"""Anthropic's answers as OpenAI's: the message, its usage and its end, and what an error means."""

import math
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from libs.common.contracts.base import UNREADABLE, decoder
from services.gateway.domain.attempts import Failure
from services.gateway.translate.dialect import Kept, Whole

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

    def at_least(self, other: "Counts") -> "Counts":
        """The greater of each: a stream's counts are running totals, and not every event has all of them."""
        return Counts(*map(max, msgspec.structs.astuple(self), msgspec.structs.astuple(other)))

    def usage(self) -> dict[str, Any]:
        """OpenAI's usage object, whose prompt tokens include the cache's."""
        prompt = self.input + self.written + self.read
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
        }


class _Written(msgspec.Struct, frozen=True, kw_only=True):
    ephemeral_5m_input_tokens: int | None = None
    ephemeral_1h_input_tokens: int | None = None


class _Spent(msgspec.Struct, frozen=True, kw_only=True):
    thinking_tokens: int | None = None


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """Anthropic's usage object; any part may be missing or null."""

    input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation: _Written | None = None
    output_tokens: int | None = None
    output_tokens_details: _Spent | None = None

    def counts(self) -> Counts:
        """The same, flat."""
        by_age = self.cache_creation or _Written()
        short, long = by_age.ephemeral_5m_input_tokens or 0, by_age.ephemeral_1h_input_tokens or 0
        return Counts(
            input=self.input_tokens or 0,
            written=max(self.cache_creation_input_tokens or 0, short + long),
            written_1h=long,
            read=self.cache_read_input_tokens or 0,
            output=self.output_tokens or 0,
            thinking=(self.output_tokens_details or _Spent()).thinking_tokens or 0,
        )


class StopDetails(msgspec.Struct, frozen=True, kw_only=True):
    """Why a model refused, in words, if it says so."""

    explanation: str | None = None


class Error(msgspec.Struct, frozen=True, kw_only=True):
    """Anthropic's error object."""

    type: str = ""
    message: str = "The provider reported an error."


class _ErrorBody(msgspec.Struct, frozen=True, kw_only=True):
    error: Error


class _Message(msgspec.Struct, frozen=True, kw_only=True):
    content: list[dict[str, Any]]
    id: str | None = None
    model: str | None = None
    stop_reason: str | None = None
    stop_details: StopDetails | None = None
    usage: Usage | None = None


def answer(data: bytes, *, model: str, request_id: str, created: int) -> Whole:
    """A whole message as a `chat.completion`. Blocks are told by their type: thinking may come first, or not at all."""
    try:
        message = decoder(_Message).decode(data)
        thinking = [block for block in message.content if block.get("type") in THINKING]
        calls = [call(block) for block in message.content if block.get("type") == "tool_use"]
        said: dict[str, Any] = {"role": "assistant", "content": _joined(message.content, "text"), "refusal": None}
        reasons = _joined(message.content, "thinking")
    except (*UNREADABLE, RecursionError, KeyError, TypeError):
        raise Failure("malformed", "The answer is not a message of Anthropic's.") from None
    if calls:
        said |= {"tool_calls": calls, "content": said["content"] or None}
    if reasons:
        said["reasoning_content"] = reasons
    if thinking:
        said["thinking_blocks"] = thinking
    if message.stop_reason == "refusal" and message.stop_details is not None:
        said["refusal"] = message.stop_details.explanation
    completion: dict[str, Any] = {
        "id": completion_id(message.id, request_id),
        "object": "chat.completion",
        "created": created,
        "model": message.model or model,
        "choices": [{"index": 0, "message": said, "logprobs": None, **ending(message.stop_reason)}],
    }
    if message.usage is not None:
        completion["usage"] = message.usage.counts().usage()
    kept = {made["id"]: Kept(served_model=model, blocks=thinking) for made in calls}
    return Whole(body=msgspec.json.encode(completion), kept=kept)


def completion_id(message_id: str | None, request_id: str) -> str:
    """OpenAI's form of a message's id."""
    return f"chatcmpl-{message_id.removeprefix('msg_') if message_id else request_id}"


def call(block: Mapping[str, Any]) -> dict[str, Any]:
    """A tool block as OpenAI's tool call."""
    arguments = msgspec.json.encode(block.get("input") or {}).decode()
    return {"id": block["id"], "type": "function", "function": {"name": block["name"], "arguments": arguments}}


def ending(stop_reason: str | None) -> dict[str, str | None]:
    """Why it ended, in OpenAI's words and in Anthropic's own."""
    return {"finish_reason": _FINISH.get(stop_reason or "", "stop"), "native_finish_reason": stop_reason}


def failure(status: int, headers: Mapping[str, str], content: bytes) -> Failure:
    """What an error answer means."""
    try:
        error = decoder(_ErrorBody).decode(content).error
    except UNREADABLE:
        error = Error(message=f"The provider answered with status {status}.")
    return failed(error, status=status, retry_after=_seconds(headers.get("retry-after")))


def failed(error: Error, *, status: int | None = None, retry_after: float | None = None) -> Failure:
    """The failure that an error object describes; an event of a stream has no status beside its type."""
    status = status or _STATUSES.get(error.type, 500)
    code = _CODES.get(status) or error.type or None
    if status in (400, 402, 403) and (error.type == "billing_error" or _UNPAID.search(error.message)):
        status, code = 402, "insufficient_quota"
    elif status == 400 and _TOO_LONG.search(error.message):
        code = "context_length_exceeded"
    message = _SECRET.sub("[redacted]", error.message)
    return Failure("status", message, status=status, code=code, retry_after=retry_after)


def _joined(content: list[dict[str, Any]], kind: str) -> str:
    return "".join(block[kind] for block in content if block.get("type") == kind)


def _seconds(said: str | None) -> float | None:
    """Seconds to wait. A date is passed over: it would need a clock."""
    try:
        wait = float(said or "nan")
    except ValueError:
        return None
    return wait if math.isfinite(wait) and wait >= 0 else None
