"""What Anthropic refuses in the turns of a conversation: their order, their blocks, and calls without results."""

import re
from collections.abc import Mapping
from itertools import groupby
from typing import Any

from tests.fake_provider.answer import sign
from tests.fake_provider.rules import KEYS, RULES, refuse, unknown_key

_OWN: dict[str, Any] = RULES["anthropic"]
_OTHER_BLOCKS = {"search_result", "server_tool_use", "web_search_tool_result", "web_fetch_tool_result"}

Blocks = list[dict[str, Any]]


def known(kind: str, value: Mapping[str, Any], where: str) -> None:
    """Raises `Refused` for a key that an object of this kind does not have."""
    if (key := unknown_key("anthropic", kind, value)) is not None:
        refuse(f"{where}{key}: Extra inputs are not permitted")


def check(body: dict[str, Any], own: dict[str, Any], *, newest: bool) -> None:
    """Raises `Refused` for the first thing that is wrong; `newest` is the stricter API version."""
    messages = body["messages"]
    if not messages:
        refuse("messages: at least one message is required")
    roles = ("user", "assistant", "system") if "system_role" in own.get("takes", ()) else ("user", "assistant")
    for index, message in enumerate(messages):
        known("message", message, f"messages.{index}.")
        if message.get("role") not in roles:
            refuse(f'messages: Unexpected role "{message.get("role")}". Allowed roles are "user" or "assistant".')
        last = index == len(messages) - 1
        if not message.get("content") and not (last and message["role"] == "assistant"):
            refuse(f"messages.{index}: {message['role']} messages must have non-empty content")
        for at, block in enumerate(blocks_of(message["content"])):
            _block(block, f"messages.{index}.content.{at}", message["role"], newest=newest)
    if isinstance(body.get("system"), list):
        for at, block in enumerate(body["system"]):
            _block(block, f"system.{at}", "system", newest=newest)
    # Turns of one role that follow each other count as one.
    spoken = [message for message in messages if message["role"] != "system"]
    turns = [
        (role, [block for message in group for block in blocks_of(message["content"])])
        for role, group in groupby(spoken, lambda message: str(message["role"]))
    ]
    if not turns or turns[0][0] != "user":
        refuse('messages: first message must use the "user" role')
    _calls(turns)
    if not body.get("tools") and any(
        block["type"] in ("tool_use", "tool_result") for _, turn in turns for block in turn
    ):
        refuse("Requests which have `tool_use` or `tool_result` blocks in messages must define `tools`.")
    _end(turns, body, own)


def blocks_of(content: Any) -> Blocks:
    """The blocks of a content; a string is one text."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return list(content)


def _block(block: dict[str, Any], where: str, role: str, *, newest: bool) -> None:
    kind = block.get("type")
    if kind not in KEYS["anthropic"] and kind not in _OTHER_BLOCKS:
        refuse(f"{where}: Input tag '{kind}' found using 'type' does not match any of the expected tags")
    known(str(kind), block, f"{where}.{kind}.")
    if kind == "text" and not block["text"].strip():
        what = "contain non-whitespace text" if block["text"] else "be non-empty"
        refuse(f"{where.split('.', maxsplit=1)[0]}: text content blocks must {what}")
    if kind in ("image", "document"):
        _media(block, where, role, newest=newest)
    if kind == "text" and block.get("citations") and role == "user" and newest:
        refuse(f"{where}.text.citations: Extra inputs are not permitted")
    if kind == "tool_use":
        if role != "assistant":
            refuse(f"{where}: `tool_use` blocks can only be in `assistant` messages")
        if not isinstance(block["input"], dict):
            refuse(f"{where}.tool_use.input: Input should be a valid dictionary")
    if kind == "tool_result":
        if role != "user":
            refuse(f"{where}: `tool_result` blocks can only be in `user` messages")
        inner = block.get("content")
        for at, part in enumerate(inner if isinstance(inner, list) else ()):
            _block(part, f"{where}.tool_result.content.{at}", role, newest=newest)
    if kind in ("tool_use", "tool_result"):
        name = "id" if kind == "tool_use" else "tool_use_id"
        if not re.fullmatch(_OWN["tool_id"], block[name]):
            refuse(f"{where}.{kind}.{name}: String should match pattern '^{_OWN['tool_id']}$'")
    if kind == "thinking" and block["signature"] != sign(block["thinking"]):
        refuse(f"{where}: Invalid `signature` in `thinking` block")


def _media(block: dict[str, Any], where: str, role: str, *, newest: bool) -> None:
    kind, source = block["type"], block["source"]
    if kind == "document" and role == "assistant" and newest:
        refuse(f"{where}: document blocks are not permitted in assistant messages")
    if kind == "image":
        known(f"source.{source.get('type')}", source, f"{where}.image.source.{source.get('type')}.")
        if source["type"] == "base64" and source["media_type"] not in _OWN["image_types"]:
            allowed = ", ".join(f"'{one}'" for one in _OWN["image_types"])
            refuse(f"{where}.image.source.base64.media_type: Input should be {allowed}")


def _calls(turns: list[tuple[str, Blocks]]) -> None:
    """Every `tool_use` is answered at the head of the next user turn, and nothing else is."""
    asked: list[str] = []
    for index, (_, turn) in enumerate(turns):
        results = [block["tool_use_id"] for block in turn if block["type"] == "tool_result"]
        at_head: list[str] = []
        for block in turn:
            if block["type"] != "tool_result":
                break
            at_head.append(block["tool_use_id"])
        for identifier in results:
            if identifier not in asked:
                refuse(
                    f"messages.{index}.content: unexpected `tool_use_id` found in `tool_result` blocks: {identifier}. Each "
                    "`tool_result` block must have a corresponding `tool_use` block in the previous message."
                )
        if len({*results}) < len(results):
            refuse(f"messages.{index}: each tool_use must have a single result. Found multiple `tool_result` blocks.")
        _answered(asked, at_head, index)
        asked = [block["id"] for block in turn if block["type"] == "tool_use"]
        if len({*asked}) < len(asked):
            refuse("messages: `tool_use` ids must be unique")
    _answered(asked, [], len(turns))


def _answered(asked: list[str], given: list[str], index: int) -> None:
    if missing := [identifier for identifier in asked if identifier not in given]:
        refuse(
            f"messages.{index}: `tool_use` ids were found without `tool_result` blocks immediately after: "
            f"{', '.join(missing)}. Each `tool_use` block must have a corresponding `tool_result` block in the next message."
        )


def _end(turns: list[tuple[str, Blocks]], body: dict[str, Any], own: dict[str, Any]) -> None:
    role, turn = turns[-1]
    if role == "assistant":
        if "prefill" in own.get("refuses", ()):
            refuse(
                "This model does not support assistant message prefill. The conversation must end with a user message."
            )
        text = turn[-1].get("text", "") if turn else ""
        if text != text.rstrip():
            refuse("messages: final assistant content cannot end with trailing whitespace")
    in_loop = role == "user" and turn[0]["type"] == "tool_result"
    if in_loop and (body.get("thinking") or {}).get("type") == "enabled":
        first = turns[-2][1][0]["type"]
        if first not in ("thinking", "redacted_thinking"):
            refuse(
                f"messages.{len(turns) - 2}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `{first}`. "
                "When `thinking` is enabled, a final `assistant` message must start with a thinking block."
            )
