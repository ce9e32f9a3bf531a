"""A message once more: with an id of its own, or as the events of a stream."""

from typing import Any

import msgspec
from msgspec import Raw

from services.gateway.endpoints.messages.answer import json_event
from services.gateway.formats.frames import one_line
from services.gateway.formats.json_fields import as_list, as_object, as_value, given, object_of, string

_PIECE = 4096


def renewed(body: bytes, message_id: str) -> bytes:
    """A stored message under another id. Ids of its calls stay, because the client pairs them."""
    return msgspec.json.encode({**as_object(body, "message"), "id": message_id})


def events_of(body: bytes) -> bytes:
    """A whole message as a stream."""
    message = as_object(one_line(body), "message")
    usage = object_of(message, "usage")
    begun: dict[str, Any] = {
        **{name: value for name, value in message.items() if name not in ("stop_details", "container")},
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {**usage, "output_tokens": 1},
    }
    out = [json_event("message_start", message=begun), json_event("ping")]
    for index, raw in enumerate(as_list(message.get("content", Raw(b"[]")), "content")):
        out += _block(index, raw)
    names = ("stop_reason", "stop_sequence", "stop_details", "container")
    delta = {name: message[name] for name in names if name in message}
    out.append(json_event("message_delta", delta=delta, usage=usage))
    return b"".join([*out, json_event("message_stop")])


def _block(index: int, raw: Raw) -> list[bytes]:
    block = as_object(raw, "content")
    begun: dict[str, Any] = dict(block)
    deltas: list[dict[str, Any]] = []
    match string(block, "type"):
        case "text":
            begun["text"] = ""
            deltas += [{"type": "text_delta", "text": piece} for piece in _pieces(string(block, "text") or "")]
            if given(block, "citations"):
                begun["citations"] = []
                listed = as_list(block["citations"], "citations")
                deltas += [{"type": "citations_delta", "citation": one} for one in listed]
        case "thinking":
            begun |= {"thinking": "", "signature": ""}
            said = string(block, "thinking") or ""
            deltas += [{"type": "thinking_delta", "thinking": piece} for piece in _pieces(said)]
            deltas.append({"type": "signature_delta", "signature": as_value(block["signature"], "signature")})
        case "tool_use" | "server_tool_use" | "mcp_tool_use":
            begun["input"] = {}
            given_input = bytes(block.get("input", Raw(b"{}"))).decode()
            deltas.append({"type": "input_json_delta", "partial_json": given_input})
        case _:
            pass
    started = json_event("content_block_start", index=index, content_block=begun)
    grown = [json_event("content_block_delta", index=index, delta=delta) for delta in deltas]
    return [started, *grown, json_event("content_block_stop", index=index)]


def _pieces(text: str) -> list[str]:
    return [text[at : at + _PIECE] for at in range(0, len(text), _PIECE)]
