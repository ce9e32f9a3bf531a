"""OpenAI's Responses API: a list of items, streamed as numbered events."""

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any

from tests.fake_provider import meter, wire, wire_openai
from tests.fake_provider.answer import Answer, sign, words
from tests.fake_provider.formats import Event
from tests.fake_provider.script import Step

PROVIDER = "openai"
_PIECE = 8  # characters of a call's arguments in one event
_ECHOED: dict[str, Any] = {
    "instructions": None,
    "max_output_tokens": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "store": True,
    "temperature": 1.0,
    "text": {"format": {"type": "text"}, "verbosity": "medium"},
    "tool_choice": "auto",
    "tools": [],
    "top_p": 1.0,
    "truncation": "disabled",
    "user": None,
}

key = wire_openai.key
refusal = wire_openai.refusal
headers = wire_openai.headers
error = wire_openai.error
models = wire_openai.models
read = wire_openai.read


def error_event(step: Step, number: int) -> Event:
    """The event of a response that failed."""
    failed = {"code": step.code or "server_error", "message": step.message}
    made = {"id": _id(number), "object": "response", "status": "failed", "error": failed, "output": []}
    return Event(wire.encode({"type": "response.failed", "sequence_number": 99, "response": made}), "response.failed")


def items(body: dict[str, Any]) -> list[dict[str, Any]]:
    """The input as items; a text is a user's message."""
    given = body.get("input")
    if isinstance(given, str):
        return [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": given}]}]
    return [item for item in given or () if isinstance(item, dict)]


def count(model: str, body: dict[str, Any]) -> int:
    """The texts of instructions, input and tools."""
    return meter.count_texts(model, body.get("instructions"), body.get("input"), body.get("tools"))


def last(body: dict[str, Any]) -> Any:
    """The content or the output of the last item."""
    found = items(body)
    if not found:
        return ""
    content = found[-1].get("content", found[-1].get("output"))
    if isinstance(content, list):
        return [{"text": part.get("text", "")} for part in content if isinstance(part, dict)]
    return content


def signatures(body: dict[str, Any]) -> list[str]:
    """The encrypted contents of the reasoning items in the input."""
    return [item["encrypted_content"] for item in items(body) if item.get("encrypted_content")]


def encrypted(thought: str) -> str:
    """Reasoning as only this provider reads it."""
    return "gAAAA" + base64.urlsafe_b64encode(sign(thought).encode()).decode()


def is_encrypted(value: Any) -> bool:
    """Whether a value is reasoning of this provider's."""
    return isinstance(value, str) and value.startswith("gAAAA")


def whole(answer: Answer) -> bytes:
    """A response, not knowing what was asked; `response` adds that."""
    return json.dumps(response(answer, {}), ensure_ascii=False, indent=2).encode("utf-8", "surrogatepass")


def response(answer: Answer, body: Mapping[str, Any]) -> dict[str, Any]:
    """A response object that echoes the request."""
    output = _output(answer, body)
    cut = answer.finish == "length"
    if cut and output:
        output[-1]["status"] = "incomplete"
    made = {**_head(answer, body, "incomplete" if cut else "completed"), "output": output}
    if cut:
        made["incomplete_details"] = {"reason": "max_output_tokens"}
    if answer.tells_usage:
        made["usage"] = usage(answer)
    return made


def events(answer: Answer, body: dict[str, Any]) -> list[Event]:
    """From `response.created` to `response.completed`, numbered without gaps."""
    opening = {**_head(answer, body, "in_progress"), "output": [], "usage": None}
    ending = response(answer, body)
    found: list[dict[str, Any]] = [
        {"type": "response.created", "response": opening},
        {"type": "response.in_progress", "response": opening},
    ]
    for index, item in enumerate(ending["output"]):
        found += _item_events(index, item)
    found.append({"type": f"response.{ending['status']}", "response": ending})
    return [Event(wire.encode({**one, "sequence_number": n}), one["type"]) for n, one in enumerate(found)]


def usage(answer: Answer) -> dict[str, Any]:
    """The usage object: what was cached and written is part of the input, reasoning part of the output."""
    used = answer.used
    return {
        "input_tokens": used.prompt,
        "input_tokens_details": {"cached_tokens": used.cache_read, "cache_write_tokens": used.cache_write},
        "output_tokens": used.completion,
        "output_tokens_details": {"reasoning_tokens": used.output_reasoning},
        "total_tokens": used.prompt + used.completion,
    }


def _id(number: int) -> str:
    return f"resp_fake{number:08d}"


def _head(answer: Answer, body: Mapping[str, Any], status: str) -> dict[str, Any]:
    echoed = {name: body.get(name) if body.get(name) is not None else usual for name, usual in _ECHOED.items()}
    reasoning = body.get("reasoning") or {}
    return {
        "id": _id(answer.number),
        "object": "response",
        "created_at": answer.created,
        "status": status,
        "background": False,
        "error": None,
        "incomplete_details": None,
        "model": wire.model_id(answer.model),
        **echoed,
        "reasoning": {"effort": reasoning.get("effort"), "summary": reasoning.get("summary")},
        "service_tier": answer.tier,
    }


def _output(answer: Answer, body: Mapping[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if answer.thinking is not None:
        item: dict[str, Any] = {"id": f"rs_fake{answer.number:08d}", "type": "reasoning"}
        item["summary"] = [{"type": "summary_text", "text": answer.thinking}] if answer.thinking else []
        if "reasoning.encrypted_content" in (body.get("include") or ()):
            item["encrypted_content"] = encrypted(answer.thinking)
        found.append(item)
    if answer.blocked is not None:
        found.append(_message(answer, {"type": "refusal", "refusal": "This request was declined."}))
    elif answer.content:
        found.append(
            _message(answer, {"type": "output_text", "annotations": [], "logprobs": [], "text": answer.content})
        )
    custom = {tool.get("name") for tool in body.get("tools") or () if tool.get("type") == "custom"}
    for index, call in enumerate(answer.calls):
        name, arguments = call["function"]["name"], call["function"]["arguments"]
        item = {"call_id": call["id"], "name": name, "status": "completed"}
        if name in custom:
            found.append(
                {"id": f"ctc_fake{answer.number:08d}{index}", "type": "custom_tool_call", **item, "input": arguments}
            )
        else:
            made = {"id": f"fc_fake{answer.number:08d}{index}", "type": "function_call", **item, "arguments": arguments}
            found.append(made)
    return found


def _message(answer: Answer, part: dict[str, Any]) -> dict[str, Any]:
    identifier = f"msg_fake{answer.number:08d}"
    return {"id": identifier, "type": "message", "status": "completed", "role": "assistant", "content": [part]}


def _item_events(index: int, item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    at = {"output_index": index}
    unfilled = {"content": [], "summary": [], "arguments": "", "input": ""}
    empty = {**item, "status": "in_progress", **{name: nothing for name, nothing in unfilled.items() if name in item}}
    if item["type"] == "reasoning":
        empty.pop("status")
    yield {"type": "response.output_item.added", **at, "item": empty}
    inside = {**at, "item_id": item["id"]}
    match item["type"]:
        case "reasoning":
            for n, part in enumerate(item["summary"]):
                yield from _text_events("response.reasoning_summary", {**inside, "summary_index": n}, part)
        case "message":
            for n, part in enumerate(item["content"]):
                where = {**inside, "content_index": n}
                kind = "refusal" if part["type"] == "refusal" else "output_text"
                field = "refusal" if kind == "refusal" else "text"
                more: dict[str, Any] = {} if kind == "refusal" else {"logprobs": []}
                yield {"type": "response.content_part.added", **where, "part": {**part, field: ""}}
                for piece in words(part[field]):
                    yield {"type": f"response.{kind}.delta", **where, "delta": piece, **more}
                yield {"type": f"response.{kind}.done", **where, field: part[field], **more}
                yield {"type": "response.content_part.done", **where, "part": part}
        case "function_call":
            for start in range(0, len(item["arguments"]), _PIECE):
                piece = item["arguments"][start : start + _PIECE]
                yield {"type": "response.function_call_arguments.delta", **inside, "delta": piece}
            done = {"arguments": item["arguments"], "name": item["name"]}
            yield {"type": "response.function_call_arguments.done", **inside, **done}
        case "custom_tool_call":
            for start in range(0, len(item["input"]), _PIECE):
                piece = item["input"][start : start + _PIECE]
                yield {"type": "response.custom_tool_call_input.delta", **inside, "delta": piece}
            yield {"type": "response.custom_tool_call_input.done", **inside, "input": item["input"]}
    yield {"type": "response.output_item.done", **at, "item": item}


def _text_events(name: str, where: dict[str, Any], part: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield {"type": f"{name}_part.added", **where, "part": {**part, "text": ""}}
    for piece in words(part["text"]):
        yield {"type": f"{name}_text.delta", **where, "delta": piece}
    yield {"type": f"{name}_text.done", **where, "text": part["text"]}
    yield {"type": f"{name}_part.done", **where, "part": part}
