"""Readers of the Responses endpoint: conversations that are stored, gone on with, listed and replayed."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import msgspec

from libs.common.errors import BadRequest
from services.gateway.domain import stored_media
from services.gateway.domain.stored_response import Conversation, place, response_id, response_of_item
from services.gateway.endpoints.openai_count import OpenAICount
from services.gateway.endpoints.openai_responses import CompactResponses, OpenAIResponses
from services.gateway.endpoints.responses import call_ids, stored
from services.gateway.formats.blocks import Answer, Text
from services.gateway.formats.errors import Problem
from tests.growth import readers_endpoints, readers_formats
from tests.growth.reader import Reader, refused

_ID = response_id(0, "0" * 32)


def _endpoint(**more: Any) -> OpenAIResponses:
    return OpenAIResponses(Conversation(response_id=_ID, keeps=True, **more), monotonic=lambda: 0.0)


def responses() -> Iterator[Reader]:
    yield Reader("responses: ids", _ids)
    for kind, (_, _, made) in readers_formats.REQUESTS["responses"].items():
        yield Reader(f"responses: stored {kind}", refused(partial(_stored, made)), seldom=True)


def _ids(text: str) -> None:
    response_id(0, text)
    place(text)
    response_of_item(text)
    place(f"resp_{text}")
    response_of_item(f"msg_{text}_1")


def _stored(made: Any, text: str) -> None:
    """A conversation of two responses, the second of which goes on with the first; and what is later made of them."""
    top = msgspec.json.decode(readers_formats.as_json(made(text)), type=dict[str, msgspec.Raw])
    answer = {"id": _ID, "model": "m", "created_at": 1, "output": _output(text)}
    kept = stored.entry(Conversation(response_id=_ID), top, readers_formats.as_json(answer))
    less, media = stored_media.taken_out(kept, "mark:", b"key")
    stored_media.put_back(less, media)
    stored.shown(kept)
    items = [*kept.input, *kept.output]
    stored.items_page(items, {"after": _ID, "limit": "5"})
    stored.by_id([kept])
    earlier = stored.gone_on_with([kept])
    call_ids.call_ids(earlier, top.get("input", msgspec.Raw(b"[]")))
    endpoint = _endpoint(earlier=earlier, stored=stored.by_id([kept]), root=_ID)
    body = readers_formats.as_json({"model": "m", "input": [{"role": "user", "content": text}]})
    attempt = readers_endpoints.attempt(endpoint, "openai", body)
    cached = readers_formats.as_json({**answer, "status": "completed"})
    for stream in (False, True):
        envelope = msgspec.structs.replace(attempt.request.envelope, stream=stream)
        request = msgspec.structs.replace(attempt.request, envelope=envelope)
        endpoint.replay(request, cached, b"{}")
        endpoint.entry_of_cached(request, cached)
    CompactResponses().cache_key(CompactResponses().parse(body, {}, ""), {}, None)
    endpoint.collect(readers_formats.as_events([{"type": "response.completed", "response": answer}]))
    counting = OpenAICount(endpoint.conversation)
    counting.ask_count(counting.head(body, {}, ""))
    counting.write_count(1)
    problem = Problem(kind="internal", message=text, status=500, code="internal_error")
    endpoint.render(problem, "req_1")
    endpoint.render_in_stream(problem, "req_1", None)
    endpoint.stream_error(BadRequest("x"), "req_1")
    endpoint.write(Answer(model="m", blocks=(Text(text=text),), stop="end"), endpoint.writing(attempt))


def _output(text: str) -> list[dict[str, Any]]:
    said = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    return [
        {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [{"type": "summary_text", "text": text}],
            "encrypted_content": text,
        },
        {"type": "message", "id": "msg_1", "role": "assistant", "content": [said]},
        {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": text},
        {"type": "custom_tool_call", "id": "ctc_1", "call_id": "call_2", "name": "g", "input": text},
    ]
