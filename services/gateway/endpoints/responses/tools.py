"""Tools of the Responses API: functions, tools of free text, groups of tools, and those that only OpenAI has a type for."""

from collections.abc import Sequence
from typing import Any

from msgspec import Raw

from services.gateway.formats.blocks import CallKind, Tool, ToolChoice
from services.gateway.formats.json_fields import (
    Object,
    as_object,
    as_string,
    bare,
    encode,
    flag,
    given,
    list_of,
    object_of,
    required,
    string,
)

_TEXT: dict[str, Any] = {"type": "string"}
_TEXTS: dict[str, Any] = {"type": "array", "items": _TEXT}
_NUMBER: dict[str, Any] = {"type": "integer"}
_OPERATION: dict[str, Any] = {
    "type": "object",
    "properties": {
        "type": {"type": "string", "enum": ["create_file", "update_file", "delete_file"]},
        "path": _TEXT,
        "diff": _TEXT,
    },
    "required": ["type", "path"],
}


def _schema(names: list[str], **properties: dict[str, Any]) -> Raw:
    return encode({"type": "object", "properties": properties, "required": names})


_INPUT = _schema(["input"], input=_TEXT)
# Tools that OpenAI describes and the client runs: what the model has to know of them elsewhere.
_CLIENT_RUN: dict[str, tuple[CallKind, str, Raw]] = {
    "local_shell": (
        "local_shell",
        "Runs a command on the client's machine and returns its output. `command` holds the program and its arguments.",
        _schema(
            ["command"],
            command=_TEXTS,
            env={"type": "object", "additionalProperties": _TEXT},
            working_directory=_TEXT,
            user=_TEXT,
            timeout_ms=_NUMBER,
        ),
    ),
    "shell": (
        "shell",
        "Runs shell commands on the client's machine and returns their output.",
        _schema(["commands"], commands=_TEXTS, timeout_ms=_NUMBER, max_output_length=_NUMBER),
    ),
    "apply_patch": (
        "apply_patch",
        "Creates, updates or deletes a file by a V4A diff: lines that begin with a blank, + or -, in sections that begin with @@.",
        _schema(["operation"], operation=_OPERATION),
    ),
}
_OPTIONAL = ("web_search", "web_search_preview", "tool_search")
# The items that a hosted tool leaves in a conversation, where they are not named after it.
_LEAVES = {"computer_use_preview": "computer_call", "image_generation": "image_generation_call"}


def tools(listed: Sequence[Raw], choice: ToolChoice, types: frozenset[str]) -> tuple[Tool, ...]:
    """The tools of a list, groups opened. `types` are those of the conversation's items: a hosted tool that was used is needed."""
    found: list[Tool] = []
    seen: set[tuple[str, str]] = set()
    for at, raw in enumerate(listed):
        for tool in _tool(raw, f"tools[{at}]", choice, types):
            if (tool.namespace, tool.name) not in seen or tool.kind == "hosted":
                seen.add((tool.namespace, tool.name))
                found.append(tool)
    return tuple(found)


def choice_of(top: Object) -> ToolChoice:
    """What the model may do with the tools."""
    parallel = flag(top, "parallel_tool_calls")
    parallel = False if parallel is False else None
    if not given(top, "tool_choice"):
        return ToolChoice(parallel=parallel)
    raw = top["tool_choice"]
    if bare(raw):
        word = as_string(raw, "tool_choice")
        mode = {"none": "none", "required": "any"}.get(word, "auto")
        return ToolChoice(mode=mode, parallel=parallel, said=True)  # type: ignore[arg-type]
    found = as_object(raw, "tool_choice")
    kind = string(found, "type", "tool_choice") or ""
    if kind == "allowed_tools":
        names = [as_object(one, "tool_choice.tools") for one in list_of(found, "tools", "tool_choice")]
        allowed = tuple(string(one, "name") or string(one, "type") or "" for one in names)
        required_one = string(found, "mode", "tool_choice") == "required"
        return ToolChoice(mode="any" if required_one else "auto", allowed=allowed, parallel=parallel, said=True)
    return ToolChoice(mode="tool", name=string(found, "name", "tool_choice") or kind, parallel=parallel, said=True)


def _tool(
    raw: Raw, field: str, choice: ToolChoice, types: frozenset[str], namespace: str = "", about: str = ""
) -> list[Tool]:
    found = as_object(raw, field)
    kind = string(found, "type", field) or "function"
    name = string(found, "name", field) or ""
    description = string(found, "description", field) or ""
    match kind:
        case "function":
            described = "\n\n".join(part for part in (about, description) if part)
            return [
                Tool(
                    name=required(name or None, f"{field}.name"),
                    namespace=namespace,
                    description=described,
                    schema=found["parameters"] if given(found, "parameters") else None,
                    strict=flag(found, "strict", field),
                    field=field,
                    raw=raw,
                )
            ]
        case "custom":
            described = "\n\n".join(part for part in (about, description, _grammar(found, field)) if part)
            return [
                Tool(
                    name=required(name or None, f"{field}.name"),
                    namespace=namespace,
                    kind="custom",
                    description=described,
                    schema=_INPUT,
                    field=field,
                    raw=raw,
                )
            ]
        case "namespace":
            inner = list_of(found, "tools", field)
            return [
                tool
                for at, one in enumerate(inner)
                for tool in _tool(one, f"{field}.tools[{at}]", choice, types, name, "" if at else description)
            ]
        case "tool_search" if string(found, "execution", field) == "client":
            schema = found["parameters"] if given(found, "parameters") else None
            return [
                Tool(
                    name="tool_search", kind="tool_search", description=description, schema=schema, field=field, raw=raw
                )
            ]
        case "shell" if string(object_of(found, "environment", field), "type") not in (None, "local"):
            return [_hosted(kind, field, raw, choice, types)]
    if kind in _CLIENT_RUN:
        made, said, schema = _CLIENT_RUN[kind]
        return [Tool(name=made, kind=made, description=said, schema=schema, field=field, raw=raw)]
    return [_hosted(kind, field, raw, choice, types)]


def _hosted(kind: str, field: str, raw: Raw, choice: ToolChoice, types: frozenset[str]) -> Tool:
    """A tool that OpenAI runs: it can be left out where nothing depends on it."""
    bare_kind = kind.removesuffix("_preview")
    used = _LEAVES.get(kind, f"{bare_kind}_call") in types
    needed = kind not in _OPTIONAL and (choice.mode in ("any", "tool") or used)
    return Tool(name=kind, kind="hosted", type=kind, only_here=needed, field=field, raw=raw)


def _grammar(found: Object, field: str) -> str:
    """The form of a free text, in words."""
    form = object_of(found, "format", field)
    definition = string(form, "definition", f"{field}.format")
    if definition is None:
        return ""
    return f"`input` must follow this grammar ({string(form, 'syntax', f'{field}.format')}):\n{definition}"
