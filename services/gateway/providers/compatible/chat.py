"""OpenAI's chat format as a surface: the body that a neutral request becomes, and the messages that optimizer, router and cache read."""

import hashlib
from typing import Any

import msgspec
from msgspec import Raw

from services.gateway.formats.blocks import Ask, Block, Call, Media, Result, Text, Tool, Turn
from services.gateway.formats.build import Built, Target, client_fields, effort_of
from services.gateway.formats.foreign import Plain, calls, error_text, plain, together
from services.gateway.formats.json_fields import rejected
from services.gateway.formats.tool_names import ToolNames
from services.gateway.translate.anthropic_content import unusable
from services.gateway.translate.dialect import Asked, Dialect
from services.gateway.translate.openai_openai import OPENAI, OPENAI_COMPATIBLE

MAX_TOOLS = 128
_NAME_LIMIT = 64
_MAX_STOPS = 4
_AUDIO = {"audio/wav": "wav", "audio/x-wav": "wav", "audio/mpeg": "mp3", "audio/mp3": "mp3"}
_MODES = {"auto": "auto", "any": "required", "none": "none"}
_DEFAULTS: dict[str, tuple[float, ...]] = {"top_k": (64,)}

Body = dict[str, Any]
# A message, and the blocks whose words it says.
Shown = tuple[Body, tuple[Block, ...]]


def path(model: str, *, stream: bool) -> str:
    """The path of a request; the model and the stream are in the body."""
    return "/v1/chat/completions"


def build(ask: Ask, target: Target, *, strict: bool = False, dialect: Dialect | None = None) -> Built:
    """The body for a model. `strict` is for OpenAI itself, which refuses fields that it does not know; `dialect` for servers with
    rules of their own. `BadRequest` names a field that this format has no place for.
    """
    found = plain(ask)
    if len(found.tools) > MAX_TOOLS:
        raise rejected("tools", f"holds {len(found.tools)} tools; this provider takes {MAX_TOOLS}.")
    names = ToolNames(found.tools, calls(found.turns), limit=_NAME_LIMIT)
    lost = list(found.dropped)
    fields = _parameters(ask, target, lost) | _tools(ask, found, names, lost)
    stops = _stops(ask, fields, target)
    if target.stream:
        fields["stream"] = True
    messages = Raw(msgspec.json.encode(_messages(found, names)))
    dialect = dialect or (OPENAI if strict else OPENAI_COMPATIBLE)
    asked = Asked(
        raw={name: Raw(msgspec.json.encode(value)) for name, value in fields.items()},
        messages=messages,
        model=target.model,
        known=target.known,
        stream=target.stream,
        without=target.without,
    )
    sent = dialect.request(asked)
    return Built(
        body=sent.body,
        dropped=client_fields(ask, (*lost, *map(_neutral, sent.dropped))),
        added=sent.added,
        names=names.back,
        stop=stops,
    )


def messages_view(ask: Ask) -> list[Shown]:
    """The conversation as OpenAI's messages, for what reads conversations in that format only, each with the blocks that it shows.
    Raises nothing: what has no place in it is left out.
    """
    turns = tuple(_readable(turn) for turn in ask.turns)
    system = tuple(block for block in ask.system if isinstance(block, Text) and not block.internal)
    found = Plain(system=system, turns=turns, tools=(), dropped=())
    return _shown(found, ToolNames((), (), limit=_NAME_LIMIT), lenient=True)


def tools_view(ask: Ask) -> Raw:
    """The tools as OpenAI's, beside `messages_view`."""
    names = ToolNames(ask.tools, (), limit=_NAME_LIMIT)
    return Raw(msgspec.json.encode([_tool(tool, names) for tool in ask.tools if tool.kind != "hosted"]))


def _readable(turn: Turn) -> Turn:
    blocks = [block for block in turn.blocks if isinstance(block, Text | Call | Result | Media)]
    return Turn(role=turn.role, blocks=tuple(b for b in blocks if not (isinstance(b, Text) and b.internal)))


def _messages(found: Plain, names: ToolNames) -> list[Body]:
    return [message for message, _ in _shown(found, names)]


def _shown(found: Plain, names: ToolNames, *, lenient: bool = False) -> list[Shown]:
    out: list[Shown] = []
    if found.system:
        out.append(({"role": "system", "content": _content(found.system)}, found.system))
    for turn in _joined(found.turns):
        match turn.role:
            case "system":
                out.append(({"role": "system", "content": _content(turn.blocks)}, turn.blocks))
            case "assistant":
                out.append((_assistant(turn, names), turn.blocks))
            case _:
                out += _user(turn, lenient=lenient)
    return [
        (message, blocks)
        for message, blocks in out
        if message.get("content") or message.get("tool_calls") or message["role"] == "tool"
    ]


def _joined(turns: tuple[Turn, ...]) -> list[Turn]:
    """Calls that were made together in one message, and their results one after the other."""

    def same(before: Turn, turn: Turn) -> bool:
        if before.role != turn.role:
            return False
        return turn.role == "assistant" or (_only_results(before) and _only_results(turn))

    return together(turns, same)


def _only_results(turn: Turn) -> bool:
    return all(isinstance(block, Result) for block in turn.blocks)


def _content(blocks: tuple[Block, ...], *, lenient: bool = False) -> str | list[Body]:
    """A plain text where there is nothing else, so that servers that take only that have it."""
    parts = [part for block in blocks if (part := _part(block, lenient=lenient)) is not None]
    if len(parts) == 1 and set(parts[0]) == {"type", "text"}:
        return str(parts[0]["text"])
    return parts


def _part(block: Block, *, lenient: bool) -> Body | None:
    match block:
        case Text():
            part: Body = {"type": "text", "text": block.text}
        case Media():
            found = _media(block, lenient=lenient)
            if found is None:
                return None
            part = found
        case _:
            return None
    return part


def _media(media: Media, *, lenient: bool) -> Body | None:
    if media.form == "image":
        url = media.url or f"data:{media.media_type};base64,{media.data}"
        return {"type": "image_url", "image_url": {"url": url}}
    if media.form == "audio" and media.media_type in _AUDIO and media.data:
        return {"type": "input_audio", "input_audio": {"data": media.data, "format": _AUDIO[media.media_type]}}
    if media.form == "document" and media.data:
        file = {"filename": media.name or "document.pdf", "file_data": f"data:{media.media_type};base64,{media.data}"}
        return {"type": "file", "file": file}
    if lenient:
        return None
    raise rejected(media.field, f"is {media.media_type or media.form}, which this provider has no form for.")


def _assistant(turn: Turn, names: ToolNames) -> Body:
    said = "".join(block.text for block in turn.blocks if isinstance(block, Text))
    message: Body = {"role": "assistant", "content": said or None}
    made = [
        {
            "id": call_id(block.id),
            "type": "function",
            "function": {
                "name": names.sent(block.name, block.namespace),
                "arguments": bytes(block.arguments).decode(),
            },
        }
        for block in turn.blocks
        if isinstance(block, Call)
    ]
    return {**message, "tool_calls": made} if made else message


def call_id(given: str) -> str:
    """A call's id, no longer than OpenAI takes; two ids never become one."""
    if len(given) <= 40:
        return given
    return f"{given[:23]}_{hashlib.blake2b(given.encode(), digest_size=8).hexdigest()}"


def _user(turn: Turn, *, lenient: bool) -> list[Shown]:
    """The results first, each a message of its own; what they show, and what else the user says, after all of them."""
    results = [block for block in turn.blocks if isinstance(block, Result)]
    out: list[Shown] = [
        ({"role": "tool", "tool_call_id": call_id(result.id), "content": error_text(result)}, (result,))
        for result in results
    ]
    shown = tuple(part for result in results for part in result.parts if isinstance(part, Media))
    rest = (*shown, *(block for block in turn.blocks if not isinstance(block, Result)))
    if rest and (content := _content(rest, lenient=lenient)):
        out.append(({"role": "user", "content": content}, rest))
    return out


def _parameters(ask: Ask, target: Target, lost: list[str]) -> Body:
    sampling, fields = ask.sampling, Body()
    known = target.known
    if ask.max_tokens is not None and ask.max_tokens > 0:
        limit = target.clamped(ask.max_tokens)
        if limit < ask.max_tokens:
            lost.append(ask.limit_field)
        fields["max_completion_tokens" if known is not None and known.can("reasoning") else "max_tokens"] = limit
    for name in ("temperature", "top_p", "seed", "presence_penalty", "frequency_penalty"):
        if (value := getattr(sampling, name)) is not None:
            fields[name] = value
    if sampling.top_k is not None and sampling.top_k not in _DEFAULTS["top_k"]:
        lost.append("top_k")
    if sampling.logprobs is not None:
        fields |= {"logprobs": True, "top_logprobs": sampling.logprobs}
    if sampling.n > 1:
        fields["n"] = sampling.n
    effort = effort_of(ask.thinking)
    if effort is not None and (known is None or known.can("reasoning") or effort != "none"):
        fields["reasoning_effort"] = effort
    if ask.verbosity is not None:
        fields["verbosity"] = ask.verbosity
    if ask.format is not None:
        fields["response_format"] = _format(ask)
    if ask.end_user:
        fields["user"] = hashlib.sha256(ask.end_user.encode()).hexdigest()
    return fields


def _format(ask: Ask) -> Body:
    assert ask.format is not None
    if ask.format.schema is None:
        return {"type": "json_object"}
    schema: Body = {"name": ask.format.name, "schema": ask.format.schema}
    if ask.format.strict is not None:
        schema["strict"] = ask.format.strict
    return {"type": "json_schema", "json_schema": schema}


def _stops(ask: Ask, fields: Body, target: Target) -> tuple[str, ...]:
    """Stop sequences that this provider takes go out; the others are cut here."""
    stops = [stop for stop in ask.stop if stop]
    if target.known is not None and target.known.can("reasoning"):
        return tuple(stops)
    if stops[:_MAX_STOPS]:
        fields["stop"] = stops[:_MAX_STOPS]
    return tuple(stops[_MAX_STOPS:])


def _tools(ask: Ask, found: Plain, names: ToolNames, lost: list[str]) -> Body:
    if not found.tools:
        return {}
    fields: Body = {"tools": [_tool(tool, names) for tool in found.tools]}
    choice = ask.choice
    declared = {names.sent(tool.name, tool.namespace) for tool in found.tools}
    wanted = [names.sent(name) for name in ([choice.name] if choice.mode == "tool" else choice.allowed)]
    if missing := next((name for name in wanted if name not in declared), None):
        raise unusable("tool_choice", f"names `{missing}`, which is not among `tools`.")
    if choice.mode == "tool":
        fields["tool_choice"] = {"type": "function", "function": {"name": wanted[0]}}
    elif choice.allowed:
        allowed = [{"type": "function", "function": {"name": name}} for name in wanted]
        mode = "required" if choice.mode == "any" else "auto"
        fields["tool_choice"] = {"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": allowed}}
    elif choice.mode != "auto":
        fields["tool_choice"] = _MODES[choice.mode]
    if choice.parallel is False:
        fields["parallel_tool_calls"] = False
    return fields


def _tool(tool: Tool, names: ToolNames) -> Body:
    function: Body = {"name": names.sent(tool.name, tool.namespace)}
    if tool.description:
        function["description"] = tool.description
    function["parameters"] = tool.schema if tool.schema is not None else {"type": "object", "properties": {}}
    if tool.strict is not None:
        function["strict"] = tool.strict
    return {"type": "function", "function": function}


def _neutral(name: str) -> str:
    return "reasoning" if name == "reasoning_effort" else name
