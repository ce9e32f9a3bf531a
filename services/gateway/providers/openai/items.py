"""Neutral turns as the items of OpenAI's Responses API."""

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec

from services.gateway.formats.blocks import Block, Call, Media, Reasoning, Result, Text, Turn
from services.gateway.formats.build import Target
from services.gateway.formats.foreign import Plain, error_text
from services.gateway.formats.json_fields import rejected
from services.gateway.formats.tool_names import ToolNames

_MAX_BREAKPOINTS = 4
_MAX_ID = 64

Body = dict[str, Any]


def input_items(found: Plain, names: ToolNames, target: Target) -> list[Body]:
    """The request's `input`: instructions first, then the turns, each result right after the turn of its call."""
    out: list[Body] = []
    if found.system:
        out.append({"type": "message", "role": "developer", "content": _parts(found.system)})
    for turn in found.turns:
        match turn.role:
            case "assistant":
                out += _assistant(turn, names, target)
            case "system":
                if said := _parts(turn.blocks):
                    out.append({"type": "message", "role": "developer", "content": said})
            case _:
                out += _user(turn)
    return out


def limit_breakpoints(items: Sequence[Body]) -> None:
    """Keep the last four marks for the provider's cache, which is what OpenAI takes."""
    parts = [part for item in items if isinstance(item.get("content"), list) for part in item["content"]]
    marked = [part for part in parts if "prompt_cache_breakpoint" in part]
    for part in marked[:-_MAX_BREAKPOINTS]:
        del part["prompt_cache_breakpoint"]


def call_id(given: str) -> str:
    """A call's id, no longer than OpenAI takes; two ids never become one."""
    if len(given) <= _MAX_ID:
        return given
    return f"{given[:47]}_{hashlib.blake2b(given.encode(), digest_size=8).hexdigest()}"


def _assistant(turn: Turn, names: ToolNames, target: Target) -> list[Body]:
    """One item for each block. Reasoning goes out only with the item that it led to."""
    out: list[Body] = []
    blocks = list(turn.blocks)
    last_call = max((at for at, block in enumerate(blocks) if isinstance(block, Call)), default=-1)
    phased = target.known is None or target.known.can("reasoning")
    recalled = [] if any(isinstance(block, Reasoning) for block in blocks) else _recalled(blocks, target)
    for at, block in enumerate(blocks):
        match block:
            case Reasoning() if block.native is not None and block.native.kind == "item":
                out.append(msgspec.json.decode(block.native.payload))
            case Text():
                phase = {"phase": "commentary" if at < last_call else "final_answer"} if phased else {}
                part = {"type": "output_text", "text": block.text, "annotations": []}
                out.append({"type": "message", "role": "assistant", "content": [part], **phase})
            case Call():
                out += recalled
                recalled = []
                if block.native is not None and block.native.kind == "item":
                    out.append(msgspec.json.decode(block.native.payload))
                name = names.sent(block.name, block.namespace)
                arguments = bytes(block.arguments).decode()
                sent = {"type": "function_call", "call_id": call_id(block.id), "name": name, "arguments": arguments}
                out.append(sent)
            case _:
                pass
    while out and out[-1]["type"] == "reasoning":
        out.pop()
    return out


def _recalled(blocks: Sequence[Block], target: Target) -> list[Body]:
    for block in blocks:
        kept = target.recalled.get(block.id) if isinstance(block, Call) else None
        if kept is not None and kept.served_model == target.model:
            return [item for item in kept.blocks if item.get("type") == "reasoning"]
    return []


def _user(turn: Turn) -> list[Body]:
    results = [block for block in turn.blocks if isinstance(block, Result)]
    out: list[Body] = [_output(result) for result in results]
    if said := _parts(tuple(block for block in turn.blocks if not isinstance(block, Result))):
        out.append({"type": "message", "role": "user", "content": said})
    return out


def _output(result: Result) -> Body:
    said = error_text(result)
    output: Any = said
    if any(isinstance(part, Media) for part in result.parts):
        media = tuple(part for part in result.parts if isinstance(part, Media))
        output = [*([{"type": "input_text", "text": said}] if said else []), *_parts(media)]
    return {"type": "function_call_output", "call_id": call_id(result.id), "output": output}


def _parts(blocks: Sequence[Block]) -> list[Body]:
    out: list[Body] = []
    for block in blocks:
        match block:
            case Text():
                part: Body = {"type": "input_text", "text": block.text}
            case Media():
                part = _media(block)
            case _:
                continue
        if block.cache is not None:
            part["prompt_cache_breakpoint"] = {"mode": "explicit"} | ({"ttl": "12h"} if block.cache == "1h" else {})
        out.append(part)
    return out


def _media(media: Media) -> Body:
    address = media.url or f"data:{media.media_type};base64,{media.data}"
    if media.form == "image":
        return {"type": "input_image", "image_url": address, "detail": "auto"}
    if media.form != "document":
        raise rejected(media.field, "is sound or video, which this provider's format has no place for.")
    if media.url:
        return {"type": "input_file", "file_url": media.url}
    return {"type": "input_file", "filename": media.name or "document.pdf", "file_data": address}
