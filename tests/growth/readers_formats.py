"""Readers of the formats: what clients of the Messages, Responses and Gemini APIs send, and what providers answer."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from msgspec import Raw

from services.gateway.endpoints.generate import request as generate_request
from services.gateway.endpoints.generate.answer import GenerateStream, GenerateWriting
from services.gateway.endpoints.messages import request as messages_request
from services.gateway.endpoints.messages.answer import MessageStream, MessageWriting
from services.gateway.endpoints.responses import request as responses_request
from services.gateway.endpoints.responses.answer import ResponseStream, ResponseWriting
from services.gateway.endpoints.responses.free_text import TextValue
from services.gateway.formats.blocks import Ask
from services.gateway.formats.deltas import StreamWriter
from services.gateway.formats.envelope import Envelope
from services.gateway.formats.filters import ClientDeltas
from services.gateway.formats.surface import ProviderSurface
from services.gateway.providers.anthropic.surface import MESSAGES
from services.gateway.providers.compatible.surface import CHAT
from services.gateway.providers.google.surface import GENERATE
from services.gateway.providers.openai.surface import RESPONSES
from tests.growth.reader import TURN, Reader, pieces, refused
from tests.unit.gateway.formats.judges import CLAUDE, GEMINI, OLD_GPT, target

_BUILDS: tuple[tuple[ProviderSurface, str], ...] = (
    (MESSAGES, CLAUDE),
    (GENERATE, GEMINI),
    (RESPONSES, OLD_GPT),
    (CHAT, OLD_GPT),
)


def formats() -> Iterator[Reader]:
    for name, made in {**_MESSAGES, **_RESPONSES, **_GENERATE}.items():
        yield Reader(f"a request with {name}", refused(partial(_asked, *made)), seldom=True)
    yield Reader("a free text in JSON", _free_text)
    for surface, whole, streamed in ANSWERS:
        yield Reader(f"an answer of {surface.name}", refused(partial(_answered, surface, whole)), seldom=True)
        yield Reader(f"a stream of {surface.name}", refused(partial(_streamed, surface, streamed)), seldom=True)


def as_json(value: Any) -> bytes:
    """JSON as a client may write it."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def as_events(listed: list[Any]) -> bytes:
    """A stream of events, named by their types."""
    return b"".join(b"event: %b\ndata: %b\n\n" % (str(one.get("type", "")).encode(), as_json(one)) for one in listed)


def _asked(
    head: Callable[[bytes], Envelope], ask: Callable[[Envelope], Ask], made: Callable[[str], Any], text: str
) -> None:
    parsed = ask(head(as_json(made(text))))
    read = made(text)
    if isinstance(read, dict) and ask is not generate_request.ask:
        top = {name: Raw(as_json(value)) for name, value in read.items()}
        refused(lambda _: (messages_request.wants_thinking(top), responses_request.wants_sealed(top)))("")
        refused(lambda _: responses_request.stores(top))("")
    for surface, model in _BUILDS:
        refused(lambda _, one=surface, name=model: one.build(parsed, target(name)))("")  # type: ignore[misc]
        if surface.count_body is not None:
            refused(lambda _, one=surface, name=model: one.count_body(parsed, target(name)))("")  # type: ignore[misc]


def _answered(surface: ProviderSurface, made: Callable[[str], Any], text: str) -> None:
    data = as_json(made(text))
    surface.read(data, model="m", request_id="r", created=1)
    if surface.seen is not None:
        surface.seen(data)


def _streamed(surface: ProviderSurface, made: Callable[[str], list[Any]], text: str) -> None:
    data = as_events(made(text))
    source = ClientDeltas(surface.reader(model="m", request_id="r", created=1), model="m", stop=("never\nthere",))
    deltas = [*source.feed(data), *source.end()]
    for writer in _writers():
        for delta in deltas:
            writer.write(delta)
    if surface.peek is not None:
        peek = surface.peek()
        for at in range(0, len(data), 4096):
            peek.feed(data[at : at + 4096])
        peek.end()


def _writers() -> tuple[StreamWriter, ...]:
    return (
        MessageStream(MessageWriting(message_id="m", thinking=True)),
        ResponseStream(ResponseWriting(response_id="resp_a", created=1, model="m", top={})),
        GenerateStream(GenerateWriting(response_id="r", model="m", thoughts=True)),
    )


def _free_text(text: str) -> None:
    value = TextValue()
    for piece in pieces(json.dumps({"input": text}), 40):
        value.feed(piece)


def _message_head(body: bytes) -> Envelope:
    return messages_request.head(body, {})


def _response_head(body: bytes) -> Envelope:
    return responses_request.head(body, {})


def _generate_head(body: bytes) -> Envelope:
    return generate_request.head(body, {}, model="m", stream=False)


def _message(*messages: Any, **more: Any) -> dict[str, Any]:
    return {"model": "m", "max_tokens": 5, "messages": list(messages), **more}


def _turns(text: str) -> list[dict[str, Any]]:
    return [{"role": ("user", "assistant")[n % 2], "content": piece} for n, piece in enumerate(pieces(text, TURN))]


def _loop(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [{"role": "user", "content": "Look it up."}]
    for n, piece in enumerate(pieces(text, TURN)):
        use = {"type": "tool_use", "id": f"c{n}", "name": "f", "input": {"a": piece}}
        found.append({"role": "assistant", "content": [{"type": "thinking", "thinking": piece, "signature": "x"}, use]})
        result = {"type": "tool_result", "tool_use_id": f"c{n}", "content": [{"type": "text", "text": piece}]}
        found.append({"role": "user", "content": [result]})
    return found


def _schema(text: str) -> dict[str, Any]:
    names = {f"p{n}": {"type": "STRING", "description": piece} for n, piece in enumerate(pieces(text, TURN))}
    return {"type": "OBJECT", "properties": names}


def _tools(text: str) -> list[dict[str, Any]]:
    return [{"name": text[:300], "description": text, "input_schema": _schema(text)}]


_MESSAGES: dict[str, tuple[Any, Any, Callable[[str], Any]]] = {
    name: (_message_head, messages_request.ask, made)
    for name, made in {
        "one message": lambda text: _message({"role": "user", "content": text}),
        "many messages": lambda text: _message(*_turns(text)),
        "a tool loop": lambda text: _message(*_loop(text), tools=_tools("t")),
        "its tools": lambda text: _message(
            {"role": "user", "content": "x"},
            tools=_tools(text),
            tool_choice={"type": "tool", "name": text[:300]},
        ),
        "tools that come later": lambda text: _message(
            {"role": "user", "content": "x"},
            {
                "role": "system",
                "content": [
                    {"type": "tool_addition", "tools": _tools(text)},
                    {"type": "tool_removal", "tool_names": pieces(text, TURN)},
                ],
            },
        ),
        "its system blocks": lambda text: _message(
            {"role": "user", "content": "x"},
            {"role": "assistant", "content": "y"},
            {"role": "user", "content": "x"},
            {"role": "system", "content": text},
            system=[
                {"type": "text", "text": piece, "cache_control": {"type": "ephemeral"}} for piece in pieces(text, TURN)
            ],
            metadata={"user_id": text},
            stop_sequences=pieces(text[:500], 10),
            thinking={"type": "enabled", "budget_tokens": 1024},
        ),
        "documents and images": lambda text: _message(
            {
                "role": "user",
                "content": [
                    {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": text}},
                    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": text}},
                    {
                        "type": "search_result",
                        "source": text,
                        "title": text,
                        "content": [{"type": "text", "text": text}],
                    },
                ],
            }
        ),
    }.items()
}


def _items(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for n, piece in enumerate(pieces(text, TURN)):
        found.append({"type": "reasoning", "id": f"rs_{n}", "summary": [{"type": "summary_text", "text": piece}]})
        found.append({"type": "function_call", "call_id": f"c{n}", "name": "f", "arguments": json.dumps({"a": piece})})
        found.append({"type": "function_call_output", "call_id": f"c{n}", "output": piece})
        found.append({"type": "custom_tool_call", "call_id": f"k{n}", "name": "g", "input": piece})
        found.append({"type": "custom_tool_call_output", "call_id": f"k{n}", "output": piece})
    return [{"role": "user", "content": [{"type": "input_text", "text": text[:TURN]}]}, *found]


_RESPONSES: dict[str, tuple[Any, Any, Callable[[str], Any]]] = {
    name: (_response_head, responses_request.ask, made)
    for name, made in {
        "one input": lambda text: {"model": "m", "input": text, "instructions": text},
        "many items": lambda text: {"model": "m", "input": _items(text)},
        "its functions": lambda text: {
            "model": "m",
            "input": "x",
            "tools": [
                {"type": "function", "name": text[:300], "description": text, "parameters": _schema(text)},
                {"type": "custom", "name": "g", "format": {"type": "grammar", "definition": text}},
                {"type": "namespace", "name": "ns", "tools": [{"type": "function", "name": "f", "parameters": {}}]},
            ],
            "tool_choice": {"type": "function", "name": text[:300]},
            "include": ["reasoning.encrypted_content"],
        },
        "pictures": lambda text: {
            "model": "m",
            "input": [
                {
                    "role": "user",
                    "content": [
                        {"type": "input_image", "image_url": f"data:image/png;base64,{text}"},
                        {"type": "input_text", "text": text, "prompt_cache_breakpoint": {"ttl": "30m"}},
                    ],
                }
            ],
        },
    }.items()
}


def _contents(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [{"role": "user", "parts": [{"text": text[:TURN]}]}]
    for piece in pieces(text, TURN):
        found.append({"role": "model", "parts": [{"functionCall": {"name": "f", "args": {"a": piece}}}]})
        found.append({"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {"output": piece}}}]})
    return found


_GENERATE: dict[str, tuple[Any, Any, Callable[[str], Any]]] = {
    name: (_generate_head, generate_request.ask, made)
    for name, made in {
        "one content": lambda text: {"contents": text, "system_instruction": text},
        "many contents": lambda text: {"contents": _contents(text)},
        "its declarations": lambda text: {
            "contents": [{"parts": [{"text": "x"}]}],
            "tools": [{"function_declarations": [{"name": "f", "description": text, "parameters": _schema(text)}]}],
            "generation_config": {"response_json_schema": _schema(text), "response_mime_type": "application/json"},
        },
        "counted": lambda text: {"contents": [{"parts": [{"text": text}]}]},
    }.items()
}
_GENERATE["a count of tokens"] = (
    lambda body: body,
    lambda body: generate_request.count_ask(body, model="m"),
    lambda text: {"generateContentRequest": {"contents": [{"parts": [{"text": text}]}]}},
)


def _message_answer(text: str) -> dict[str, Any]:
    blocks = [
        {"type": "thinking", "thinking": text, "signature": "s"},
        {"type": "text", "text": text},
        {"type": "tool_use", "id": "c", "name": "f", "input": {"a": text}},
    ]
    usage = {"input_tokens": 1, "output_tokens": 1}
    return {"type": "message", "role": "assistant", "content": blocks, "stop_reason": "end_turn", "usage": usage}


def _message_stream(text: str) -> list[Any]:
    deltas = [{"type": "text_delta", "text": piece} for piece in pieces(text, 40)]
    inputs = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces(json.dumps({"a": text}), 40)]
    return [
        {"type": "message_start", "message": {"usage": {"input_tokens": 1}, "content": []}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": 0},
        {"type": "content_block_start", "index": 1, "content_block": {"type": "tool_use", "id": "c", "name": "f"}},
        *({"type": "content_block_delta", "index": 1, "delta": delta} for delta in inputs),
        {"type": "content_block_stop", "index": 1},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}},
        {"type": "message_stop"},
    ]


def _response_output(text: str) -> list[dict[str, Any]]:
    return [
        {"type": "reasoning", "id": "rs", "summary": [{"type": "summary_text", "text": text}]},
        {"type": "message", "id": "m", "role": "assistant", "content": [{"type": "output_text", "text": text}]},
        {"type": "function_call", "id": "fc", "call_id": "c", "name": "f", "arguments": json.dumps({"a": text})},
    ]


def _response_answer(text: str) -> dict[str, Any]:
    usage = {"input_tokens": 1, "output_tokens": 1}
    return {"id": "resp", "status": "completed", "output": _response_output(text), "usage": usage}


def _response_stream(text: str) -> list[Any]:
    events: list[Any] = [{"type": "response.created", "response": {"id": "resp"}}]
    for n, item in enumerate(_response_output(text)):
        at = {"output_index": n, "item_id": item["id"]}
        events.append({"type": "response.output_item.added", **at, "item": {**item, "content": [], "arguments": ""}})
        if item["type"] == "message":
            events += [{"type": "response.output_text.delta", **at, "delta": piece} for piece in pieces(text, 40)]
        if item["type"] == "function_call":
            arguments = pieces(item["arguments"], 40)
            events += [{"type": "response.function_call_arguments.delta", **at, "delta": piece} for piece in arguments]
        events.append({"type": "response.output_item.done", **at, "item": item})
    return [*events, {"type": "response.completed", "response": _response_answer(text)}]


def _generate_answer(text: str) -> dict[str, Any]:
    parts = [{"text": text, "thought": True}, {"text": text}, {"functionCall": {"name": "f", "args": {"a": text}}}]
    return {"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}], "usageMetadata": {}}


def _generate_stream(text: str) -> list[Any]:
    chunks = [{"candidates": [{"content": {"parts": [{"text": piece}]}}]} for piece in pieces(text, 40)]
    return [*chunks, _generate_answer("x")]


def _chat_answer(text: str) -> dict[str, Any]:
    calls = [{"id": "c", "type": "function", "function": {"name": "f", "arguments": json.dumps({"a": text})}}]
    message = {"role": "assistant", "content": text, "reasoning_content": text, "tool_calls": calls}
    return {"choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]}


def _chat_stream(text: str) -> list[Any]:
    chunks = [{"choices": [{"index": 0, "delta": {"content": piece}}]} for piece in pieces(text, 40)]
    return [*chunks, {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}]


ANSWERS: tuple[tuple[ProviderSurface, Callable[[str], Any], Callable[[str], list[Any]]], ...] = (
    (MESSAGES, _message_answer, _message_stream),
    (RESPONSES, _response_answer, _response_stream),
    (GENERATE, _generate_answer, _generate_stream),
    (CHAT, _chat_answer, _chat_stream),
)

REQUESTS: dict[str, dict[str, tuple[Any, Any, Callable[[str], Any]]]] = {
    "messages": _MESSAGES,
    "responses": _RESPONSES,
    "generate": _GENERATE,
}
SMALL: dict[str, Any] = {
    "messages": {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "x"}]},
    "responses": {"model": "m", "input": "x"},
    "generate": {"contents": [{"role": "user", "parts": [{"text": "x"}]}]},
}
