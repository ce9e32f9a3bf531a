"""A request in Anthropic's own format for another of its models than the client named: only what that model refuses is changed."""

from typing import Any

import msgspec

from libs.common.catalog import Model
from services.gateway.formats.blocks import Ask, Block, Text, Turn
from services.gateway.formats.build import Target, effort_of
from services.gateway.formats.foreign import NOTE, together
from services.gateway.formats.json_fields import encode, given, object_of
from services.gateway.translate.anthropic_reasoning import adaptive, reasoning

_CALL_ONE = "Answer by calling at least one of the tools; do not answer in words alone."
_CALL_THIS = "Answer by calling the tool `{}`; do not answer in words alone."
_NEUTRAL = {"temperature": 1, "top_p": 1, "top_k": None}

Body = dict[str, Any]


def fitted(ask: Ask, target: Target) -> tuple[Ask, Body, list[str]]:
    """The request with a conversation that the model takes, the top-level fields to replace (None: to leave out), and the names of
    those that were meant to change something.
    """
    known = target.known
    if known is None:
        return ask, {}, []
    changes: Body = {}
    lost: list[str] = []
    limit = target.clamped(ask.max_tokens or 0)
    if ask.max_tokens and limit < ask.max_tokens:
        changes["max_tokens"] = limit
        lost.append("max_tokens")
    forced = ask.choice.mode in ("any", "tool")
    _fit_thinking(ask, known, changes, lost, max_tokens=limit, forced=forced)
    _fit_sampling(ask, known, changes, lost)
    system = _fit_choice(ask, known, changes, lost)
    turns = ask.turns if known.can("mid_conversation_system") else _without_instructions(ask.turns)
    return msgspec.structs.replace(ask, turns=turns, system=system), changes, lost


def _fit_thinking(ask: Ask, known: Model, changes: Body, lost: list[str], *, max_tokens: int, forced: bool) -> None:
    top = ask.extras
    output = {name: value for name, value in object_of(top, "output_config").items() if name != "effort"}
    kind = msgspec.json.decode(object_of(top, "thinking").get("type", encode(None)))
    if not known.can("reasoning"):
        if given(top, "thinking") and kind != "disabled":
            lost.append("thinking")
        changes |= {"thinking": None, "output_config": output or None}
        return
    effort = effort_of(ask.thinking)
    if adaptive(known):
        plan = reasoning(effort, known, max_tokens=max_tokens, forced=False, complete=True)
        if kind == "enabled":
            changes["thinking"] = {"type": "adaptive", "display": "summarized"}
        elif kind == "disabled" and plan.thinking is None:
            changes["thinking"] = None
            lost.append("thinking")
        if plan.effort is not None and plan.effort != ask.thinking.effort:
            changes["output_config"] = {**output, "effort": plan.effort}
            lost.append("output_config.effort")
        return
    # This model thinks by a number of tokens, and has no effort.
    if given(top, "output_config"):
        changes["output_config"] = output or None
    if kind not in ("adaptive", "between_tools"):
        return
    plan = reasoning(effort or "medium", known, max_tokens=max_tokens, forced=False, complete=not forced)
    changes["thinking"] = plan.thinking
    if plan.thinking is None:
        lost.append("thinking")


def _fit_sampling(ask: Ask, known: Model, changes: Body, lost: list[str]) -> None:
    thinking = changes.get("thinking", ask.extras.get("thinking"))
    thinks = thinking is not None and b'"disabled"' not in bytes(encode(thinking))
    if "sampling" not in known.refuses and not thinks:
        return
    for name, neutral in _NEUTRAL.items():
        value = getattr(ask.sampling, name)
        if value is None or (thinks and "sampling" not in known.refuses and name == "temperature" and value == 1):
            continue
        changes[name] = None
        if value != neutral:
            lost.append(name)


def _fit_choice(ask: Ask, known: Model, changes: Body, lost: list[str]) -> tuple[Block, ...]:
    """What the model may do with the tools; one that cannot be made to call gets an instruction."""
    if ask.choice.mode not in ("any", "tool") or "forced_tools" not in known.refuses:
        return ask.system
    choice: Body = {"type": "auto"}
    if ask.choice.parallel is False:
        choice["disable_parallel_tool_use"] = True
    changes["tool_choice"] = choice
    lost.append("tool_choice")
    said = _CALL_ONE if ask.choice.mode == "any" else _CALL_THIS.format(ask.choice.name)
    return (*ask.system, Text(text=said))


def _without_instructions(turns: tuple[Turn, ...]) -> tuple[Turn, ...]:
    """Instructions in the middle as marked text of the user's, after the results of a turn that holds any."""
    if all(turn.role != "system" for turn in turns):
        return turns
    out: list[Turn] = []
    for turn in turns:
        if turn.role != "system":
            out.append(turn)
            continue
        said = "\n\n".join(block.text for block in turn.blocks if isinstance(block, Text))
        out.append(Turn(role="user", blocks=(Text(text=NOTE.format(said)),)))
    merged = together(out, lambda before, turn: before.role == turn.role == "user")
    return tuple(msgspec.structs.replace(turn, bare=turn.bare and len(turn.blocks) == 1) for turn in merged)
