"""Anthropic's Messages API as a provider's surface: the body that a neutral request becomes."""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Raw

from services.gateway.formats.blocks import Ask, Block, Native, Reasoning, Text
from services.gateway.formats.build import Built, Target, client_fields, effort_of
from services.gateway.formats.foreign import Plain, calls, plain
from services.gateway.formats.json_fields import bare, rejected
from services.gateway.formats.tool_names import ToolNames
from services.gateway.providers.anthropic.fit import fitted
from services.gateway.providers.anthropic.tools import tools_of
from services.gateway.providers.anthropic.turns import conversation, restore_thinking, strip_thinking
from services.gateway.translate import anthropic_messages
from services.gateway.translate.anthropic_content import limit_breakpoints, text
from services.gateway.translate.anthropic_messages import settle_ending
from services.gateway.translate.anthropic_reasoning import Reasoning as Plan
from services.gateway.translate.anthropic_reasoning import adaptive, reasoning
from services.gateway.translate.anthropic_tools import enforceable, holds_map

PROVIDER = "anthropic"
_ANSWER = 8192
_NAME_LIMIT = 128
_LEAST_BUDGET = 1024
_USER_DIGITS = 32
_JSON_ONLY = "Answer with a single JSON object and nothing else: no words around it and no code fence."
_CALL_ONE = "Answer by calling at least one of the tools; do not answer in words alone."
_CALL_THIS = "Answer by calling the tool `{}`; do not answer in words alone."
_IN_WORDS = (
    "Answer with a single JSON value that follows this JSON Schema, and nothing else: no words around it and no code "
    "fence.\n\n"
)
# What a client of Gemini's sends without meaning anything by it.
_DEFAULTS = {"temperature": (1,), "top_p": (1, 0.95), "top_k": (64,)}

_UNCHANGED: Mapping[str, Any] = {}

Body = dict[str, Any]


def path(model: str, *, stream: bool) -> str:
    """The path of a request; the model and the stream are in the body."""
    return "/v1/messages"


def build(ask: Ask, target: Target) -> Built:
    """The body for a model. A request that came in this format keeps all that was not changed, digit for digit. `BadRequest`
    names a field that Anthropic has no form for.
    """
    if ask.origin == "messages":
        if target.named:
            return Built(body=own_body(ask, target.model))
        fitting, changes, left_out = fitted(ask, target)
        return Built(body=own_body(fitting, target.model, changes), dropped=tuple(dict.fromkeys(left_out)))
    if ask.sampling.n > 1:
        raise rejected("candidateCount", f"is {ask.sampling.n}: Anthropic's models give one answer to a request.")
    found = plain(ask)
    names = ToolNames(found.tools, calls(found.turns), limit=_NAME_LIMIT)
    lost = list(found.dropped)
    system = [_marked(text(block.text), block) for block in found.system if block.text.strip()]
    turns = conversation(found.turns, names, target)
    body: Body = {"model": target.model, "max_tokens": _limit(ask, target, lost)}
    _tools_and_thinking(body, ask, target, found, names, turns, system, lost)
    _format(body, ask, system, lost)
    _sampling(body, ask, target, lost)
    _rest(body, ask, lost)
    refused = target.known is not None and "prefill" in target.known.refuses
    settle_ending(turns, prefill=not (refused or _thinks(body) or "format" in body.get("output_config", {})))
    limit_breakpoints([*body.get("tools", ()), *system, *(block for turn in turns for block in turn.content)])
    if system:
        body["system"] = system
    body["messages"] = [{"role": turn.role, "content": turn.content} for turn in turns]
    if target.stream:
        body["stream"] = True
    return Built(body=msgspec.json.encode(body), dropped=client_fields(ask, lost), names=names.back)


def own_body(ask: Ask, model: str, changes: Mapping[str, Any] = _UNCHANGED) -> bytes:
    """A request that came as a message, with its model, and with its conversation as it stands in the neutral request. `changes` are
    fields to replace (None: to leave out).
    """
    changed = {**ask.extras, "model": model, **changes}
    body: dict[str, Any] = {name: value for name, value in changed.items() if value is not None}
    if "system" in body or ask.system:
        plain_text = "system" in ask.extras and bare(ask.extras["system"]) and len(ask.system) < 2
        body["system"] = _own_content(ask.system, plain_text=plain_text)
    body["messages"] = [
        {"role": turn.role, "content": _own_content(turn.blocks, plain_text=turn.bare), **turn.rest}
        for turn in ask.turns
    ]
    return msgspec.json.encode(body)


def count_body(ask: Ask, target: Target) -> bytes:
    """The body of `count_tokens`: the same request without what only an answer needs."""
    body = msgspec.json.decode(build(ask, target).body, type=dict[str, Raw])
    kept = ("model", "messages", "system", "tools", "tool_choice", "thinking", "output_config", "cache_control")
    return msgspec.json.encode({name: body[name] for name in kept if name in body})


def _own_content(blocks: tuple[Block, ...], *, plain_text: bool) -> Any:
    if plain_text:
        return "".join(block.text for block in blocks if isinstance(block, Text))
    return [_own(block) for block in blocks]


def _own(block: Block) -> Any:
    if block.raw is not None:
        return block.raw
    match block:
        case Reasoning(native=Native(kind="thinking", payload=payload)):
            return Raw(payload.encode())
        case Text():
            return _marked(text(block.text), block)
    raise TypeError(f"A block of kind {type(block).__name__} has lost its source.")


def _marked(found: Body, block: Block) -> Body:
    if block.cache is not None:
        found["cache_control"] = {"type": "ephemeral", "ttl": "1h"} if block.cache == "1h" else {"type": "ephemeral"}
    return found


def _limit(ask: Ask, target: Target, lost: list[str]) -> int:
    if ask.max_tokens is None:
        return target.known.max_output_tokens if target.known is not None else _ANSWER
    limit = target.clamped(max(1, ask.max_tokens))
    if limit < ask.max_tokens:
        lost.append(ask.limit_field)
    return limit


def _tools_and_thinking(
    body: Body,
    ask: Ask,
    target: Target,
    found: Plain,
    names: ToolNames,
    turns: list[anthropic_messages.Turn],
    system: list[Body],
    lost: list[str],
) -> None:
    tools, choice = tools_of(ask, found, names, turns, lost)
    forced = choice["type"] in ("any", "tool")
    forcible = target.known is None or "forced_tools" not in target.known.refuses
    plan = _plan(body, ask, target, turns, forced=forced and forcible)
    if not plan.as_asked:
        lost.append("reasoning")
    if forced and (not forcible or plan.on):
        system.append(text(_CALL_ONE if choice["type"] == "any" else _CALL_THIS.format(choice["name"])))
        choice = {"type": "auto"}
        lost.append("tool_choice")
    if ask.choice.parallel is False and choice["type"] != "none":
        choice["disable_parallel_tool_use"] = True
    if tools:
        body["tools"] = tools
        if choice != {"type": "auto"}:
            body["tool_choice"] = choice


def _plan(body: Body, ask: Ask, target: Target, turns: list[anthropic_messages.Turn], *, forced: bool) -> Plan:
    """How the effort is asked for, and whether thinking goes back with the turns that it belongs to."""
    thinking, known = ask.thinking, target.known
    complete = anthropic_messages.remembers_thinking(turns)
    effort = effort_of(thinking)
    plan = reasoning(effort, known, max_tokens=body["max_tokens"], forced=forced, complete=complete)
    can = known is None or known.can("reasoning")
    if effort is None and can and adaptive(known) and (thinking.on or thinking.shown) and not forced:
        plan = Plan(thinking={"type": "adaptive"})
    if plan.thinking is not None and plan.on:
        sent = dict(plan.thinking)
        if sent["type"] == "adaptive":
            sent["display"] = "summarized" if thinking.shown else "omitted"
        elif thinking.budget is not None and thinking.budget >= _LEAST_BUDGET:
            sent["budget_tokens"] = min(thinking.budget, body["max_tokens"] - 1)
        body["thinking"] = sent
    elif plan.thinking is not None:
        body["thinking"] = plan.thinking
    if plan.effort is not None:
        body["output_config"] = {"effort": plan.effort}
    # A model that thinks by numbers takes thinking back only while it thinks; the others think unless it is switched off.
    if plan.on or (adaptive(known) and effort != "none"):
        restore_thinking(turns)
    else:
        strip_thinking(turns)
    return plan


def _format(body: Body, ask: Ask, system: list[Body], lost: list[str]) -> None:
    if ask.format is None:
        return
    if ask.format.schema is None:
        system.append(text(_JSON_ONLY))
        lost.append("response_format")
        return
    schema = msgspec.json.decode(ask.format.schema)
    if holds_map(schema):
        # A closed object would allow none of the map's keys, and Anthropic enforces closed ones only.
        system.append(text(_IN_WORDS + bytes(ask.format.schema).decode()))
        lost.append("response_format")
        return
    form = {"type": "json_schema", "schema": enforceable(schema)}
    body["output_config"] = {**body.get("output_config", {}), "format": form}


def _sampling(body: Body, ask: Ask, target: Target, lost: list[str]) -> None:
    """One of `temperature` and `top_p`, where the model takes any: together, and beside thinking, they are refused."""
    sampling = ask.sampling
    said = {"temperature": sampling.temperature, "top_p": sampling.top_p, "top_k": sampling.top_k}
    wanted = {name: value for name, value in said.items() if value is not None and value not in _DEFAULTS[name]}
    refused = target.known is not None and "sampling" in target.known.refuses
    if not refused and not _thinks(body):
        if sampling.temperature is not None:
            body["temperature"] = min(sampling.temperature, 1)
            if sampling.temperature <= 1:
                wanted.pop("temperature", None)
        elif sampling.top_p is not None:
            body["top_p"] = sampling.top_p
            wanted.pop("top_p", None)
        if sampling.top_k is not None and "top_k" in wanted:
            body["top_k"] = sampling.top_k
            del wanted["top_k"]
    lost += wanted
    lost += [name for name in ("seed", "presence_penalty", "frequency_penalty", "logprobs") if getattr(sampling, name)]


def _rest(body: Body, ask: Ask, lost: list[str]) -> None:
    kept = [stop for stop in ask.stop if stop.strip()]
    if kept:
        body["stop_sequences"] = kept
    if len(kept) < len(ask.stop):
        lost.append("stop")
    if ask.end_user:
        digest = hashlib.sha256(ask.end_user.encode()).hexdigest()
        body["metadata"] = {"user_id": digest[:_USER_DIGITS]}
    if ask.tier == "default":
        body["service_tier"] = "standard_only"
    elif ask.tier not in (None, "auto"):
        lost.append("service_tier")
    if ask.verbosity not in (None, "medium"):
        lost.append("verbosity")


def _thinks(body: Body) -> bool:
    return body.get("thinking", {}).get("type") in ("adaptive", "enabled")
