"""Neutral tools as Anthropic's definitions."""

from typing import Any

import msgspec

from services.gateway.formats.blocks import Ask, Tool
from services.gateway.formats.foreign import Plain
from services.gateway.formats.tool_names import ToolNames
from services.gateway.translate import anthropic_messages
from services.gateway.translate.anthropic_content import unusable
from services.gateway.translate.anthropic_tools import Function, function_block, holds_map, stand_ins

Body = dict[str, Any]


def tools_of(
    ask: Ask, found: Plain, names: ToolNames, turns: list[anthropic_messages.Turn], lost: list[str]
) -> tuple[list[Body], Body]:
    """The definitions that go out, and what the model may do with them. Tools that only the history knows get an empty one."""
    tools = [_definition(tool, names, lost) for tool in found.tools]
    if not tools:
        if ask.choice.mode in ("any", "tool"):
            raise unusable("tool_choice", "asks for a call, but there are no `tools`.")
        return stand_ins(anthropic_messages.tool_names(turns)), {"type": "none"}
    choice = ask.choice
    if choice.allowed:
        allowed = {names.sent(name) for name in choice.allowed}
        tools = [tool for tool in tools if tool["name"] in allowed]
        lost.append("tool_choice")
        if not tools:
            raise unusable("tool_choice", "may only allow tools that `tools` holds, and at least one.")
    if choice.mode != "tool":
        return tools, {"type": choice.mode}
    sent = names.sent(choice.name)
    if all(tool["name"] != sent for tool in tools):
        raise unusable("tool_choice", f"names `{choice.name}`, which is not among `tools`.")
    return tools, {"type": "tool", "name": sent}


def _definition(tool: Tool, names: ToolNames, lost: list[str]) -> Body:
    schema = msgspec.json.decode(tool.schema) if tool.schema is not None else None
    if not isinstance(schema, dict):
        schema = None
    if tool.strict and schema is not None and holds_map(schema):
        lost.append("strict")
    block = function_block(
        Function(
            name=names.sent(tool.name, tool.namespace),
            description=tool.description or None,
            parameters=schema,
            strict=tool.strict,
        )
    )
    if tool.cache is not None:
        block["cache_control"] = {"type": "ephemeral"} | ({"ttl": "1h"} if tool.cache == "1h" else {})
    return block
