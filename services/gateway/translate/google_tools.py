"""OpenAI's tools, and the choice among them, as Gemini's function declarations."""

from typing import Any, Literal

import msgspec

from services.gateway.translate.google_contents import checked_name
from services.gateway.translate.google_fields import unusable

_MODES = {"auto": "AUTO", "none": "NONE", "required": "ANY"}
_SAYS_NOTHING = {"type", "title", "description", "$schema"}


class Function(msgspec.Struct, frozen=True, kw_only=True):
    """A function that the model may call. `strict` has no equivalent: declared parameters always bind."""

    name: str
    description: str | None = None
    parameters: dict[str, Any] | None = None


class Tool(msgspec.Struct, frozen=True, kw_only=True):
    """A tool of any type; only functions have a form here."""

    type: str = "function"
    function: Function | None = None


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """A function by its name."""

    name: str


class NamedTool(msgspec.Struct, frozen=True, kw_only=True):
    """A tool by its name."""

    type: str = "function"
    function: Named | None = None


class Allowed(msgspec.Struct, frozen=True, kw_only=True):
    """Some of the tools."""

    mode: Literal["auto", "required"]
    tools: list[NamedTool]


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One tool, or some of them."""

    type: Literal["function", "allowed_tools"]
    function: Named | None = None
    allowed_tools: Allowed | None = None


class Tools(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of a request that are about tools, older names included."""

    tools: list[Tool] | None = None
    tool_choice: Literal["auto", "none", "required"] | Choice | None = None
    functions: list[Function] | None = None
    function_call: Literal["auto", "none"] | Named | None = None


def tools(asked: Tools) -> dict[str, Any]:
    """The request's `tools` and `toolConfig`, each where there is a need for it."""
    declared = [_declaration(*found) for found in _functions(asked)]
    names = {function["name"] for function in declared}
    found: dict[str, Any] = {"tools": [{"functionDeclarations": declared}]} if declared else {}
    field = "tool_choice" if asked.tool_choice is not None else "function_call"
    mode, allowed = _choice(asked)
    if not names and mode == "ANY":
        raise unusable(field, "asks for a call, but there are no `tools`.")
    if unknown := [name for name in allowed if name not in names]:
        raise unusable(field, f"names `{unknown[0]}`, which is not among `tools`.")
    if declared and mode is not None:
        calling = {"mode": mode, **({"allowedFunctionNames": allowed} if allowed else {})}
        found["toolConfig"] = {"functionCallingConfig": calling}
    return found


def _functions(asked: Tools) -> list[tuple[Function, str]]:
    found = []
    for index, tool in enumerate(asked.tools or ()):
        if tool.type != "function" or tool.function is None:
            raise unusable(
                "tools", f"may hold functions only for this model; `tools[{index}]` is of type `{tool.type}`."
            )
        found.append((tool.function, f"tools[{index}].function.name"))
    return found or [(function, f"functions[{index}].name") for index, function in enumerate(asked.functions or ())]


def _declaration(function: Function, field: str) -> dict[str, Any]:
    declared: dict[str, Any] = {"name": checked_name(function.name, field)}
    if function.description:
        declared["description"] = function.description
    if not _empty(function.parameters or {}):
        declared["parametersJsonSchema"] = function.parameters
    return declared


def _empty(schema: dict[str, Any]) -> bool:
    """Whether a schema describes an object without properties, which Gemini wants to be left out."""
    return not any(value for key, value in schema.items() if key not in _SAYS_NOTHING)


def _choice(asked: Tools) -> tuple[str | None, list[str]]:
    """The mode, and the only functions that may be called (none: any)."""
    match asked.tool_choice if asked.tool_choice is not None else asked.function_call:
        case str(word):
            return _MODES[word], []
        case Named(name=name) | Choice(type="function", function=Named(name=name)):
            return "ANY", [name]
        case Choice(type="allowed_tools", allowed_tools=Allowed(mode=mode, tools=listed)):
            names = [tool.function.name for tool in listed if tool.function is not None]
            if len(names) < len(listed) or not names:
                raise unusable("tool_choice", "may allow functions only for this model, and has to name at least one.")
            # Google takes a list of names with calls that must be made or must be valid, not with plain AUTO.
            return ("ANY" if mode == "required" else "VALIDATED"), names
        case None:
            return None, []
        case _:
            raise unusable("tool_choice", "has to name its function.")
