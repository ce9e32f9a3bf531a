"""Gemini's generateContent as a provider's surface: the body that a neutral request becomes."""

from typing import Any

import msgspec
from msgspec import Raw

from services.gateway.formats.blocks import MADE_UP_ID, Ask, Block, Call, Tool
from services.gateway.formats.build import Built, Target, client_fields, effort_of
from services.gateway.formats.foreign import Plain, calls, plain, with_notes
from services.gateway.formats.json_fields import rejected
from services.gateway.formats.tool_names import ToolNames
from services.gateway.providers.google.contents import contents
from services.gateway.providers.google.fit import fitted
from services.gateway.translate import google_tools
from services.gateway.translate.anthropic_content import unusable
from services.gateway.translate.google_contents import NO_SIGNATURE
from services.gateway.translate.google_models import generation, least_level, preview

PROVIDER = "google"
_NAME_LIMIT = 64
_MAX_STOPS = 5
_MAX_CANDIDATES = 8
_INT32 = 2**31
_BUDGETS = {"none": 0, "minimal": 512, "low": 1024, "medium": 8192, "high": 24576, "xhigh": -1, "max": -1}
_LEAST_OF_PRO = 128  # 2.5 Pro thinks whether one likes it or not
_MOST_TOKENS = 24_576
_TIERS = {"flex": "flex", "priority": "priority"}

Body = dict[str, Any]


def path(model: str, *, stream: bool) -> str:
    """The path of a request, with its query."""
    return f"/v1beta/models/{model}:" + ("streamGenerateContent?alt=sse" if stream else "generateContent")


def build(ask: Ask, target: Target) -> Built:
    """The body for a model; the model and the stream are in the path. `BadRequest` names a field that Gemini has no form for."""
    if ask.origin == "generate":
        fitting, left_out = (None, []) if target.named else fitted(ask, target)
        if fitting is not None:
            ask = msgspec.structs.replace(ask, extras={**ask.extras, "generationConfig": fitting})
        return Built(body=own_body(ask, target.model), dropped=client_fields(ask, left_out))
    found = plain(ask)
    names = ToolNames(found.tools, calls(found.turns), limit=_NAME_LIMIT)
    lost = list(found.dropped)
    body: Body = contents(found.system, with_notes(found.turns), names, target, lost)
    body |= _tools(ask, found, names, lost)
    config = _limits(ask, target, lost) | _sampling(ask, target, lost) | _format(ask) | _thinking(ask, target, lost)
    stops = [stop for stop in ask.stop if stop]
    if stops[:_MAX_STOPS]:
        config["stopSequences"] = stops[:_MAX_STOPS]
    if config:
        body["generationConfig"] = config
    if ask.tier == "default" and ask.origin == "messages":
        body["serviceTier"] = "standard"
    elif ask.tier in _TIERS:
        body["serviceTier"] = _TIERS[ask.tier]
    elif ask.tier is not None and ask.origin == "responses" and ask.tier not in ("auto", "default"):
        lost.append("service_tier")
    if ask.verbosity not in (None, "medium"):
        lost.append("verbosity")
    return Built(
        body=msgspec.json.encode(body),
        dropped=client_fields(ask, lost),
        names=names.back,
        stop=tuple(stops[_MAX_STOPS:]),
    )


def own_body(ask: Ask, model: str) -> bytes:
    """A request that came in this format, with its conversation as it stands in the neutral request."""
    body: Body = dict(ask.extras)
    if ask.turns[:1] and ask.turns[0].bare:
        return msgspec.json.encode(body)
    body["contents"] = [{"parts": [_own(block, model) for block in turn.blocks], **turn.rest} for turn in ask.turns]
    return msgspec.json.encode(body)


def count_body(ask: Ask, target: Target) -> bytes:
    """The body of `countTokens`."""
    body = msgspec.json.decode(build(ask, target).body, type=dict[str, Raw])
    body["model"] = Raw(msgspec.json.encode(f"models/{target.model}"))
    return msgspec.json.encode({"generateContentRequest": body})


def _own(block: Block, model: str) -> Any:
    """A part as it came; a call whose signature was another model's goes without it."""
    if block.raw is not None:
        return block.raw
    if not isinstance(block, Call):
        raise TypeError(f"A part of kind {type(block).__name__} has lost its source.")
    made: Body = {"name": block.name, "args": block.arguments}
    if not block.id.startswith(MADE_UP_ID):
        made = {"id": block.id, **made}
    return {"functionCall": made, **({"thoughtSignature": NO_SIGNATURE} if generation(model) >= (3, 0) else {})}


def without_dialect(schema: Any) -> Any:
    """A JSON Schema without `$schema`, which Gemini refuses."""
    if isinstance(schema, dict):
        return {name: without_dialect(below) for name, below in schema.items() if name != "$schema"}
    return [without_dialect(below) for below in schema] if isinstance(schema, list) else schema


def _schema(raw: Raw) -> Any:
    return without_dialect(msgspec.json.decode(raw)) if b'"$schema"' in bytes(raw) else raw


def _tools(ask: Ask, found: Plain, names: ToolNames, lost: list[str]) -> Body:
    if ask.choice.parallel is False and found.tools:
        lost.append("parallel_tool_calls" if ask.origin == "responses" else "disable_parallel_tool_use")
    if not found.tools and ask.choice.mode in ("any", "tool"):
        raise unusable("tool_choice", "asks for a call, but there are no `tools`.")
    given = google_tools.Tools(tools=[_tool(tool, names) for tool in found.tools], tool_choice=_choice(ask, names))
    return google_tools.tools(given)


def _tool(tool: Tool, names: ToolNames) -> google_tools.Tool:
    schema = without_dialect(msgspec.json.decode(tool.schema)) if tool.schema is not None else None
    function = google_tools.Function(
        name=names.sent(tool.name, tool.namespace),
        description=tool.description or None,
        parameters=schema if isinstance(schema, dict) else None,
    )
    return google_tools.Tool(function=function)


def _choice(ask: Ask, names: ToolNames) -> Any:
    choice = ask.choice
    if choice.mode == "tool":
        return google_tools.Choice(type="function", function=google_tools.Named(name=names.sent(choice.name)))
    if choice.allowed:
        listed = [google_tools.NamedTool(function=google_tools.Named(name=names.sent(name))) for name in choice.allowed]
        mode = google_tools.Allowed(mode="required" if choice.mode == "any" else "auto", tools=listed)
        return google_tools.Choice(type="allowed_tools", allowed_tools=mode)
    return {"any": "required", "none": "none"}.get(choice.mode, "auto" if choice.said else None)


def _limits(ask: Ask, target: Target, lost: list[str]) -> Body:
    config: Body = {}
    if ask.max_tokens is not None and ask.max_tokens > 0:
        config["maxOutputTokens"] = target.clamped(ask.max_tokens)
        if config["maxOutputTokens"] < ask.max_tokens:
            lost.append(ask.limit_field)
    if ask.sampling.n > 1:
        if target.stream or generation(target.model)[0] != 2 or ask.sampling.n > _MAX_CANDIDATES:
            raise rejected("candidateCount", f"is {ask.sampling.n}, which this model cannot serve.")
        config["candidateCount"] = ask.sampling.n
    return config


def _sampling(ask: Ask, target: Target, lost: list[str]) -> Body:
    config: Body = {}
    sampling, known = ask.sampling, target.known
    refused = known is not None and "sampling" in known.refuses
    unpunished = refused or preview(target.model)
    for name, theirs, neutral, left_out in (
        ("temperature", "temperature", 1, refused),
        ("top_p", "topP", 1, refused),
        ("top_k", "topK", 64, refused),
        ("presence_penalty", "presencePenalty", 0, unpunished),
        ("frequency_penalty", "frequencyPenalty", 0, unpunished),
    ):
        value = getattr(sampling, name)
        if value is None:
            continue
        if not left_out:
            config[theirs] = value
        elif value != neutral:
            lost.append(name)
    if sampling.seed is not None:
        if -_INT32 <= sampling.seed < _INT32:
            config["seed"] = sampling.seed
        else:
            lost.append("seed")
    if sampling.logprobs is not None:
        if target.stream or generation(target.model)[0] != 2:
            lost.append("logprobs")
        else:
            config |= {"responseLogprobs": True, "logprobs": sampling.logprobs}
    return config


def _format(ask: Ask) -> Body:
    if ask.format is None:
        return {}
    config: Body = {"responseMimeType": "application/json"}
    if ask.format.schema is not None:
        config["responseJsonSchema"] = _schema(ask.format.schema)
    return config


def _thinking(ask: Ask, target: Target, lost: list[str]) -> Body:
    """How much to think, as a level or, before the third generation, as a number of tokens."""
    thinking, made, known = ask.thinking, generation(target.model), target.known
    effort = effort_of(thinking)
    if effort is None and not thinking.shown and thinking.budget is None:
        return {}
    if not (known.can("reasoning") if known is not None else made >= (2, 5)):
        if effort not in (None, "none"):
            lost.append("reasoning")
        return {}
    config: Body = {"includeThoughts": thinking.shown and effort != "none"}
    if made >= (3, 0):
        least = least_level(target.model)
        if effort is not None:
            config["thinkingLevel"] = {"none": least, "minimal": least, "max": "xhigh"}.get(effort, effort)
        more = effort == "none" or (effort == "minimal" and least != "minimal")
    else:
        more = effort == "none" and "pro" in target.model
        if thinking.budget is not None and thinking.budget > 0 and ask.thinking.effort is None:
            config["thinkingBudget"] = max(_LEAST_OF_PRO, min(thinking.budget, _MOST_TOKENS))
        elif effort is not None:
            config["thinkingBudget"] = _LEAST_OF_PRO if more else _BUDGETS[effort]
    if more:
        lost.append("reasoning")
    return {"thinkingConfig": config}
