"""Tools of the Messages API: the client's own, those that every provider can be given, and those that only Anthropic runs."""

from collections.abc import Mapping
from typing import Any

from msgspec import Raw

from services.gateway.endpoints.messages.blocks import lifetime
from services.gateway.formats.blocks import Tool, ToolChoice
from services.gateway.formats.json_fields import (
    Object,
    as_object,
    as_value,
    encode,
    flag,
    given,
    list_of,
    required,
    string,
    strings_of,
)

_TEXT: dict[str, Any] = {"type": "string"}
_INTEGER: dict[str, Any] = {"type": "integer"}
_RANGE: dict[str, Any] = {"type": "array", "items": _INTEGER}


def _schema(required_names: list[str], **properties: dict[str, Any]) -> Raw:
    return encode({"type": "object", "properties": properties, "required": required_names})


# Tools that Anthropic describes and the client runs: what it is called with, and what the model has to know of it elsewhere.
_CLIENT_RUN: Mapping[str, tuple[str, Raw]] = {
    "bash_": (
        "Runs a command in a persistent shell and returns its output. `restart` starts the shell anew.",
        _schema([], command=_TEXT, restart={"type": "boolean"}),
    ),
    "text_editor_": (
        "Views and edits files. `command` is view, create, str_replace or insert; `path` names the file.",
        _schema(
            ["command", "path"],
            command={"type": "string", "enum": ["view", "create", "str_replace", "insert", "undo_edit"]},
            path=_TEXT,
            file_text=_TEXT,
            old_str=_TEXT,
            new_str=_TEXT,
            insert_line=_INTEGER,
            insert_text=_TEXT,
            view_range=_RANGE,
        ),
    ),
    "memory_": (
        "Reads and writes files below /memories. `command` is view, create, str_replace, insert, delete or rename.",
        _schema(
            ["command"],
            command={"type": "string", "enum": ["view", "create", "str_replace", "insert", "delete", "rename"]},
            path=_TEXT,
            file_text=_TEXT,
            old_str=_TEXT,
            new_str=_TEXT,
            insert_line=_INTEGER,
            insert_text=_TEXT,
            old_path=_TEXT,
            new_path=_TEXT,
            view_range=_RANGE,
        ),
    ),
}
_ONLY_HERE = ("computer_", "browser_", "code_execution", "mcp_toolset", "advisor")


def tools(top: Object) -> tuple[Tool, ...]:
    """The request's tools."""
    return tuple(tool(raw, f"tools[{at}]") for at, raw in enumerate(list_of(top, "tools")))


def tool(raw: Raw, field: str) -> Tool:
    """One tool."""
    found = as_object(raw, field)
    kind = string(found, "type", field) or "custom"
    if kind != "custom":
        return _typed(kind, found, raw, field)
    callers = strings_of(found, "allowed_callers", field)
    if callers and "direct" not in callers:
        return Tool(name=string(found, "name", field) or "", kind="hosted", type="by_code", field=field, raw=raw)
    description = string(found, "description", field) or ""
    if examples := list_of(found, "input_examples", field):
        shown = "\n".join(bytes(example).decode() for example in examples)
        description = f"{description}\n\nExamples of input:\n{shown}".strip()
    return Tool(
        name=required(string(found, "name", field), f"{field}.name"),
        description=description,
        schema=found.get("input_schema"),
        strict=flag(found, "strict", field),
        field=field,
        raw=raw,
        cache=lifetime(found),
    )


def choice(top: Object) -> ToolChoice:
    """What the model may do with the tools."""
    if not given(top, "tool_choice"):
        return ToolChoice()
    found = as_object(top["tool_choice"], "tool_choice")
    parallel = False if flag(found, "disable_parallel_tool_use", "tool_choice") else None
    match string(found, "type", "tool_choice"):
        case "any":
            return ToolChoice(mode="any", parallel=parallel, said=True)
        case "tool":
            name = required(string(found, "name", "tool_choice"), "tool_choice.name")
            return ToolChoice(mode="tool", name=name, parallel=parallel, said=True)
        case "none":
            return ToolChoice(mode="none", parallel=parallel, said=True)
        case _:
            return ToolChoice(parallel=parallel, said=True)


def _typed(kind: str, found: Object, raw: Raw, field: str) -> Tool:
    name = string(found, "name", field) or kind
    for prefix, (description, schema) in _CLIENT_RUN.items():
        if kind.startswith(prefix):
            return Tool(name=name, description=description, schema=schema, field=field, raw=raw, cache=lifetime(found))
    return Tool(name=name, kind="hosted", type=kind, only_here=kind.startswith(_ONLY_HERE), field=field, raw=raw)


def changes(items: list[Raw], field: str) -> tuple[tuple[Tool, ...], frozenset[str]]:
    """Tools that a message adds, and the names of those that it takes away."""
    added: list[Tool] = []
    removed: set[str] = set()
    for at, item in enumerate(items):
        found = as_object(item, f"{field}[{at}]")
        kind = as_value(found["type"], "type") if "type" in found else ""
        if kind == "tool_addition":
            listed = [*list_of(found, "tools", field), *([found["tool"]] if "tool" in found else [])]
            added += [tool(one, f"{field}[{at}].tools[{place}]") for place, one in enumerate(listed)]
        elif kind == "tool_removal":
            removed |= {*strings_of(found, "tool_names", field), *strings_of(found, "names", field)}
            if (name := string(found, "tool_name", field) or string(found, "name", field)) is not None:
                removed.add(name)
    return tuple(added), frozenset(removed)
