"""Input items of the Responses API as neutral turns: one turn for each item, which keeps the item as it came."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Raw

from services.gateway.endpoints.responses.content import content, parts
from services.gateway.formats.blocks import Block, Call, CallKind, Hosted, Reasoning, Result, Role, Text, Turn, Unknown
from services.gateway.formats.json_fields import (
    Object,
    as_object,
    as_value,
    bare,
    encode,
    given,
    list_of,
    object_of,
    required,
    string,
)
from services.gateway.formats.opaque import PREFIX
from services.gateway.translate.anthropic_content import unusable
from services.gateway.translate.fields import is_object

HOSTED = (
    "web_search_call",
    "file_search_call",
    "code_interpreter_call",
    "mcp_call",
    "mcp_list_tools",
    "image_generation_call",
    "computer_call",
    "computer_call_output",
)
_MAX_DIGEST = 16_000
_SAID = frozenset(("query", "queries", "url", "title", "text", "code", "name", "output", "server_label"))
_ROLES: dict[str, Role] = {"user": "user", "assistant": "assistant", "system": "system", "developer": "system"}

Read = tuple[Role, tuple[Block, ...]]


class Items(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation: its turns, tools that stand among its items, the types of its items, and what is wrong with it."""

    turns: tuple[Turn, ...]
    tools: tuple[Raw, ...] = ()
    types: frozenset[str] = frozenset()
    problems: tuple[str, ...] = ()


def items(listed: Sequence[Raw], field: str, stored: Mapping[str, Raw]) -> Items:
    """The turns of a list of items. `stored` holds earlier items by their id, for those that only name one."""
    turns: list[Turn] = []
    tools: list[Raw] = []
    types: set[str] = set()
    problems: list[str] = []
    for at, sent in enumerate(listed):
        where, raw = f"{field}[{at}]", sent
        item = as_object(raw, where)
        kind = string(item, "type", where) or ("message" if "role" in item else "item_reference")
        if kind == "item_reference":
            name = required(string(item, "id", where), f"{where}.id")
            if (found := stored.get(name)) is None:
                problems.append(f"Item with id '{name}' not found.")
                turns.append(Turn(role="user", blocks=(), rest={"item": raw}))
                continue
            raw, item = found, as_object(found, where)
            kind = string(item, "type", where) or "message"
        types.add(kind)
        if kind in ("additional_tools", "tool_search_output"):
            tools += list_of(item, "tools", where)
        read = _READERS.get(kind, _unknown)
        role, blocks = read(item, raw, where)
        turns.append(Turn(role=role, blocks=blocks, rest={"item": raw}, field=where))
    problems += _unpaired(turns)
    return Items(turns=tuple(turns), tools=tuple(tools), types=frozenset(types), problems=tuple(problems))


def _unpaired(turns: Sequence[Turn]) -> list[str]:
    """Calls without an output, and outputs without a call."""
    made: dict[str, int] = {}
    problems = []
    for turn in turns:
        for block in turn.blocks:
            if isinstance(block, Call):
                made[block.id] = made.get(block.id, 0) + 1
            elif isinstance(block, Result):
                if not made.get(block.id):
                    problems.append(f"No tool call found for the output with call_id {block.id}.")
                else:
                    made[block.id] -= 1
    problems += [f"No tool output found for the call with call_id {name}." for name, left in made.items() if left]
    return problems


def _message(item: Object, raw: Raw, field: str) -> Read:
    role = string(item, "role", field) or ""
    if role not in _ROLES:
        raise unusable(f"{field}.role", "must be user, assistant, system or developer.")
    return _ROLES[role], content(required(item.get("content"), f"{field}.content"), f"{field}.content")


def _reasoning(item: Object, raw: Raw, field: str) -> Read:
    summary = parts(list_of(item, "summary", field), f"{field}.summary")
    said = "\n\n".join(part.text for part in summary if isinstance(part, Text))
    sealed = string(item, "encrypted_content", field) or ""
    sealed = sealed if sealed.startswith(PREFIX) else ""
    return "assistant", (Reasoning(text=said, sealed=sealed, raw=raw),)


def _call(item: Object, field: str, kind: CallKind, name: str, arguments: Raw) -> Read:
    identity = string(item, "call_id", field) or string(item, "id", field)
    call = Call(
        id=required(identity, f"{field}.call_id"),
        name=name,
        arguments=arguments,
        kind=kind,
        namespace=string(item, "namespace", field) or "",
    )
    return "assistant", (call,)


def _function_call(item: Object, raw: Raw, field: str) -> Read:
    said = string(item, "arguments", field) or ""
    given_object = is_object(said.encode())
    arguments = Raw(said.encode()) if given_object else encode({"_": said} if said.strip() else {})
    return _call(item, field, "function", required(string(item, "name", field), f"{field}.name"), arguments)


def _custom_call(item: Object, raw: Raw, field: str) -> Read:
    arguments = encode({"input": string(item, "input", field) or ""})
    return _call(item, field, "custom", required(string(item, "name", field), f"{field}.name"), arguments)


def _shim(kind: CallKind, inner: str) -> Callable[[Object, Raw, str], Read]:
    """A call of a tool that only OpenAI has a type for: what it was called with is an object in the item."""

    def read(item: Object, raw: Raw, field: str) -> Read:
        found = {name: value for name, value in object_of(item, inner, field).items() if name != "type"}
        arguments: Any = {inner: item.get(inner, Raw(b"{}"))} if inner == "operation" else found
        return _call(item, field, kind, kind, encode(arguments))

    return read


def _tool_search(item: Object, raw: Raw, field: str) -> Read:
    arguments = item.get("arguments", Raw(b"{}"))
    return _call(item, field, "tool_search", "tool_search", arguments if is_object(arguments) else encode({}))


def _output(item: Object, raw: Raw, field: str) -> Read:
    identity = string(item, "call_id", field) or string(item, "id", field)
    said: tuple[Block, ...] = ()
    if given(item, "output"):
        said = _output_parts(item["output"], f"{field}.output")
    failed = string(item, "status", field) == "failed"
    if not said and "status" in item and "output" not in item:
        said = (Text(text=string(item, "status", field) or ""),)
    return "user", (Result(id=required(identity, f"{field}.call_id"), parts=said, error=failed),)


def _output_parts(raw: Raw, field: str) -> tuple[Block, ...]:
    if bare(raw):
        return content(raw, field)
    value = as_value(raw, field)
    if not isinstance(value, list):
        return (Text(text=bytes(raw).decode()),)
    if any(isinstance(part, dict) and "stdout" in part for part in value):
        return (Text(text="\n".join(map(_shell_output, value))),)
    return content(raw, field)


def _shell_output(part: Any) -> str:
    if not isinstance(part, dict):
        return ""
    said = [str(part.get(name) or "") for name in ("stdout", "stderr")]
    outcome = part.get("outcome") or {}
    ended = f"exit code {outcome.get('exit_code')}" if outcome.get("type") == "exit" else str(outcome.get("type") or "")
    return "\n".join(text for text in (*said, ended) if text)


def _found_tools(item: Object, raw: Raw, field: str) -> Read:
    listed = [as_object(one, f"{field}.tools") for one in list_of(item, "tools", field)]
    names = [string(one, "name") or "" for one in listed]
    identity = string(item, "call_id", field)
    if identity is None:
        return "user", ()
    return "user", (Result(id=identity, parts=tuple(Text(text=f"tool {name} is available") for name in names)),)


def _no_turn(item: Object, raw: Raw, field: str) -> Read:
    return "user", ()


def _compaction(item: Object, raw: Raw, field: str) -> Read:
    return "assistant", (Unknown(type="compaction", field=field, raw=raw),)


def _hosted(item: Object, raw: Raw, field: str) -> Read:
    said: list[str] = []
    _collect({name: as_value(value, field) for name, value in item.items()}, said, 6)
    kind = string(item, "type", field) or ""
    return "assistant", (Hosted(type=kind, digest=" ".join(said)[:_MAX_DIGEST], raw=raw),)


def _collect(value: Any, said: list[str], depth: int) -> None:
    if isinstance(value, list) and depth:
        for item in value:
            if isinstance(item, str):
                said.append(item)
            else:
                _collect(item, said, depth - 1)
    elif isinstance(value, dict) and depth:
        for name, below in value.items():
            if isinstance(below, str):
                if name in _SAID:
                    said.append(below)
            elif isinstance(below, dict | list):
                _collect(below, said, depth - 1)


def _unknown(item: Object, raw: Raw, field: str) -> Read:
    return "user", (Unknown(type=string(item, "type", field) or "unknown", field=field, raw=raw),)


_READERS: dict[str, Callable[[Object, Raw, str], Read]] = {
    "message": _message,
    "reasoning": _reasoning,
    "function_call": _function_call,
    "custom_tool_call": _custom_call,
    "local_shell_call": _shim("local_shell", "action"),
    "shell_call": _shim("shell", "action"),
    "apply_patch_call": _shim("apply_patch", "operation"),
    "tool_search_call": _tool_search,
    "function_call_output": _output,
    "custom_tool_call_output": _output,
    "local_shell_call_output": _output,
    "shell_call_output": _output,
    "apply_patch_call_output": _output,
    "tool_search_output": _found_tools,
    "additional_tools": _no_turn,
    "compaction": _compaction,
    **dict.fromkeys(HOSTED, _hosted),
}
