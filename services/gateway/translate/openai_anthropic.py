"""OpenAI chat in, Anthropic messages out: a body that holds only what the model at hand takes."""

import hashlib
from typing import Any, Literal

import msgspec

from libs.common.catalog import Model
from services.gateway.translate.anthropic_content import Block, limit_breakpoints, read, text, unusable
from services.gateway.translate.anthropic_messages import (
    Turn,
    conversation,
    remembers_thinking,
    restore_thinking,
    settle_ending,
    tool_names,
)
from services.gateway.translate.anthropic_reasoning import ANSWER, Reasoning, adaptive, reasoning, room
from services.gateway.translate.anthropic_tools import (
    Function,
    Tool,
    choose,
    enforceable,
    function_block,
    holds_map,
    stand_ins,
    tool_blocks,
)
from services.gateway.translate.dialect import Asked, Outgoing

_JSON_ONLY = "Answer with a single JSON object and nothing else: no words around it and no code fence."
# What a model is told that cannot be forced.
_CALL_ONE = "Answer by calling at least one of the tools; do not answer in words alone."
_CALL_THIS = "Answer by calling the tool `{}`; do not answer in words alone."
_IN_WORDS = "Answer with a single JSON value that follows this JSON Schema, and nothing else: no words around it and no code fence.\n\n"
_TIERS = {"auto": "auto", "default": "standard_only"}
_USER_DIGITS = 32

# Parameters that are ours to set or read below; what becomes of them is said where they are read.
_READ = frozenset(
    """
    model messages stream stream_options tools functions tool_choice function_call parallel_tool_calls stop n
    max_tokens max_completion_tokens user safety_identifier response_format reasoning_effort service_tier
    """.split()
)
# Values that say what Anthropic does anyway.
_NEUTRAL: dict[str, tuple[Any, ...]] = {
    "frequency_penalty": (0,),
    "presence_penalty": (0,),
    "logit_bias": ({},),
    "logprobs": (False,),
    "top_logprobs": (0,),
    "store": (False,),
    "metadata": ({},),
    "modalities": (["text"],),
    "verbosity": ("medium",),
    "temperature": (1,),
    "top_p": (1,),
}


class _JsonSchema(msgspec.Struct, frozen=True, kw_only=True):
    schema: Block | None = None


class _Format(msgspec.Struct, frozen=True, kw_only=True):
    type: str
    json_schema: _JsonSchema | None = None


class _Params(msgspec.Struct, frozen=True, kw_only=True):
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    stop: str | list[str] | None = None
    n: int | None = None
    tools: list[Tool] | None = None
    functions: list[Function] | None = None
    tool_choice: Any = None
    function_call: Any = None
    parallel_tool_calls: bool | None = None
    response_format: _Format | None = None
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = None
    service_tier: str | None = None
    user: str | None = None
    safety_identifier: str | None = None

    @property
    def limit(self) -> int | None:
        """How many tokens the client lets the answer have."""
        return self.max_completion_tokens or self.max_tokens


def request_body(asked: Asked) -> Outgoing:
    """The body for Anthropic, and the parameters that it does not carry, or not as they were."""
    raw = {name: value for name, value in asked.raw.items() if name != "messages"}
    params = read(msgspec.json.encode(raw), _Params)
    if params.n is not None and params.n > 1:
        raise unusable("n", "must be 1: Anthropic's models give one answer to a request. Ask several times instead.")
    system, turns = conversation(asked)
    body: Block = {"model": asked.model}
    lost = _max_tokens(body, params, asked.known)
    lost += _tools_and_thinking(body, params, turns, asked.known, system)
    lost += _format(body, params, system)
    lost += _sampling(body, params, asked.known)
    lost += _rest(body, params)
    settle_ending(turns, prefill=_takes_prefill(body, asked.known))
    limit_breakpoints([*body.get("tools", ()), *system, *(block for turn in turns for block in turn.content)])
    if system:
        body["system"] = system
    body["messages"] = [{"role": turn.role, "content": turn.content} for turn in turns]
    if asked.stream:
        body["stream"] = True
    carried = _READ | ({"temperature", "top_p"} & body.keys())
    lost += [name for name, value in raw.items() if name not in carried and _says_something(name, value)]
    return Outgoing(body=msgspec.json.encode(body), dropped=tuple(dict.fromkeys(lost)))


def _max_tokens(body: Block, params: _Params, known: Model | None) -> list[str]:
    wanted = params.limit or ANSWER + room(params.reasoning_effort)
    body["max_tokens"] = min(wanted, known.max_output_tokens) if known is not None else wanted
    name = "max_completion_tokens" if params.max_completion_tokens else "max_tokens"
    return [name] if params.limit and body["max_tokens"] < wanted else []


def _tools_and_thinking(
    body: Block, params: _Params, turns: list[Turn], known: Model | None, system: list[Block]
) -> list[str]:
    lost = []
    field = "tool_choice" if params.tool_choice is not None else "function_call"
    asked = params.tool_choice if params.tool_choice is not None else params.function_call
    tools = tool_blocks(params.tools or ()) or [function_block(function) for function in params.functions or ()]
    choice: Block = {"type": "none"}
    functions = [tool.function for tool in params.tools or () if tool.function is not None] or params.functions or []
    if any(function.strict and holds_map(function.parameters or {}) for function in functions):
        lost.append("strict")
    if tools:
        tools, choice = choose(tools, asked, field)
    else:
        tools = stand_ins(tool_names(turns))
        lost += [field] if asked not in (None, "none", "auto") else []
    forced = choice["type"] in ("any", "tool")
    forcible = known is None or "forced_tools" not in known.refuses
    plan = _reasoning(body, params, turns, known, forced=forced and forcible)
    if not plan.as_asked:
        lost.append("reasoning_effort")
    if forced and (not forcible or plan.on):
        system.append(text(_CALL_ONE if choice["type"] == "any" else _CALL_THIS.format(choice["name"])))
        choice = {"type": "auto"}
        lost.append(field)
    # The older API has room for one call in an answer.
    one = params.parallel_tool_calls is False or (params.functions and not params.tools)
    if one and choice["type"] != "none":
        choice["disable_parallel_tool_use"] = True
    if tools:
        body["tools"] = tools
        if choice != {"type": "auto"}:
            body["tool_choice"] = choice
    return lost


def _reasoning(body: Block, params: _Params, turns: list[Turn], known: Model | None, *, forced: bool) -> Reasoning:
    plan = reasoning(
        params.reasoning_effort,
        known,
        max_tokens=body["max_tokens"],
        forced=forced,
        complete=remembers_thinking(turns),
    )
    # A legacy model takes thinking back only while it thinks; the others think unless they are told not to.
    if plan.on or (adaptive(known) and params.reasoning_effort != "none"):
        restore_thinking(turns)
    if plan.thinking is not None:
        body["thinking"] = plan.thinking
    if plan.effort is not None:
        body["output_config"] = {"effort": plan.effort}
    return plan


def _format(body: Block, params: _Params, system: list[Block]) -> list[str]:
    match params.response_format:
        case None | _Format(type="text"):
            pass
        case _Format(type="json_object"):
            system.append(text(_JSON_ONLY))
        case _Format(type="json_schema", json_schema=_JsonSchema(schema={**schema})):
            if holds_map(schema):
                # A closed object would allow none of the map's keys, and Anthropic enforces closed ones only.
                system.append(text(_IN_WORDS + msgspec.json.encode(schema).decode()))
                return ["response_format"]
            form = {"type": "json_schema", "schema": enforceable(schema)}
            body["output_config"] = {**body.get("output_config", {}), "format": form}
        case _Format(type="json_schema"):
            raise unusable("response_format.json_schema.schema", "is required.")
        case _:
            raise unusable("response_format", "must be text, json_object or json_schema for Anthropic's models.")
    return []


def _sampling(body: Block, params: _Params, known: Model | None) -> list[str]:
    """One of `temperature` and `top_p`, where the model takes any: together, and beside thinking, they are refused."""
    if (known is not None and "sampling" in known.refuses) or _thinks(body):
        return []
    if params.temperature is not None:
        body["temperature"] = min(params.temperature, 1)
        return ["temperature"] if params.temperature > 1 else []
    if params.top_p is not None:
        body["top_p"] = params.top_p
    return []


def _rest(body: Block, params: _Params) -> list[str]:
    lost = []
    stops = [params.stop] if isinstance(params.stop, str) else params.stop or []
    if kept := [stop for stop in stops if stop.strip()]:
        body["stop_sequences"] = kept
    if len(kept) < len(stops):
        lost.append("stop")
    if user := params.safety_identifier or params.user:
        body["metadata"] = {"user_id": hashlib.sha256(user.encode()).hexdigest()[:_USER_DIGITS]}
    if params.service_tier in _TIERS:
        body["service_tier"] = _TIERS[params.service_tier]
    elif params.service_tier is not None:
        lost.append("service_tier")
    return lost


def _takes_prefill(body: Block, known: Model | None) -> bool:
    refused = known is not None and "prefill" in known.refuses
    return not (refused or _thinks(body) or "format" in body.get("output_config", {}))


def _thinks(body: Block) -> bool:
    return body.get("thinking", {}).get("type") in ("adaptive", "enabled")


def _says_something(name: str, value: msgspec.Raw) -> bool:
    said = msgspec.json.decode(value)
    return said is not None and said not in _NEUTRAL.get(name, ())
