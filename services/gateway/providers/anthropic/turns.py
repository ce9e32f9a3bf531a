"""Neutral turns as Anthropic's: alternating, begun by the user, each call with its result at the head of the turn after it."""

import base64
import hashlib
import re
from collections.abc import Iterable
from typing import Any

import msgspec

from services.gateway.formats.blocks import Block, Call, Media, Reasoning, Result, Text, Turn
from services.gateway.formats.build import Target
from services.gateway.formats.foreign import NOTE, results_first
from services.gateway.formats.json_fields import rejected
from services.gateway.formats.tool_names import ToolNames
from services.gateway.translate import anthropic_messages
from services.gateway.translate.anthropic_content import text

_NOTHING = "."
_ODD = re.compile(r"[^a-zA-Z0-9_-]")
_IMAGES = ("image/jpeg", "image/png", "image/gif", "image/webp")
_THINKING = ("thinking", "redacted_thinking")

Body = dict[str, Any]


class _Made(anthropic_messages.Turn, kw_only=True):
    """A turn whose thinking is `own`, which means in its content, or only recalled, and not in it yet."""

    own: bool = False


def conversation(turns: Iterable[Turn], names: ToolNames, target: Target) -> list[anthropic_messages.Turn]:
    """The turns. Where a turn's own thinking is not in it, what was recalled of its calls stands beside it."""
    in_place = target.known is not None and target.known.can("mid_conversation_system")
    out: list[anthropic_messages.Turn] = []
    for turn in _ordered(turns, in_place=in_place):
        content = [found for block in turn.blocks for found in _blocks(block, names)]
        if not content:
            continue
        made = _Made(role=turn.role, content=content)
        if turn.role == "assistant":
            made.thinking = _thinking(turn, content, target)
            made.own = any(block["type"] in _THINKING for block in content)
        out.append(made)
    if not out or out[0].role == "assistant":
        out.insert(0, anthropic_messages.Turn(role="user", content=[text(_NOTHING)]))
    return out


def restore_thinking(turns: list[anthropic_messages.Turn]) -> None:
    """Put recalled thinking before the calls that are still being worked on. Where one of these turns has lost its own, none of
    them keeps any: a block is valid only after the very blocks that came before it.
    """
    loop = _loop(turns)
    if any(turn.thinking is None for turn in loop):
        strip_thinking(loop)
        return
    for turn in loop:
        if not (isinstance(turn, _Made) and turn.own):
            turn.content = [*(turn.thinking or ()), *turn.content]


def strip_thinking(turns: list[anthropic_messages.Turn]) -> None:
    """Leave out the thinking in the turns and beside them."""
    for turn in turns:
        turn.thinking = []
        turn.content = [block for block in turn.content if block["type"] not in _THINKING] or [text(_NOTHING)]


def _loop(turns: list[anthropic_messages.Turn]) -> list[anthropic_messages.Turn]:
    """The assistant's turns after the last one in which the user said something new."""
    loop: list[anthropic_messages.Turn] = []
    for turn in reversed(turns):
        if turn.role == "assistant":
            loop.append(turn)
        elif turn.role == "user" and "tool_result" not in turn.types:
            break
    return loop


def _ordered(turns: Iterable[Turn], *, in_place: bool) -> list[Turn]:
    """Turns with each instruction where Anthropic takes it: after a user's turn, and never between a call and its result."""
    out: list[Turn] = []
    held: list[Block] = []
    waiting = False
    for turn in turns:
        if turn.role == "system":
            held += turn.blocks
            continue
        if turn.role == "assistant" and held and not waiting:
            _instruct(out, held, in_place=in_place)
            held = []
        out.append(turn)
        waiting = any(isinstance(block, Call) for block in turn.blocks) if turn.role == "assistant" else False
    if held:
        _instruct(out, held, in_place=in_place)
    return results_first(out)


def _instruct(out: list[Turn], held: list[Block], *, in_place: bool) -> None:
    if in_place and out and out[-1].role == "user":
        out.append(Turn(role="system", blocks=tuple(held)))
        return
    said = "\n\n".join(block.text for block in held if isinstance(block, Text))
    out.append(Turn(role="user", blocks=(Text(text=NOTE.format(said)),)))


def _thinking(turn: Turn, content: list[Body], target: Target) -> list[Body] | None:
    """The thinking that belongs to a turn: its own, else what was kept of its calls. None: it cannot be had."""
    own = [block for block in content if block["type"] in _THINKING]
    ids = [block.id for block in turn.blocks if isinstance(block, Call)]
    if own or not ids:
        return own
    kept = next((found for name in ids if (found := target.recalled.get(name)) is not None), None)
    if kept is None or kept.served_model != target.model:
        return None
    return [block for block in kept.blocks if block.get("type") in _THINKING]


def _blocks(block: Block, names: ToolNames) -> list[Body]:
    match block:
        case Text():
            found = [text(block.text)] if block.text.strip() else []
        case Media():
            found = [_media(block)]
        case Reasoning() if block.native is not None and block.native.kind == "thinking":
            return [msgspec.json.decode(block.native.payload)]
        case Call():
            sent = {"id": call_id(block.id), "name": names.sent(block.name, block.namespace)}
            found = [*_signed(block), {"type": "tool_use", **sent, "input": block.arguments}]
        case Result():
            found = [_result(block)]
        case _:
            return []
    if found and block.cache is not None:
        found[-1]["cache_control"] = {"type": "ephemeral"} | ({"ttl": "1h"} if block.cache == "1h" else {})
    return found


def _signed(call: Call) -> list[Body]:
    """The thinking that a client's format keeps on the call."""
    if call.native is None or call.native.kind != "thinking":
        return []
    return [msgspec.json.decode(call.native.payload)]


def call_id(given: str) -> str:
    """A call's id in the characters that Anthropic takes; two ids never become one."""
    sent = _ODD.sub("_", given)
    if sent == given and given:
        return given
    return f"{sent[:48]}_{hashlib.blake2b(given.encode(), digest_size=4).hexdigest()}"


def _result(result: Result) -> Body:
    found: Body = {"type": "tool_result", "tool_use_id": call_id(result.id)}
    content: list[Body] = []
    for part in result.parts:
        if isinstance(part, Text) and part.text.strip():
            content.append(text(part.text))
        elif isinstance(part, Media):
            content.append(_media(part))
    if content:
        found["content"] = content
    if result.error:
        found["is_error"] = True
    return found


def _media(media: Media) -> Body:
    if media.form == "image":
        if media.url:
            return {"type": "image", "source": {"type": "url", "url": media.url}}
        kind = "image/jpeg" if media.media_type == "image/jpg" else media.media_type
        if kind not in _IMAGES:
            raise rejected(media.field, f"is {kind or 'of no type'}: Anthropic's models take JPEG, PNG, GIF and WebP.")
        return {"type": "image", "source": {"type": "base64", "media_type": kind, "data": media.data}}
    if media.form != "document":
        raise rejected(media.field, "is sound or video, which Anthropic's models do not take.")
    title = {"title": media.name[:500]} if media.name else {}
    if media.url:
        return {"type": "document", "source": {"type": "url", "url": media.url}, **title}
    if media.media_type == "application/pdf":
        return {
            "type": "document",
            "source": {"type": "base64", "media_type": media.media_type, "data": media.data},
            **title,
        }
    try:
        said = base64.b64decode(media.data, validate=True).decode()
    except ValueError:
        raise rejected(media.field, f"is {media.media_type}: Anthropic's models take PDF and text files.") from None
    return {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": said}, **title}
