"""`POST /v1/messages` as a neutral request, and what the gateway has to know of it before that."""

import re
from collections.abc import Mapping

from msgspec import Raw

from services.gateway.endpoints.messages.blocks import content
from services.gateway.endpoints.messages.tools import changes, choice, tools
from services.gateway.formats import envelope
from services.gateway.formats.blocks import (
    Ask,
    Block,
    Format,
    Level,
    Note,
    Sampling,
    Text,
    Thinking,
    Tool,
    Turn,
)
from services.gateway.formats.envelope import Envelope
from services.gateway.formats.json_fields import (
    Object,
    as_list,
    as_object,
    bare,
    flag,
    given,
    number,
    object_of,
    required,
    string,
    strings_of,
    whole,
)
from services.gateway.formats.session import agent_of, session_of, session_of_user
from services.gateway.translate.anthropic_content import unusable

_LEVELS = frozenset(("low", "medium", "high", "xhigh", "max"))
_MAX_NAME = 512
# Fields that are read here, or that change nothing about an answer elsewhere.
_READ = frozenset(
    """
    model messages system max_tokens temperature top_p top_k stop_sequences stream thinking output_config output_format
    tools tool_choice metadata service_tier cache_control
    """.split()
)
_REFUSED = {
    "inference_geo": "keeps the request where only Anthropic serves it.",
    "compaction": "is done by Anthropic only.",
    "container": "holds files that only Anthropic has.",
    "mcp_servers": "are called by Anthropic only.",
    "user_profile_id": "is known to Anthropic only.",
}
_CLEARED_ANYWAY = "clear_thinking"
_BINDING = ("container", "mcp_servers", "user_profile_id", "inference_geo", "thread", "compaction", "fallbacks")
_MODEL_BINDING = re.compile(rb'"compact_|"task_budget"')


def head(body: bytes, headers: Mapping[str, str]) -> Envelope:
    """What is read of a request before anything else is. Header names are lower-case. `BadRequest` names what is wrong."""
    top = envelope.top_level(body)
    model = required(string(top, "model"), "model")
    if not model or len(model) > _MAX_NAME:
        raise unusable("model", f"must hold 1 to {_MAX_NAME} characters.")
    user = string(object_of(top, "metadata"), "user_id", "metadata")
    marks = set(envelope.flags(top[name] for name in ("messages", "tools", "system") if name in top))
    marks |= {f"bound:{name}" for name in _BINDING if given(top, name)}
    if _MODEL_BINDING.search(
        b"".join(bytes(top[name]) for name in ("context_management", "output_config") if name in top)
    ):
        marks.add("bound:model")
    return Envelope(
        raw=body,
        top=top,
        model=model,
        stream=flag(top, "stream") is True,
        max_tokens=whole(top, "max_tokens"),
        session=session_of(headers, session_of_user(user), string(top, "prompt_cache_key")),
        agent=agent_of(headers),
        end_user=user,
        tier=string(top, "service_tier"),
        tools=len(as_list(top["tools"], "tools")) if given(top, "tools") else 0,
        flags=frozenset(marks),
    )


def ask(found: Envelope) -> Ask:
    """The request in no provider's format. `BadRequest` names a field that cannot be used."""
    top = found.top
    turns, levels, more, fewer = _turns(top)
    system, _ = content(top["system"], "system") if given(top, "system") else ((), False)
    limit = whole(top, "max_tokens")
    if limit is None or limit < 0:
        raise unusable("max_tokens", "is required, and may not be negative.")
    output = object_of(top, "output_config")
    return Ask(
        origin="messages",
        model=found.model,
        system=system,
        turns=turns,
        tools=tuple(tool for tool in tools(top) if tool.name not in fewer) + more,
        choice=choice(top),
        max_tokens=limit,
        stop=strings_of(top, "stop_sequences"),
        sampling=Sampling(
            temperature=number(top, "temperature"), top_p=number(top, "top_p"), top_k=whole(top, "top_k")
        ),
        thinking=_thinking(top, [level for level in (_level(output), *levels) if level is not None]),
        format=_format(top, output),
        stream=found.stream,
        end_user=found.end_user,
        session=found.session,
        tier="default" if found.tier == "standard_only" else None,
        notes=_notes(top, output),
        extras=top,
    )


def wants_thinking(top: Object) -> bool:
    """Whether the client asked for thinking, and so takes blocks of it."""
    return string(object_of(top, "thinking"), "type", "thinking") not in (None, "disabled")


def _turns(top: Object) -> tuple[tuple[Turn, ...], list[Level | None], tuple[Tool, ...], frozenset[str]]:
    if not given(top, "messages"):
        raise unusable("messages", "is required.")
    turns: list[Turn] = []
    levels: list[Level | None] = []
    more: list[Tool] = []
    fewer: set[str] = set()
    for at, raw in enumerate(as_list(top["messages"], "messages")):
        field = f"messages[{at}]"
        message = as_object(raw, field)
        role = required(string(message, "role", field), f"{field}.role")
        if role not in ("user", "assistant", "system"):
            raise unusable(f"{field}.role", "must be user, assistant or system.")
        said = required(message.get("content"), f"{field}.content")
        if not bare(said) and (b'"tool_addition"' in bytes(said) or b'"tool_removal"' in bytes(said)):
            added, removed = changes(as_list(said, f"{field}.content"), f"{field}.content")
            more += added
            fewer |= removed
        blocks, plain = content(said, f"{field}.content")
        levels.append(_level(object_of(message, "output_config", field)))
        rest = {name: value for name, value in message.items() if name not in ("role", "content")}
        turns.append(Turn(role=role, blocks=blocks, rest=rest, bare=plain, field=field))  # type: ignore[arg-type]
    return tuple(turns), levels, tuple(more), frozenset(fewer)


def _level(output: Object) -> Level | None:
    effort = string(output, "effort", "output_config")
    return effort if effort in _LEVELS else None  # type: ignore[return-value]


def _thinking(top: Object, levels: list[Level]) -> Thinking:
    effort = levels[-1] if levels else None
    found = object_of(top, "thinking")
    shown = string(found, "display", "thinking") not in (None, "omitted")
    match string(found, "type", "thinking"):
        case "enabled":
            return Thinking(effort=effort, budget=whole(found, "budget_tokens", "thinking"), shown=True, on=True)
        case "disabled":
            return Thinking(effort="none", budget=0)
        case None:
            return Thinking(effort=effort)
        case _:
            return Thinking(effort=effort, shown=shown, on=True)


def _format(top: Object, output: Object) -> Format | None:
    found = object_of(output, "format", "output_config") or object_of(top, "output_format")
    if not found:
        return None
    return Format(schema=required(found.get("schema"), "output_config.format.schema"), strict=True)


def _notes(top: Object, output: Object) -> tuple[Note, ...]:
    notes = [Note(field=name, refused=why) for name, why in _REFUSED.items() if given(top, name)]
    for name, value in top.items():
        if name in _READ or name in _REFUSED or not given(top, name):
            continue
        if name == "thread" and b"continue" in bytes(value):
            notes.append(Note(field=name, refused="is stored at Anthropic, and cannot be continued elsewhere."))
        elif name != "context_management" or not _only_clears_thinking(top):
            notes.append(Note(field=name))
    notes += [Note(field=name) for name in output if name not in ("effort", "format")]
    return tuple(notes)


def _only_clears_thinking(top: Object) -> bool:
    """Whether all edits drop thinking, which another provider does not get in any case."""
    found = object_of(top, "context_management")
    edits = [as_object(raw, "context_management.edits") for raw in as_list(found.get("edits", Raw(b"[]")), "edits")]
    return set(found) <= {"edits"} and all((string(edit, "type") or "").startswith(_CLEARED_ANYWAY) for edit in edits)


def attribution(system: tuple[Block, ...]) -> bool:
    """Whether the instructions begin with the client's attribution, which no edit may touch."""
    return bool(system) and isinstance(system[0], Text) and system[0].internal
