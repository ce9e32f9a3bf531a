"""OpenAI's chat completions as they stand on the wire."""

import json
import zlib
from typing import Any

_SNAPSHOTS = {"gpt-4o": "gpt-4o-2024-08-06", "gpt-4o-mini": "gpt-4o-mini-2024-07-18"}
_WORDS = (
    "the answer depends on what matters most here so start with the simple case and keep what works then check each step "
    "against an example before going on because small errors add up and a clear result is worth more than a long one"
).split()


def normal_answer(body: dict[str, Any]) -> str:
    """A deterministic answer of 15 to 60 words that depends on the last message."""
    last = json.dumps(body["messages"][-1].get("content"), ensure_ascii=False)
    seed = zlib.crc32(last.encode("utf-8", "surrogatepass"))
    count = 15 + seed % 46
    words = [_WORDS[(seed + step * 7) % len(_WORDS)] for step in range(count)]
    return f"({seed:08x}) " + " ".join(words) + "."


def model_id(model: str) -> str:
    """The dated name that an answer carries."""
    return _SNAPSHOTS.get(model, model)


def usage(prompt: int, completion: int, cached: int) -> dict[str, Any]:
    """The usage object."""
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": cached, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
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
) -> bytes:
    """A whole answer."""
    message: dict[str, Any] = {"role": "assistant", "content": content, "refusal": None, "annotations": []}
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
    answer["service_tier"] = "default"
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
) -> list[bytes]:
    """The chunks of a stream, usage chunk included, without `[DONE]`."""
    head = {
        "id": identifier,
        "object": "chat.completion.chunk",
        "created": created,
        "model": model_id(model),
        "service_tier": "default",
        "system_fingerprint": "fp_fake",
    }
    tail = {"usage": None} if include_usage else {}

    def chunk(delta: dict[str, Any], reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        return _encode({**head, "choices": [choice], **tail})

    found = [chunk({"role": "assistant", "content": "" if content is not None else None, "refusal": None})]
    if content:
        words = content.split(" ")
        found += [chunk({"content": word if i == 0 else f" {word}"}) for i, word in enumerate(words)]
    for index, call in enumerate(tool_calls or ()):
        start = {"index": index, "id": call["id"], "type": "function"}
        function = {"name": call["function"]["name"], "arguments": ""}
        found.append(chunk({"tool_calls": [{**start, "function": function}]}))
        arguments = call["function"]["arguments"]
        found += [
            chunk({"tool_calls": [{"index": index, "function": {"arguments": arguments[at : at + 8]}}]})
            for at in range(0, len(arguments), 8)
        ]
    found.append(chunk({}, finish))
    if include_usage and used is not None:
        found.append(_encode({**head, "choices": [], "usage": used}))
    return found


def error(status: int, message: str, code: str | None, param: str | None) -> bytes:
    """An error body."""
    kind = {401: "authentication_error", 429: "rate_limit_error"}.get(
        status, "server_error" if status >= 500 else "invalid_request_error"
    )
    body = {"error": {"message": message, "type": kind, "param": param, "code": code}}
    return json.dumps(body, indent=4).encode()


def _encode(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
