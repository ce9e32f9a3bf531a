"""Streams in the providers' formats, and readers of what clients get."""

import base64
import json
from typing import Any

from services.gateway.formats.opaque import Cipher, Sealer, Serving

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
