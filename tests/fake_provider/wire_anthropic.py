"""Anthropic's Messages API: typed blocks, and a stream of named events with one block open at a time."""

import json
import re
from collections.abc import Mapping
from typing import Any

from tests.fake_provider import meter
from tests.fake_provider.answer import Answer, sign, words
from tests.fake_provider.formats import Event
from tests.fake_provider.script import Step
from tests.fake_provider.wire import encode

PROVIDER = "anthropic"

_PIECE = 8  # characters of a tool's input in one delta
_ALWAYS_THINKS = re.compile(r"claude-(?:opus-5-5|fable-5-1)")
_CATEGORIES = {"cyber", "bio", "frontier_llm", "reasoning_extraction", "general_harms"}
_STOP_REASONS = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use", "content_filter": "refusal"}
_ERRORS = {
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}


def key(headers: Mapping[str, str]) -> str:
    """The key of `x-api-key`, which wins over a bearer token."""
    return headers.get("x-api-key") or headers.get("authorization", "").removeprefix("Bearer ").strip()


def refusal(key: str) -> Step:
    """401 in both cases."""
    return Step(status=401, message="invalid x-api-key" if key else "x-api-key header is required")


def headers(number: int, step: Step) -> dict[str, str]:
    """Request id and what is left of the rate limits."""
    found = {"request-id": _request_id(number)}
    for what, limit in (("requests", 4_000), ("tokens", 480_000), ("input-tokens", 400_000), ("output-tokens", 80_000)):
        found |= {
            f"anthropic-ratelimit-{what}-limit": str(limit),
            f"anthropic-ratelimit-{what}-remaining": str(0 if step.status == 429 else limit - 1),
            f"anthropic-ratelimit-{what}-reset": "2026-11-21T12:00:00Z",
        }
    if step.retry_after is not None:
        found["retry-after"] = f"{step.retry_after:g}"
    return found


def error(status: int, step: Step, number: int) -> bytes:
    """An error body; `code` names another type than the status's own."""
    kind = step.code or _ERRORS.get(status, "api_error" if status >= 500 else "invalid_request_error")
    detail = {"type": kind, "message": step.message}
    return encode({"type": "error", "error": detail, "request_id": _request_id(number)})


def error_event(step: Step, number: int) -> Event:
    """The `error` event."""
    return Event(error(500, step, number), "error")


def read(body: dict[str, Any]) -> dict[str, Any]:
    """The body as it is."""
    return body


def count(model: str, body: dict[str, Any]) -> int:
    """The texts of system, messages and tools."""
    return meter.count_texts(model, body.get("system"), body.get("messages"), body.get("tools"))


def last(body: dict[str, Any]) -> Any:
    """The content of the last message."""
    return body["messages"][-1].get("content")


def signatures(body: dict[str, Any]) -> list[str]:
    """The signatures of the thinking blocks in the history."""
    contents = [message.get("content") for message in body.get("messages", ())]
    blocks = [block for content in contents if isinstance(content, list) for block in content]
    return [block["signature"] for block in blocks if isinstance(block, dict) and "signature" in block]


def whole(answer: Answer) -> bytes:
    """A message."""
    stop = {"stop_reason": _stop_reason(answer), "stop_sequence": None, "stop_details": _stop_details(answer)}
    used = {"usage": _usage(answer)} if answer.tells_usage else {}
    return encode({**_head(answer), "content": _blocks(answer), **stop, **used})


def events(answer: Answer, body: dict[str, Any]) -> list[Event]:
    """From `message_start` to `message_stop`, with a ping after the first block has opened."""
    opening: dict[str, Any] = {**_head(answer), "content": [], "stop_reason": None, "stop_sequence": None}
    if answer.tells_usage:
        opening["usage"] = {**_usage(answer), "output_tokens": 1, "output_tokens_details": None}
    found = [_event("message_start", message=opening)]
    for index, block in enumerate(_blocks(answer)):
        empty, deltas = _taken_apart(block)
        found.append(_event("content_block_start", index=index, content_block=empty))
        if index == 0:
            found.append(_event("ping"))
        found += [_event("content_block_delta", index=index, delta=delta) for delta in deltas]
        found.append(_event("content_block_stop", index=index))
    delta = {"stop_reason": _stop_reason(answer), "stop_sequence": None, "stop_details": _stop_details(answer)}
    used = {}
    if answer.tells_usage:
        used["usage"] = {name: value for name, value in _usage(answer).items() if name in _CUMULATIVE}
    return [*found, _event("message_delta", delta=delta, **used), _event("message_stop")]


_CUMULATIVE = (
    "input_tokens",
    "cache_creation_input_tokens",
    "cache_read_input_tokens",
    "output_tokens",
    "output_tokens_details",
)


def models(names: list[str]) -> bytes:
    """The list of models."""
    made = [
        {"type": "model", "id": name, "display_name": name, "created_at": "2026-01-01T00:00:00Z", "lifecycle": "active"}
        for name in names
    ]
    return encode({"data": made, "has_more": False, "first_id": names[0], "last_id": names[-1]})


def _request_id(number: int) -> str:
    return f"req_fake{number:08d}"


def _event(kind: str, **more: Any) -> Event:
    return Event(encode({"type": kind, **more}), kind)


def _head(answer: Answer) -> dict[str, Any]:
    return {"id": f"msg_fake{answer.number:08d}", "type": "message", "role": "assistant", "model": answer.model}


def _stop_reason(answer: Answer) -> str:
    return answer.native or _STOP_REASONS.get(answer.finish, answer.finish)


def _stop_details(answer: Answer) -> dict[str, Any] | None:
    if answer.blocked is None:
        return None
    category = answer.blocked if answer.blocked in _CATEGORIES else None
    return {"type": "refusal", "category": category, "explanation": "This request was declined."}


def _blocks(answer: Answer) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    thinking = answer.thinking
    if thinking is None and _ALWAYS_THINKS.match(answer.model) and answer.blocked is None:
        thinking = ""  # these models always open with a thought, whose text is kept back
    if thinking is not None:
        found.append({"type": "thinking", "thinking": thinking, "signature": sign(thinking)})
    if answer.content:
        found.append({"type": "text", "text": answer.content, "citations": None})
    for call in answer.calls:
        arguments = json.loads(call["function"]["arguments"] or "{}")
        name = call["function"]["name"]
        found.append({"type": "tool_use", "id": call["id"], "name": name, "input": arguments})
    return found


def _taken_apart(block: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A block as it opens, and the deltas that fill it; a tool without arguments gets none."""
    if block["type"] == "thinking":
        deltas = [{"type": "thinking_delta", "thinking": piece} for piece in words(block["thinking"])]
        deltas.append({"type": "signature_delta", "signature": block["signature"]})
        return {"type": "thinking", "thinking": "", "signature": ""}, deltas
    if block["type"] == "text":
        return {**block, "text": ""}, [{"type": "text_delta", "text": piece} for piece in words(block["text"])]
    if not block["input"]:
        return block, []
    text = json.dumps(block["input"], ensure_ascii=False)
    pieces = ["", *(text[at : at + _PIECE] for at in range(0, len(text), _PIECE))]
    return {**block, "input": {}}, [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]


def _usage(answer: Answer) -> dict[str, Any]:
    used = answer.used
    return {
        "input_tokens": used.uncached_input,
        "cache_creation_input_tokens": used.cache_write,
        "cache_read_input_tokens": used.cache_read,
        "cache_creation": {
            "ephemeral_5m_input_tokens": used.cache_write_5m,
            "ephemeral_1h_input_tokens": used.cache_write_1h,
        },
        "output_tokens": used.completion,
        "output_tokens_details": {"thinking_tokens": used.output_reasoning},
        "server_tool_use": None,
        "service_tier": "batch" if answer.tier == "batch" else "standard",
        **({"speed": answer.speed} if answer.speed else {}),
        **({"inference_geo": answer.geo} if answer.geo else {}),
    }
