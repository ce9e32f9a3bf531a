"""OpenAI's chat completions as they stand on the wire."""

import json
from typing import Any

from tests.fake_provider.answer import words

_SNAPSHOTS = {"gpt-4o": "gpt-4o-2024-08-06", "gpt-4o-mini": "gpt-4o-mini-2024-07-18"}
_PIECE = 8  # characters of a tool call's arguments in one chunk


def model_id(model: str) -> str:
    """The dated name that an answer carries."""
    return _SNAPSHOTS.get(model, model)


def usage(prompt: int, completion: int, cached: int, *, written: int = 0, reasoning: int = 0) -> dict[str, Any]:
    """The usage object; the last three are parts of the first two."""
    details = {"cached_tokens": cached, "audio_tokens": 0}
    if written:
        details["cache_write_tokens"] = written
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": details,
        "completion_tokens_details": {
            "reasoning_tokens": reasoning,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def completion(
    identifier: str,
    created: int,
    model: str,
    content: str | None,
    tool_calls: list[dict[str, Any]] | None,
    finish: str,
    used: dict[str, Any] | None,
    *,
    reasoning: str | None = None,
    tier: str = "default",
) -> bytes:
    """A whole answer. `reasoning` is what servers other than OpenAI's own show of it."""
    message: dict[str, Any] = {"role": "assistant", "content": content, "refusal": None, "annotations": []}
    if reasoning is not None:
        message["reasoning_content"] = reasoning
    if tool_calls:
        message["tool_calls"] = tool_calls
    answer: dict[str, Any] = {
        "id": identifier,
        "object": "chat.completion",
        "created": created,
        "model": model_id(model),
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": finish}],
    }
    if used is not None:
        answer["usage"] = used
    answer["service_tier"] = tier
    answer["system_fingerprint"] = "fp_fake"
    return json.dumps(answer, ensure_ascii=False, indent=2).encode("utf-8", "surrogatepass")


def chunks(
    identifier: str,
    created: int,
    model: str,
    content: str | None,
    tool_calls: list[dict[str, Any]] | None,
    finish: str,
    used: dict[str, Any] | None,
    *,
    include_usage: bool,
    reasoning: str | None = None,
    tier: str = "default",
) -> list[bytes]:
    """The chunks of a stream, usage chunk included, without `[DONE]`."""
    head = {
        "id": identifier,
        "object": "chat.completion.chunk",
        "created": created,
        "model": model_id(model),
        "service_tier": tier,
        "system_fingerprint": "fp_fake",
    }
    tail = {"usage": None} if include_usage else {}

    def chunk(delta: dict[str, Any], reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        return encode({**head, "choices": [choice], **tail})

    found = [chunk({"role": "assistant", "content": "" if content is not None else None, "refusal": None})]
    found += [chunk({"reasoning_content": word}) for word in words(reasoning or "")]
    found += [chunk({"content": word}) for word in words(content or "")]
    for index, call in enumerate(tool_calls or ()):
        start = {"index": index, "id": call["id"], "type": "function"}
        function = {"name": call["function"]["name"], "arguments": ""}
        found.append(chunk({"tool_calls": [{**start, "function": function}]}))
        arguments = call["function"]["arguments"]
        found += [
            chunk({"tool_calls": [{"index": index, "function": {"arguments": arguments[at : at + _PIECE]}}]})
            for at in range(0, len(arguments), _PIECE)
        ]
    found.append(chunk({}, finish))
    if include_usage and used is not None:
        found.append(encode({**head, "choices": [], "usage": used}))
    return found


def error(status: int, message: str, code: str | None, param: str | None) -> bytes:
    """An error body."""
    kind = {401: "authentication_error", 429: "rate_limit_error"}.get(
        status, "server_error" if status >= 500 else "invalid_request_error"
    )
    if code == "insufficient_quota":
        kind = code
    body = {"error": {"message": message, "type": kind, "param": param, "code": code}}
    return json.dumps(body, indent=4).encode()


def encode(value: dict[str, Any]) -> bytes:
    """One line of JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
