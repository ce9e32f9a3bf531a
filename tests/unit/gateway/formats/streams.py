"""Streams in the providers' formats, and readers of what clients get."""

import base64
import json
from typing import Any

from services.gateway.formats.deltas import StreamReader
from services.gateway.formats.opaque import Cipher, Sealer, Serving
from services.gateway.providers.anthropic import answer as anthropic
from services.gateway.providers.compatible import answer as chat
from services.gateway.providers.google import answer as google
from services.gateway.providers.openai import answer as openai

ANTHROPIC = Serving(provider="anthropic", key_id="k1", model="claude-opus-5-5")
OPENAI = Serving(provider="openai", key_id="k1", model="gpt-6-sol")
GOOGLE = Serving(provider="google", key_id="k1", model="gemini-3.8-flash")


def _open(text: str) -> bytes | None:
    try:
        return base64.urlsafe_b64decode(text)
    except ValueError:
        return None


# Stands for the organization's cipher: what matters here is where sealed texts go, not that they are secret.
CIPHER = Cipher(lambda data: base64.urlsafe_b64encode(data).decode(), _open)


def sealer(serving: Serving) -> Sealer:
    """Seals for one provider, key and model."""
    return Sealer(CIPHER, serving)


def anthropic_reader() -> StreamReader:
    """A reader of one stream of this format."""
    return anthropic.reader(model="claude-opus-5-5", request_id="r")


def openai_reader() -> StreamReader:
    """A reader of one stream of this format."""
    return openai.reader(model="gpt-6-sol", request_id="r")


def google_reader() -> StreamReader:
    """A reader of one stream of this format."""
    return google.reader(model="gemini-3.8-flash", request_id="r")


def chat_reader() -> StreamReader:
    """A reader of one stream of this format."""
    return chat.reader(model="gpt-4o", request_id="r", created=1)


def sse(*events: dict[str, Any], named: bool = True) -> bytes:
    """Events as Anthropic and OpenAI's Responses API send them."""
    out = b""
    for event in events:
        name = b"event: %b\n" % event["type"].encode() if named and "type" in event else b""
        out += name + b"data: " + json.dumps(event).encode() + b"\n\n"
    return out


def chunks(*objects: dict[str, Any], done: bool = False) -> bytes:
    """Events without names."""
    out = b"".join(b"data: " + json.dumps(one).encode() + b"\n\n" for one in objects)
    return out + (b"data: [DONE]\n\n" if done else b"")


def events(data: bytes) -> list[dict[str, Any]]:
    """The events of a stream; each name is its type's."""
    found = []
    for frame in data.decode().split("\n\n"):
        lines = frame.splitlines()
        if not lines or lines[0].startswith(":") or frame.strip() in ("", "data: [DONE]"):
            continue
        body = json.loads("".join(line[5:].strip() for line in lines if line.startswith("data:")))
        names = [line[6:].strip() for line in lines if line.startswith("event:")]
        assert names in ([], [body.get("type")])
        found.append(body)
    return found


def message_stream(*blocks: tuple[dict[str, Any], list[dict[str, Any]]], stop: str = "end_turn") -> bytes:
    """A stream of Anthropic's with these blocks."""
    usage = {"input_tokens": 20, "cache_read_input_tokens": 100, "cache_creation_input_tokens": 5, "output_tokens": 1}
    message = {"id": "msg_01", "type": "message", "role": "assistant", "model": "claude-opus-5-5", "content": []}
    found: list[dict[str, Any]] = [{"type": "message_start", "message": {**message, "usage": usage}}, {"type": "ping"}]
    for index, (block, deltas) in enumerate(blocks):
        found.append({"type": "content_block_start", "index": index, "content_block": block})
        found += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        found.append({"type": "content_block_stop", "index": index})
    ending = {"stop_reason": stop, "stop_sequence": None}
    found.append({"type": "message_delta", "delta": ending, "usage": {"output_tokens": 30}})
    return sse(*found, {"type": "message_stop"})


THINKING = (
    {"type": "thinking", "thinking": "", "signature": ""},
    [
        {"type": "thinking_delta", "thinking": "First "},
        {"type": "thinking_delta", "thinking": "this."},
        {"type": "signature_delta", "signature": "c2ln"},
    ],
)
TEXT = ({"type": "text", "text": ""}, [{"type": "text_delta", "text": "Hel"}, {"type": "text_delta", "text": "lo"}])
TOOL = (
    {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {}},
    [
        {"type": "input_json_delta", "partial_json": '{"city": '},
        {"type": "input_json_delta", "partial_json": '"Porto"}'},
    ],
)


def response_stream(*middle: dict[str, Any], status: str = "completed", **more: Any) -> bytes:
    """A stream of OpenAI's Responses API with these events between its first and its last."""
    response = {"id": "resp_1", "model": "gpt-6-sol", "status": "in_progress", "output": []}
    usage = {
        "input_tokens": 100,
        "input_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 10},
        "output_tokens": 20,
        "output_tokens_details": {"reasoning_tokens": 5},
        "total_tokens": 120,
    }
    ending = {**response, "status": status, "usage": usage, **more}
    return sse(
        {"type": "response.created", "response": response},
        {"type": "response.in_progress", "response": response},
        *middle,
        {"type": f"response.{status}", "response": ending},
    )


def called(at: int, identity: str, *pieces: str, name: str = "weather") -> list[dict[str, Any]]:
    """The events of a call."""
    item = {"type": "function_call", "id": f"fc_{at}", "call_id": identity, "name": name, "arguments": ""}
    deltas = [
        {"type": "response.function_call_arguments.delta", "output_index": at, "delta": piece} for piece in pieces
    ]
    done = {**item, "arguments": "".join(pieces), "status": "completed"}
    return [
        {"type": "response.output_item.added", "output_index": at, "item": item},
        *deltas,
        {"type": "response.output_item.done", "output_index": at, "item": done},
    ]


def said(at: int, *pieces: str) -> list[dict[str, Any]]:
    """The events of a message."""
    item = {"type": "message", "id": f"msg_{at}", "role": "assistant", "content": []}
    deltas = [
        {"type": "response.output_text.delta", "output_index": at, "content_index": 0, "delta": piece}
        for piece in pieces
    ]
    content = [{"type": "output_text", "text": "".join(pieces), "annotations": []}]
    return [
        {"type": "response.output_item.added", "output_index": at, "item": item},
        *deltas,
        {"type": "response.output_item.done", "output_index": at, "item": {**item, "content": content}},
    ]


REASONED: list[dict[str, Any]] = [
    {
        "type": "response.output_item.added",
        "output_index": 0,
        "item": {"type": "reasoning", "id": "rs_1", "summary": []},
    },
    {"type": "response.reasoning_summary_text.delta", "output_index": 0, "summary_index": 0, "delta": "One."},
    {"type": "response.reasoning_summary_text.delta", "output_index": 0, "summary_index": 1, "delta": "Two."},
    {
        "type": "response.output_item.done",
        "output_index": 0,
        "item": {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [],
            "encrypted_content": "gAAAAenc",
            "status": "completed",
        },
    },
]
