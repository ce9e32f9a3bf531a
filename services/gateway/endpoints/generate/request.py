"""`:generateContent` and its kin as a neutral request, and what the gateway has to know of it before that."""

from collections.abc import Mapping

from msgspec import Raw

from services.gateway.endpoints.generate.contents import Conversation
from services.gateway.endpoints.generate.fields import camel, camel_object, json_schema
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
    ToolChoice,
)
from services.gateway.formats.envelope import Envelope
from services.gateway.formats.json_fields import (
    Object,
    as_list,
    as_object,
    as_string,
    bare,
    encode,
    flag,
    given,
    list_of,
    number,
    required,
    string,
    strings_of,
    whole,
)
from services.gateway.formats.session import agent_of, session_of
from services.gateway.translate.anthropic_content import unusable

_READ = frozenset("contents systemInstruction tools toolConfig generationConfig serviceTier model".split())
_CONFIG = frozenset(
    """
    temperature topP topK maxOutputTokens stopSequences candidateCount responseMimeType responseSchema responseJsonSchema
    thinkingConfig presencePenalty frequencyPenalty seed responseLogprobs logprobs responseModalities speechConfig imageConfig
    """.split()
)
_REFUSED = {"cachedContent": "is stored at Google.", "continuationToken": "is stored at Google."}
_LEVELS: Mapping[str, Level] = {"minimal": "minimal", "low": "low", "medium": "medium", "high": "high"}
_EMPTY = Raw(b"{}")


def head(body: bytes, headers: Mapping[str, str], *, model: str, stream: bool) -> Envelope:
    """What is read of a request before anything else is; the model and the stream are in its path. `BadRequest` names what is
    wrong.
    """
    top = envelope.top_level(body)
    read = camel(top)
    marks = set(envelope.flags(read[name] for name in ("contents", "tools") if name in read))
    marks |= {f"bound:{name}" for name in _REFUSED if given(read, name)}
    config = (
        camel_object(read.get("generationConfig", _EMPTY), "generationConfig") if "generationConfig" in read else {}
    )
    tools = list_of(read, "tools")
    kinds = [camel_object(one, "tools") for one in tools]
    declared = [list_of(kind, "functionDeclarations", "tools") for kind in kinds]
    if any(kind.keys() - {"functionDeclarations"} for kind in kinds):
        marks.add("hosted")
    return Envelope(
        raw=body,
        top=top,
        model=model,
        stream=stream,
        max_tokens=whole(config, "maxOutputTokens", "generationConfig"),
        session=session_of(headers),
        agent=agent_of(headers),
        tier=string(read, "serviceTier"),
        tools=sum(map(len, declared)),
        flags=frozenset(marks),
    )


def ask(found: Envelope) -> Ask:
    """The request in no provider's format. `BadRequest` names a field that cannot be used."""
    top = camel(found.top)
    if not given(top, "contents"):
        raise unusable("contents", "is required.")
    conversation = Conversation()
    conversation.read(top["contents"])
    config = camel_object(top["generationConfig"], "generationConfig") if given(top, "generationConfig") else {}
    where = "generationConfig"
    penalties = {
        ours: number(config, theirs, where)
        for ours, theirs in (("presence_penalty", "presencePenalty"), ("frequency_penalty", "frequencyPenalty"))
    }
    logprobs = whole(config, "logprobs", where) if flag(config, "responseLogprobs", where) else None
    return Ask(
        origin="generate",
        model=found.model,
        system=_instructions(top),
        turns=tuple(conversation.turns),
        tools=tuple(_tools(top)),
        choice=_choice(top),
        max_tokens=found.max_tokens,
        limit_field="maxOutputTokens",
        stop=strings_of(config, "stopSequences", where),
        sampling=Sampling(
            temperature=number(config, "temperature", where),
            top_p=number(config, "topP", where),
            top_k=whole(config, "topK", where),
            seed=whole(config, "seed", where),
            logprobs=logprobs,
            n=whole(config, "candidateCount", where) or 1,
            **penalties,
        ),
        thinking=_thinking(config),
        format=_format(config),
        stream=found.stream,
        session=found.session,
        tier=None if found.tier is None else found.tier.lower().removeprefix("service_tier_"),
        notes=tuple(_notes(top, config)),
        extras=top,
    )


def wants_thoughts(found: Ask) -> bool:
    """Whether the client asked to read thoughts."""
    return found.thinking.shown


def shows_thoughts(found: Envelope) -> bool:
    """The same, read without the rest of the request."""
    top = camel(found.top)
    if not given(top, "generationConfig"):
        return False
    return _thinking(camel_object(top["generationConfig"], "generationConfig")).shown


def count_ask(body: bytes, *, model: str) -> Ask:
    """The request of a `:countTokens`, whose body holds contents, or a whole request."""
    top = camel(envelope.top_level(body))
    if given(top, "generateContentRequest"):
        body = bytes(top["generateContentRequest"])
    return ask(head(body, {}, model=model, stream=False))


def _instructions(top: Object) -> tuple[Block, ...]:
    if not given(top, "systemInstruction"):
        return ()
    raw, where = top["systemInstruction"], "systemInstruction"
    if bare(raw):
        return (Text(text=as_string(raw, where), field=where),)
    if bytes(raw).lstrip()[:1] == b"[":
        parts = _numbered(as_list(raw, where), where)
    else:
        found = camel_object(raw, where)
        parts = _numbered(list_of(found, "parts", where), f"{where}.parts") if "parts" in found else [(where, raw)]
    texts = [
        (field, as_string(one, where)) if bare(one) else (f"{field}.text", string(as_object(one, where), "text"))
        for field, one in parts
    ]
    return tuple(Text(text=text, field=field) for field, text in texts if text)


def _numbered(parts: list[Raw], where: str) -> list[tuple[str, Raw]]:
    return [(f"{where}[{at}]", part) for at, part in enumerate(parts)]


def _tools(top: Object) -> list[Tool]:
    found: list[Tool] = []
    for at, raw in enumerate(list_of(top, "tools")):
        field = f"tools[{at}]"
        for kind, value in camel_object(raw, field).items():
            if kind == "functionDeclarations":
                declared = as_list(value, f"{field}.{kind}")
                found += [_function(one, f"{field}.{kind}[{place}]") for place, one in enumerate(declared)]
            else:
                found.append(Tool(name=kind, kind="hosted", type=kind, field=field))
    return found


def _function(raw: Raw, field: str) -> Tool:
    declared = camel_object(raw, field)
    schema = next((declared[name] for name in ("parametersJsonSchema", "parameters") if given(declared, name)), None)
    return Tool(
        name=required(string(declared, "name", field), f"{field}.name"),
        description=string(declared, "description", field) or "",
        schema=None if schema is None else json_schema(schema),
        field=field,
        raw=raw,
    )


def _choice(top: Object) -> ToolChoice:
    if not given(top, "toolConfig"):
        return ToolChoice()
    config = camel_object(top["toolConfig"], "toolConfig")
    if not given(config, "functionCallingConfig"):
        return ToolChoice()
    where = "toolConfig.functionCallingConfig"
    calling = camel_object(config["functionCallingConfig"], where)
    allowed = strings_of(calling, "allowedFunctionNames", where)
    match (string(calling, "mode", where) or "AUTO").upper():
        case "NONE":
            return ToolChoice(mode="none", said=True)
        case "ANY" if len(allowed) == 1:
            return ToolChoice(mode="tool", name=allowed[0], said=True)
        case "ANY":
            return ToolChoice(mode="any", allowed=allowed, said=True)
        case _:
            return ToolChoice(allowed=allowed, said=True)


def _thinking(config: Object) -> Thinking:
    if not given(config, "thinkingConfig"):
        return Thinking()
    where = "generationConfig.thinkingConfig"
    found = camel_object(config["thinkingConfig"], where)
    level = (string(found, "thinkingLevel", where) or "").lower()
    budget = whole(found, "thinkingBudget", where)
    return Thinking(
        effort=_LEVELS.get(level),
        budget=budget,
        shown=flag(found, "includeThoughts", where) is True,
        on=budget == -1,
    )


def _format(config: Object) -> Format | None:
    where = "generationConfig"
    schema = next((config[name] for name in ("responseJsonSchema", "responseSchema") if given(config, name)), None)
    kind = string(config, "responseMimeType", where)
    if schema is not None:
        return Format(schema=json_schema(schema), name="output", strict=_closed(schema))
    return Format() if kind == "application/json" else None


def _closed(schema: Raw) -> bool:
    """Whether every object of a schema says that it has no other fields, which strict forms of other providers demand."""
    text = bytes(schema)
    objects = text.count(b'"OBJECT"') + text.count(b'"object"')
    return objects > 0 and text.count(b'"additionalProperties"') >= objects


def _notes(top: Object, config: Object) -> list[Note]:
    notes = [Note(field=name, refused=why) for name, why in _REFUSED.items() if given(top, name)]
    if given(config, "responseModalities"):
        wanted = strings_of(config, "responseModalities", "generationConfig")
        if any(one.upper() != "TEXT" for one in wanted):
            notes.append(Note(field="responseModalities", refused="asks for more than text."))
    notes += [
        Note(field=name, refused="asks for more than text.")
        for name in ("speechConfig", "imageConfig")
        if given(config, name)
    ]
    tool_config = camel_object(top["toolConfig"], "toolConfig") if given(top, "toolConfig") else {}
    calling = tool_config.get("functionCallingConfig", encode({}))
    if b"treamFunctionCallArguments" in bytes(calling) or b"tream_function_call_arguments" in bytes(calling):
        notes.append(Note(field="streamFunctionCallArguments"))
    notes += [Note(field=name) for name in config if name not in _CONFIG and given(config, name)]
    notes += [Note(field=name) for name in top if name not in _READ and name not in _REFUSED and given(top, name)]
    return notes
