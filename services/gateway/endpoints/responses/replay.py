"""A response once more: with ids of its own, or as the events of a stream."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from services.gateway.formats.json_fields import Object

Event = tuple[str, dict[str, Any]]
# Fields of a request that its response repeats, and that two requests with one answer may differ in.
_REPEATED: Mapping[str, Any] = {
    "metadata": {},
    "user": None,
    "safety_identifier": None,
    "prompt_cache_key": None,
    "prompt_cache_retention": None,
}


def renewed(body: bytes, response_id: str, top: Object, *, store: bool) -> bytes:
    """A stored response under another id, its items too, to a request with the fields `top`. Ids of its calls stay, because the
    client pairs them.
    """
    response: dict[str, Any] = msgspec.json.decode(body)
    for name, otherwise in _REPEATED.items():
        if name in response:
            response[name] = top.get(name, otherwise)
    own = response_id.removeprefix("resp_")
    for number, item in enumerate(response.get("output") or ()):
        if isinstance(item.get("id"), str):
            item["id"] = f"{item['id'].partition('_')[0]}_{own}_{number}"
    return msgspec.json.encode({**response, "id": response_id, "store": store})


def events_of(body: bytes) -> bytes:
    """A whole response as a stream."""
    response: dict[str, Any] = msgspec.json.decode(body)
    begun = {**response, "status": "in_progress", "output": [], "usage": None, "incomplete_details": None}
    events: list[Event] = [
        ("response.created", {"response": begun}),
        ("response.in_progress", {"response": begun}),
    ]
    for index, item in enumerate(response.get("output") or ()):
        events += [(kind, {"output_index": index, **fields}) for kind, fields in _item(item)]
    ending = "response.incomplete" if response.get("status") == "incomplete" else "response.completed"
    events.append((ending, {"response": response}))
    out = [
        b"event: %b\ndata: %b\n\n"
        % (kind.encode(), msgspec.json.encode({"type": kind, "sequence_number": number, **fields}))
        for number, (kind, fields) in enumerate(events)
    ]
    return b"".join(out) + b"data: [DONE]\n\n"


def _item(item: dict[str, Any]) -> Iterator[Event]:
    """The events of an item: all of it once it is added, or piece by piece where clients count on that."""
    where = {"item_id": item.get("id")}
    match item.get("type"):
        case "message":
            yield "response.output_item.added", {"item": {**item, "content": [], "status": "in_progress"}}
            for at, part in enumerate(item.get("content") or ()):
                yield from _part({**where, "content_index": at}, part)
        case "reasoning":
            begun = {name: value for name, value in item.items() if name != "encrypted_content"}
            yield "response.output_item.added", {"item": {**begun, "summary": []}}
            for at, part in enumerate(item.get("summary") or ()):
                place = {**where, "summary_index": at}
                text = part.get("text", "")
                yield "response.reasoning_summary_part.added", {**place, "part": {**part, "text": ""}}
                yield "response.reasoning_summary_text.delta", {**place, "delta": text}
                yield "response.reasoning_summary_text.done", {**place, "text": text}
                yield "response.reasoning_summary_part.done", {**place, "part": part}
        case "function_call":
            arguments = item.get("arguments", "")
            yield "response.output_item.added", {"item": {**item, "arguments": "", "status": "in_progress"}}
            yield "response.function_call_arguments.delta", {**where, "delta": arguments}
            done = {"arguments": arguments, "name": item.get("name")}
            yield "response.function_call_arguments.done", {**where, **done}
        case "custom_tool_call":
            said = item.get("input", "")
            yield "response.output_item.added", {"item": {**item, "input": "", "status": "in_progress"}}
            yield "response.custom_tool_call_input.delta", {**where, "delta": said}
            yield "response.custom_tool_call_input.done", {**where, "input": said}
        case _:
            yield "response.output_item.added", {"item": item}
    yield "response.output_item.done", {"item": item}


def _part(place: dict[str, Any], part: dict[str, Any]) -> Iterator[Event]:
    refusal = part.get("type") == "refusal"
    field = "refusal" if refusal else "text"
    text = part.get(field, "")
    kind = "response.refusal" if refusal else "response.output_text"
    more: dict[str, Any] = {} if refusal else {"logprobs": []}
    empty = {**part, field: ""} if refusal else {**part, field: "", "annotations": []}
    yield "response.content_part.added", {**place, "part": empty}
    yield f"{kind}.delta", {**place, "delta": text, **more}
    for at, annotation in enumerate(part.get("annotations") or ()):
        yield "response.output_text.annotation.added", {**place, "annotation_index": at, "annotation": annotation}
    yield f"{kind}.done", {**place, field: text, **more}
    yield "response.content_part.done", {**place, "part": part}
