"""`POST /v1/responses` as a neutral request, and what the gateway has to know of it before that."""

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Raw

from services.gateway.endpoints.responses.items import items
from services.gateway.endpoints.responses.tools import choice_of, tools
from services.gateway.formats import envelope
from services.gateway.formats.blocks import (
    Ask,
    Block,
    Format,
    Level,
    Lifetime,
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
    as_string,
    bare,
    flag,
    given,
    list_of,
    number,
    object_of,
    required,
    string,
    whole,
)
from services.gateway.formats.session import agent_of, session_of
from services.gateway.translate.anthropic_content import unusable

_LEVELS = frozenset(("none", "minimal", "low", "medium", "high", "xhigh", "max"))
_MAX_NAME = 512
_NOTHING: Mapping[str, Raw] = {}
# Fields that are read here, or that change nothing about an answer elsewhere.
_READ = frozenset(
    """
    model input instructions max_output_tokens max_tool_calls temperature top_p top_logprobs reasoning text tools tool_choice
    parallel_tool_calls previous_response_id store include prompt_cache_key prompt_cache_retention metadata safety_identifier
    user service_tier stream stream_options client_metadata truncation background prompt_cache_options
    """.split()
)
_REFUSED = {
    "conversation": "is stored at OpenAI.",
    "prompt": "is stored at OpenAI.",
    "background_options": "only OpenAI answers in the background.",
    "stream_id": "belongs to a connection that only OpenAI keeps open.",
    "generate": "belongs to a connection that only OpenAI keeps open.",
}
_BINDING = ("conversation", "prompt", "previous_response_id", "background")
_CACHED: dict[str | None, Lifetime] = {"12h": "1h", "30m": "5m"}


def head(body: bytes, headers: Mapping[str, str]) -> Envelope:
    """What is read of a request before anything else is. Header names are lower-case. `BadRequest` names what is wrong."""
    top = envelope.top_level(body)
    model = required(string(top, "model"), "model")
    if not model or len(model) > _MAX_NAME:
        raise unusable("model", f"must hold 1 to {_MAX_NAME} characters.")
    marks = set(envelope.flags(top[name] for name in ("input", "tools") if name in top))
    marks |= {f"bound:{name}" for name in _BINDING if given(top, name) and bytes(top[name]) != b"false"}
    return Envelope(
        raw=body,
        top=top,
        model=model,
        stream=flag(top, "stream") is True,
        max_tokens=whole(top, "max_output_tokens"),
        session=session_of(headers, string(top, "prompt_cache_key"), _conversation(top)),
        agent=agent_of(headers),
        end_user=string(top, "safety_identifier") or string(top, "user"),
        tier=string(top, "service_tier"),
        tools=len(list_of(top, "tools")),
        flags=frozenset(marks),
    )


def ask(found: Envelope, *, earlier: Sequence[Raw] | None = None, stored: Mapping[str, Raw] = _NOTHING) -> Ask:
    """The request in no provider's format. `earlier` are the items of the conversation that `previous_response_id` names (None: it
    was not looked up); `stored` are earlier items by their id. `BadRequest` names a field that cannot be used.
    """
    top = found.top
    if not given(top, "input"):
        raise unusable("input", "is required.")
    plain = bare(top["input"])
    conversation = items([*(earlier or ()), *([] if plain else as_list(top["input"], "input"))], "input", stored)
    turns = conversation.turns
    if plain:
        said = as_string(top["input"], "input")
        turns = (*turns, Turn(role="user", blocks=(Text(text=said, field="input"),) if said else (), bare=True))
    choice = choice_of(top)
    listed = [*list_of(top, "tools"), *conversation.tools]
    lifetime = _CACHED.get(string(object_of(top, "prompt_cache_options"), "ttl", "prompt_cache_options"))
    return Ask(
        origin="responses",
        model=found.model,
        system=_instructions(top, lifetime),
        turns=turns,
        tools=_cached(tools(listed, choice, conversation.types), lifetime),
        choice=choice,
        max_tokens=found.max_tokens,
        limit_field="max_output_tokens",
        sampling=Sampling(
            temperature=number(top, "temperature"), top_p=number(top, "top_p"), logprobs=whole(top, "top_logprobs")
        ),
        thinking=_thinking(top),
        format=_format(top),
        verbosity=string(object_of(top, "text"), "verbosity", "text"),
        stream=found.stream,
        end_user=found.end_user,
        session=string(top, "prompt_cache_key"),
        tier=found.tier,
        notes=_notes(top, looked_up=earlier is not None),
        problems=conversation.problems,
        extras=top,
    )


def wants_sealed(top: Object) -> bool:
    """Whether the client wants to send reasoning back."""
    return given(top, "include") and b'"reasoning.encrypted_content"' in bytes(top["include"])


def stores(top: Object) -> bool:
    """Whether the client wants its response kept: it does unless it says otherwise."""
    return flag(top, "store") is not False


def _conversation(top: Object) -> str | None:
    if not given(top, "conversation"):
        return None
    return string(top, "conversation") if bare(top["conversation"]) else string(object_of(top, "conversation"), "id")


def _instructions(top: Object, lifetime: Lifetime | None) -> tuple[Block, ...]:
    said = string(top, "instructions") if not given(top, "instructions") or bare(top["instructions"]) else None
    return (Text(text=said, cache=lifetime, field="instructions"),) if said else ()


def _cached(found: tuple[Tool, ...], lifetime: Lifetime | None) -> tuple[Tool, ...]:
    """Tools whose last one is marked for as long as the request wants its beginning kept."""
    if lifetime is None or not found:
        return found
    return (*found[:-1], msgspec.structs.replace(found[-1], cache=lifetime))


def _thinking(top: Object) -> Thinking:
    found = object_of(top, "reasoning")
    effort = string(found, "effort", "reasoning")
    level: Level | None = effort if effort in _LEVELS else None  # type: ignore[assignment]
    shown = given(found, "summary") or given(found, "generate_summary")
    return Thinking(effort=level, shown=shown)


def _format(top: Object) -> Format | None:
    found = object_of(object_of(top, "text"), "format", "text")
    match string(found, "type", "text.format"):
        case "json_schema":
            schema = required(found.get("schema"), "text.format.schema")
            name = string(found, "name", "text.format") or "output"
            return Format(schema=schema, name=name, strict=flag(found, "strict", "text.format"))
        case "json_object":
            return Format()
    return None


def _notes(top: Object, *, looked_up: bool) -> tuple[Note, ...]:
    notes = [Note(field=name, refused=why) for name, why in _REFUSED.items() if given(top, name)]
    if flag(top, "background"):
        notes.append(Note(field="background", refused="only OpenAI answers in the background."))
    if given(top, "previous_response_id") and not looked_up:
        notes.append(Note(field="previous_response_id", refused="names a response that is stored elsewhere."))
    reasoning = object_of(top, "reasoning")
    notes += [Note(field=f"reasoning.{name}") for name in ("context", "mode") if given(reasoning, name)]
    if string(top, "truncation") == "auto":
        notes.append(Note(field="truncation"))
    notes += [
        Note(field=f"prompt_cache_options.{name}")
        for name in object_of(top, "prompt_cache_options")
        if name not in ("mode", "ttl")
    ]
    notes += [Note(field=name) for name in top if name not in _READ and name not in _REFUSED and given(top, name)]
    return tuple(notes)
