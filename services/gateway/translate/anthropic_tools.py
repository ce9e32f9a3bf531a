"""OpenAI's tools and `tool_choice` as Anthropic's, and schemas cut to what Anthropic can enforce."""

from collections.abc import Sequence
from typing import Any

import msgspec

from services.gateway.translate.anthropic_content import Block, breakpoint_of, unusable

_NO_PARAMETERS: Block = {"type": "object", "properties": {}}
_UNENFORCED = frozenset(
    """
    minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength maxItems uniqueItems
    minProperties maxProperties
    """.split()
)


_BELOW = ("items", "prefixItems", "anyOf", "oneOf", "allOf", "not", "if", "then", "else")
_NAMED = ("properties", "$defs", "definitions")
_ALTERNATIVES = {"anyOf", "oneOf", "allOf", "$ref", "enum", "const"}


class Function(msgspec.Struct, frozen=True, kw_only=True):
    """A function that the model may call."""

    name: str
    description: str | None = None
    parameters: Block | None = None
    strict: bool | None = None


class Tool(msgspec.Struct, frozen=True, kw_only=True):
    """A tool; of OpenAI's kinds only functions have a form at Anthropic."""

    type: str = "function"
    function: Function | None = None
    cache_control: Any = None


def tool_blocks(tools: Sequence[Tool]) -> list[Block]:
    """Anthropic's definitions of OpenAI's tools."""
    found = []
    for at, tool in enumerate(tools):
        if tool.type != "function" or tool.function is None:
            raise unusable(f"tools[{at}]", f"is of type {tool.type!r}: Anthropic's models take functions only.")
        block = function_block(tool.function)
        if marker := breakpoint_of({"cache_control": tool.cache_control}):
            block["cache_control"] = marker
        found.append(block)
    return found


def function_block(function: Function) -> Block:
    """Anthropic's definition of one function. A schema has to say that it is an object's."""
    schema = function.parameters or {}
    schema = schema if "type" in schema else _NO_PARAMETERS | schema
    block: Block = {"name": function.name, "input_schema": schema}
    if function.description:
        block["description"] = function.description
    if function.strict and not holds_map(schema):
        block |= {"strict": True, "input_schema": enforceable(schema)}
    return block


def choose(tools: list[Block], asked: Any, field: str) -> tuple[list[Block], Block]:
    """The tools that are sent and what the model may do with them; `allowed_tools` leaves the others out."""
    names = [tool["name"] for tool in tools]
    match asked:
        case None | "auto":
            return tools, {"type": "auto"}
        case "none":
            return tools, {"type": "none"}
        case "required":
            return tools, {"type": "any"}
        case {"type": "allowed_tools", "allowed_tools": {"mode": "auto" | "required" as mode, "tools": [*allowed]}}:
            wanted = [_name(tool) for tool in allowed]
            if not wanted or not set(wanted) <= set(names):
                raise unusable(field, "may only allow tools that `tools` holds, and at least one.")
            kept = [tool for tool in tools if tool["name"] in wanted]
            return kept, {"type": "auto" if mode == "auto" else "any"}
    if _name(asked) not in names:
        raise unusable(field, "must be none, auto, required, allowed_tools, or name a function that `tools` holds.")
    return tools, {"type": "tool", "name": _name(asked)}


def stand_ins(names: Sequence[str]) -> list[Block]:
    """Definitions for tools that only the history knows: Anthropic refuses calls in it where there are no tools."""
    return [{"name": name, "input_schema": _NO_PARAMETERS} for name in names]


def enforceable(schema: Any) -> Any:
    """A schema with closed objects, and with what Anthropic cannot enforce moved into the description."""
    if not isinstance(schema, dict):
        return schema
    found: Block = {}
    moved = {key: value for key, value in schema.items() if _unenforced(key, value)}
    for key, value in schema.items():
        if key in moved:
            continue
        if key in ("properties", "$defs", "definitions") and isinstance(value, dict):
            found[key] = {name: enforceable(below) for name, below in value.items()}
        elif key in ("anyOf", "oneOf", "allOf") and isinstance(value, list):
            found["anyOf" if key == "oneOf" else key] = [enforceable(below) for below in value]
        else:
            found[key] = enforceable(value) if key == "items" else value
    kind = found.get("type")
    if "properties" in found or kind == "object" or (isinstance(kind, list) and "object" in kind):
        found["additionalProperties"] = False
    if moved:
        said = ", ".join(f"{key}: {value}" for key, value in moved.items())
        found["description"] = f"{found.get('description', '')} ({said})".strip()
    return found


def holds_map(schema: Any, *, root: bool = True) -> bool:
    """Whether there is an object in it whose keys are not all named: closing it would leave nothing to answer."""
    if isinstance(schema, list):
        return any(holds_map(below, root=False) for below in schema)
    if not isinstance(schema, dict):
        return False
    kind = schema.get("type")
    is_object = kind == "object" or (isinstance(kind, list) and "object" in kind)
    more = schema.get("additionalProperties")
    if isinstance(more, dict) or schema.get("patternProperties") or "propertyNames" in schema:
        return True
    if (
        is_object
        and not root
        and "properties" not in schema
        and more is not False
        and not _ALTERNATIVES & schema.keys()
    ):
        return True
    below = [schema[name] for name in _BELOW if name in schema]
    below += [one for name in _NAMED if isinstance(schema.get(name), dict) for one in schema[name].values()]
    return any(holds_map(one, root=False) for one in below)


def _unenforced(key: str, value: Any) -> bool:
    return key in _UNENFORCED or (key == "minItems" and value not in (0, 1))


def _name(asked: Any) -> str | None:
    match asked:
        case {"function": {"name": str(name)}} | {"name": str(name)}:
            return name
    return None
