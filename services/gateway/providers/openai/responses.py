"""OpenAI's Responses API as a provider's surface: the body that a neutral request becomes. Nothing is stored at OpenAI."""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Raw

from services.gateway.formats.blocks import Ask, Level, Tool
from services.gateway.formats.build import Built, Target, client_fields, effort_of
from services.gateway.formats.foreign import Plain, calls, plain
from services.gateway.formats.json_fields import rejected
from services.gateway.formats.tool_names import ToolNames
from services.gateway.providers.openai.fit import fitted
from services.gateway.providers.openai.items import input_items, limit_breakpoints
from services.gateway.translate.anthropic_content import unusable

PROVIDER = "openai"
MAX_TOOLS = 128
_NAME_LIMIT = 64
_LEAST_OUTPUT = 16
_MODES = {"auto": "auto", "any": "required", "none": "none"}
_NOTHING: Mapping[str, Raw] = {}
_COUNTED = ("model", "input", "instructions", "tools", "tool_choice", "parallel_tool_calls", "reasoning", "text")

Body = dict[str, Any]


def path(model: str, *, stream: bool) -> str:
    """The path of a request; the model and the stream are in the body."""
    return "/v1/responses"


def build(ask: Ask, target: Target) -> Built:
    """The body for a model. A request that came in this format keeps all that was not changed, digit for digit. `BadRequest`
    names a field that OpenAI has no form for.
    """
    if ask.origin == "responses":
        changes, left_out = ({}, []) if target.named else fitted(ask, target)
        return Built(body=own_body(ask, target.model, changes), dropped=tuple(left_out))
    found = plain(ask)
    if len(found.tools) > MAX_TOOLS:
        raise rejected("tools", f"holds {len(found.tools)} tools; OpenAI takes {MAX_TOOLS}.")
    names = ToolNames(found.tools, calls(found.turns), limit=_NAME_LIMIT)
    lost = list(found.dropped)
    body: Body = {"model": target.model, "input": input_items(found, names, target)}
    limit_breakpoints(body["input"])
    if ask.max_tokens is not None:
        limit = target.clamped(max(_LEAST_OUTPUT, ask.max_tokens))
        body["max_output_tokens"] = limit
        if limit < ask.max_tokens:
            lost.append(ask.limit_field)
    effort = _reasoning(body, ask, target, lost)
    _sampling(body, ask, target, effort, lost)
    _text(body, ask)
    _tools(body, ask, found, names)
    _identity(body, ask, lost)
    body["store"] = False
    if target.stream:
        body["stream"] = True
    return Built(
        body=msgspec.json.encode(body),
        dropped=client_fields(ask, lost),
        names=names.back,
        stop=tuple(stop for stop in ask.stop if stop),
    )


def own_body(ask: Ask, model: str, changes: Mapping[str, Raw] = _NOTHING) -> bytes:
    """A request that came in this format, with its input as it stands in the neutral request. `changes` are fields to replace; an
    empty value takes a field away.
    """
    body: Body = {**ask.extras, "model": model, **changes}
    if "input" in ask.extras and not (len(ask.turns) == 1 and ask.turns[0].bare):
        body["input"] = [item for turn in ask.turns for item in _own(turn)]
    return msgspec.json.encode({name: value for name, value in body.items() if value != Raw(b"")})


def count_body(ask: Ask, target: Target) -> bytes:
    """The body of `/v1/responses/input_tokens`."""
    body = msgspec.json.decode(build(ask, target).body, type=dict[str, Raw])
    return msgspec.json.encode({name: body[name] for name in _COUNTED if name in body})


def _own(turn: Any) -> list[Any]:
    opened = any(getattr(block, "native", None) is not None and block.native.kind == "item" for block in turn.blocks)
    if "item" in turn.rest and not opened:
        return [turn.rest["item"]]
    found = []
    for block in turn.blocks:
        if block.raw is not None:
            found.append(block.raw)
        elif getattr(block, "native", None) is not None and block.native.kind == "item":
            found.append(Raw(block.native.payload.encode()))
    return found


def _reasoning(body: Body, ask: Ask, target: Target, lost: list[str]) -> Level | None:
    """The effort that the model will make; one that it does not know becomes the next one that it does."""
    known, effort = target.known, effort_of(ask.thinking)
    if known is not None and not known.can("reasoning"):
        if effort not in (None, "none"):
            lost.append("reasoning")
        return "none"
    reasoning: Body = {}
    fitting = effort
    if known is not None and effort == "none" and not known.can("effort_none"):
        fitting = "minimal" if known.can("effort_minimal") else "low"
    elif known is not None and effort == "minimal" and not known.can("effort_minimal"):
        fitting = "low"
    if fitting != effort:
        lost.append("reasoning")
    if fitting is not None:
        reasoning["effort"] = fitting
    if ask.thinking.shown and fitting != "none":
        reasoning["summary"] = "auto"
    if reasoning:
        body["reasoning"] = reasoning
    body["include"] = ["reasoning.encrypted_content"]
    if fitting is None:
        return "none" if known is not None and known.can("default_effort_none") else None
    return fitting


def _sampling(body: Body, ask: Ask, target: Target, effort: Level | None, lost: list[str]) -> None:
    sampling = ask.sampling
    for name in ("temperature", "top_p"):
        value = getattr(sampling, name)
        if value is None:
            continue
        if effort == "none" or target.known is None:
            body[name] = value
        elif value != 1 and not (ask.origin == "generate" and name == "top_p" and value == 0.95):
            lost.append(name)
    if sampling.top_k is not None and not (ask.origin == "generate" and sampling.top_k == 64):
        lost.append("top_k")
    lost += [name for name in ("seed", "presence_penalty", "frequency_penalty") if getattr(sampling, name)]
    if sampling.logprobs is not None:
        lost.append("logprobs")
    if sampling.n > 1:
        raise rejected("candidateCount", f"is {sampling.n}: this provider gives one answer to a request.")


def _text(body: Body, ask: Ask) -> None:
    text: Body = {}
    if ask.format is not None and ask.format.schema is not None:
        text["format"] = {
            "type": "json_schema",
            "name": ask.format.name,
            "schema": ask.format.schema,
            "strict": ask.format.strict is not False,
        }
    elif ask.format is not None:
        text["format"] = {"type": "json_object"}
    if ask.verbosity is not None:
        text["verbosity"] = ask.verbosity
    if text:
        body["text"] = text


def _tools(body: Body, ask: Ask, found: Plain, names: ToolNames) -> None:
    if not found.tools:
        if ask.choice.mode in ("any", "tool"):
            raise unusable("tool_choice", "asks for a call, but there are no `tools`.")
        return
    body["tools"] = [_tool(tool, names) for tool in found.tools]
    declared = {tool["name"] for tool in body["tools"]}
    choice = ask.choice
    wanted = [names.sent(name) for name in ([choice.name] if choice.mode == "tool" else choice.allowed)]
    if missing := next((name for name in wanted if name not in declared), None):
        raise unusable("tool_choice", f"names `{missing}`, which is not among `tools`.")
    if choice.mode == "tool":
        body["tool_choice"] = {"type": "function", "name": wanted[0]}
    elif choice.allowed:
        mode = "required" if choice.mode == "any" else "auto"
        allowed = [{"type": "function", "name": name} for name in wanted]
        body["tool_choice"] = {"type": "allowed_tools", "mode": mode, "tools": allowed}
    elif choice.said:
        body["tool_choice"] = _MODES[choice.mode]
    if choice.parallel is False:
        body["parallel_tool_calls"] = False


def _tool(tool: Tool, names: ToolNames) -> Body:
    schema = tool.schema if tool.schema is not None else Raw(b'{"type":"object","properties":{}}')
    sent: Body = {"type": "function", "name": names.sent(tool.name, tool.namespace), "parameters": schema}
    if tool.description:
        sent["description"] = tool.description
    # Without a word OpenAI enforces schemas, and refuses those that cannot be enforced.
    sent["strict"] = tool.strict is True
    return sent


def _identity(body: Body, ask: Ask, lost: list[str]) -> None:
    if ask.end_user:
        body["safety_identifier"] = hashlib.sha256(ask.end_user.encode()).hexdigest()
    if ask.session:
        body["prompt_cache_key"] = ask.session[:64]
    if ask.tier is not None:
        body["service_tier"] = ask.tier
    if "cache_control" in ask.extras:
        body["prompt_cache_options"] = {"mode": "implicit"}
