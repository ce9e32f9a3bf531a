"""What Anthropic's API takes and sends, as the SDK's types and the documented rules have it."""

import functools
import re
import types
import typing
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import msgspec
import typing_extensions
from anthropic import types as sdk
from anthropic.types.message_create_params import MessageCreateParamsNonStreaming, MessageCreateParamsStreaming

from libs.common import catalog
from services.gateway.providers.anthropic.chat import ANTHROPIC
from services.gateway.translate.dialect import Asked, Kept

LEGACY, OLDER, NEW, STRICT = "claude-haiku-4-5", "claude-sonnet-4-6", "claude-sonnet-5", "claude-opus-5-5"
# Version 2023-06-01 still takes them for older models; the SDK's types are those of the next one.
OLD_ONLY = ("temperature", "top_p")
REQUIRED: Any = typing_extensions.Required
UNIONS: tuple[Any, ...] = (typing.Union, types.UnionType)
EVENT: typing_extensions.TypeAlias = (
    sdk.RawMessageStartEvent
    | sdk.RawMessageDeltaEvent
    | sdk.RawMessageStopEvent
    | sdk.RawContentBlockStartEvent
    | sdk.RawContentBlockDeltaEvent
    | sdk.RawContentBlockStopEvent
)


def ask(
    body: Mapping[str, Any], model: str = LEGACY, *, stream: bool = False, kept: Mapping[str, Kept] | None = None
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What a client's body becomes, checked against the SDK's types and the API's rules; and what was dropped."""
    raw = msgspec.json.decode(msgspec.json.encode(body), type=dict[str, msgspec.Raw])
    known = catalog.load().find(model)
    asked = Asked(raw=raw, messages=raw["messages"], model=model, known=known, stream=stream, kept=kept or {})
    out = ANTHROPIC.request(asked)
    assert ANTHROPIC.request(asked) == out
    sent = msgspec.json.decode(out.body)
    typed = {name: value for name, value in sent.items() if name not in OLD_ONLY}
    assert misfit(typed, MessageCreateParamsStreaming if stream else MessageCreateParamsNonStreaming) is None
    check(sent, model)
    return sent, out.dropped


def user(content: Any = "Hello") -> dict[str, Any]:
    return {"role": "user", "content": content}


def call(name: str, arguments: Any = "{}", *, of: str = "f") -> dict[str, Any]:
    return {"id": name, "type": "function", "function": {"name": of, "arguments": arguments}}


def calling(*calls: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": None, "tool_calls": list(calls), **more}


def result(name: str, content: Any = "42") -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": name, "content": content}


def tool(name: str = "f", **more: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, **more}}


def check(body: Mapping[str, Any], model: str) -> None:
    """The rules that are no matter of types, as assertions; breaking one is a 400."""
    turns, tools = body["messages"], body.get("tools", [])
    known = catalog.load().find(model)
    refuses = known.refuses if known is not None else frozenset()
    thinking = body.get("thinking", {}).get("type")
    everything = [*body.get("system", []), *(block for turn in turns for block in turn["content"])]
    if any(turn["role"] == "system" for turn in turns):
        assert known is not None
        assert known.can("mid_conversation_system")
        assert turns[0]["role"] != "system"
    # Turns of one role that only an instruction stands between count as one.
    groups = groupby((turn for turn in turns if turn["role"] != "system"), lambda turn: str(turn["role"]))
    turns = [
        {"role": role, "content": [block for turn in group for block in turn["content"]]} for role, group in groups
    ]
    assert [turn["role"] for turn in turns] == [("user", "assistant")[at % 2] for at in range(len(turns))]
    _check_pairs(turns)
    assert all(block["text"].strip() for block in everything if block["type"] == "text")
    marks = [block["cache_control"].get("ttl", "5m") for block in [*tools, *everything] if "cache_control" in block]
    assert len(marks) <= 4
    assert marks == sorted(marks)  # an hour's before five minutes'
    if any(block["type"] in ("tool_use", "tool_result") for block in everything):
        assert tools
    assert tools or "tool_choice" not in body
    assert len({tool["name"] for tool in tools}) == len(tools)
    if "sampling" in refuses or thinking in ("adaptive", "enabled"):
        assert not {"temperature", "top_p", "top_k"} & body.keys()
    assert not {"temperature", "top_p"} <= body.keys()
    if body.get("tool_choice", {}).get("type") in ("any", "tool"):
        assert "forced_tools" not in refuses
        assert thinking not in ("adaptive", "enabled")
    if turns[-1]["role"] == "assistant":
        assert "prefill" not in refuses
        assert turns[-1]["content"][-1]["text"] == turns[-1]["content"][-1]["text"].rstrip()
    assert known is None or body["max_tokens"] <= known.max_output_tokens
    if thinking == "enabled":
        assert 1024 <= body["thinking"]["budget_tokens"] < body["max_tokens"]
    assert all(stop.strip() for stop in body.get("stop_sequences", []))


def _check_pairs(turns: Sequence[Mapping[str, Any]]) -> None:
    """Calls are answered at once and in the front of the next turn, and no id comes twice."""
    seen: set[str] = set()
    waiting: set[str] = set()
    for turn in turns:
        kinds = [block["type"] for block in turn["content"]]
        assert kinds
        results = [block["tool_use_id"] for block in turn["content"] if block["type"] == "tool_result"]
        assert kinds[: len(results)] == ["tool_result"] * len(results)
        assert len(results) == len(set(results))
        assert set(results) == waiting
        calls = [block["id"] for block in turn["content"] if block["type"] == "tool_use"]
        assert len(calls) == len(set(calls))
        assert not seen & set(calls)
        assert all(re.fullmatch(r"[a-zA-Z0-9_-]+", name) for name in calls)
        waiting = set(calls)
        seen |= waiting
    assert not waiting


def misfit(value: Any, kind: Any, where: str = "body") -> str | None:
    """Where a value has another type than the SDK's, or a key that the SDK does not know; None: nowhere."""
    origin, args = typing_extensions.get_origin(kind), typing_extensions.get_args(kind)
    if kind is Any or kind is object:
        return None
    if origin in (typing_extensions.Required, typing_extensions.NotRequired, typing.Annotated):
        return misfit(value, args[0], where)
    if origin in UNIONS:
        tried = [misfit(value, one, where) for one in args]
        return None if None in tried else max((one or "" for one in tried), key=len)
    if origin is typing.Literal:
        return None if value in args else f"{where}: {value!r}"
    if typing_extensions.is_typeddict(kind):
        return _misfit_of_object(value, kind, where)
    if origin is dict:
        return None if isinstance(value, dict) else where
    if origin is not None and isinstance(value, list):
        return next(
            (wrong for at, item in enumerate(value) if (wrong := misfit(item, args[0], f"{where}[{at}]"))), None
        )
    if kind in (str, bool, type(None)):
        return None if isinstance(value, kind) else where
    if kind in (int, float):
        return None if isinstance(value, int | kind) and not isinstance(value, bool) else where
    return where


def _misfit_of_object(value: Any, kind: Any, where: str) -> str | None:
    if not isinstance(value, dict):
        return where
    hints = _hints(kind)
    required = {name for name, hint in hints.items() if typing_extensions.get_origin(hint) is REQUIRED}
    if missing := required - value.keys():
        return f"{where}: without {missing}"
    for name, item in value.items():
        if name in hints:
            if wrong := misfit(item, hints[name], f"{where}.{name}"):
                return wrong
        elif getattr(kind, "__pydantic_config__", {}).get("extra") != "allow":
            return f"{where}.{name}: unknown"
    return None


@functools.cache
def _hints(kind: Any) -> dict[str, Any]:
    return typing_extensions.get_type_hints(kind, include_extras=True)


def start(**usage: Any) -> EVENT:
    """The event that begins a message."""
    message = sdk.Message(
        id="msg_01AbC",
        content=[],
        model="claude-sonnet-5",
        role="assistant",
        type="message",
        usage=sdk.Usage.model_validate({"input_tokens": 25, "output_tokens": 1} | usage),
    )
    return sdk.RawMessageStartEvent(type="message_start", message=message)


def block(index: int, kind: Mapping[str, Any], *deltas: Mapping[str, Any]) -> list[EVENT]:
    """The events of one block."""
    opened = {"type": "content_block_start", "index": index, "content_block": kind}
    grown = [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
    return [
        sdk.RawContentBlockStartEvent.model_validate(opened),
        *(sdk.RawContentBlockDeltaEvent.model_validate(event) for event in grown),
        sdk.RawContentBlockStopEvent(type="content_block_stop", index=index),
    ]


def finish(reason: str, *, output: int = 12, details: Any = None, **usage: Any) -> list[EVENT]:
    """The events that end a message."""
    delta = {"stop_reason": reason, "stop_sequence": None, "stop_details": details}
    ended = {"type": "message_delta", "delta": delta, "usage": {"output_tokens": output} | usage}
    return [sdk.RawMessageDeltaEvent.model_validate(ended), sdk.RawMessageStopEvent(type="message_stop")]


def on_the_wire(events: Sequence[EVENT | Mapping[str, Any]], *, newline: bytes = b"\n") -> bytes:
    """Events as Anthropic sends them, named twice."""
    lines = b""
    for event in events:
        data = msgspec.json.encode(event) if isinstance(event, Mapping) else event.model_dump_json().encode()
        name = msgspec.json.decode(data)["type"].encode()
        lines += b"event: %b%bdata: %b%b%b" % (name, newline, data, newline, newline)
    return lines
