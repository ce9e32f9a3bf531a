"""OpenAI chat in, Gemini's generateContent out: the body, with what had to be left out of it."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from services.gateway.translate.dialect import Asked, Outgoing
from services.gateway.translate.google_contents import contents
from services.gateway.translate.google_fields import read, unusable
from services.gateway.translate.google_models import generation, least_level, preview
from services.gateway.translate.google_tools import Tools, tools

_MAX_CANDIDATES = 8
_INT32 = 2**31
_BUDGETS = {"none": 0, "minimal": 512, "low": 1024, "medium": 8192, "high": 24576, "xhigh": -1, "max": -1}
_LEAST_OF_PRO = 128  # 2.5 Pro thinks whether one likes it or not
_NOT_PARAMETERS = {"model", "messages", "stream", "stream_options"}
# What these say is what happens without them.
_NEUTRAL: dict[str, Any] = {"store": False, "parallel_tool_calls": True, "modalities": ["text"]}


class _Schema(msgspec.Struct, frozen=True, kw_only=True):
    schema: dict[str, Any] | None = None


class _Format(msgspec.Struct, frozen=True, kw_only=True):
    type: Literal["text", "json_object", "json_schema"]
    json_schema: _Schema | None = None


class _Parameters(Tools, frozen=True, kw_only=True):
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    stop: Annotated[str, Meta(min_length=1)] | Annotated[list[str], Meta(max_length=5)] | None = None
    n: int | None = None
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    response_format: _Format | None = None
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = None


def request(asked: Asked) -> Outgoing:
    """The body for a model, plain or streamed; the model's id and the stream are in the URL."""
    known = {name: value for name, value in asked.raw.items() if name in _Parameters.__struct_fields__}
    given: _Parameters = read(_Parameters, msgspec.json.encode(known))
    lost = {name for name in asked.raw.keys() - known.keys() - _NOT_PARAMETERS if not _neutral(asked, name)}
    body = contents(asked) | tools(given)
    config = _limits(given, asked, lost) | _sampling(given, asked, lost) | _format(given)
    config |= _logprobs(given, asked, lost) | _thinking(given, asked, lost)
    if config:
        body["generationConfig"] = config
    return Outgoing(body=msgspec.json.encode(body), dropped=tuple(name for name in asked.raw if name in lost))


def _neutral(asked: Asked, name: str) -> bool:
    value = read(Any, bytes(asked.raw[name]), name)
    return value is None or value in ({}, []) or (name in _NEUTRAL and value == _NEUTRAL[name])


def _limits(given: _Parameters, asked: Asked, lost: set[str]) -> dict[str, Any]:
    config: dict[str, Any] = {}
    field = "max_tokens" if given.max_completion_tokens is None else "max_completion_tokens"
    limit: int | None = getattr(given, field)
    if limit is not None:
        config["maxOutputTokens"] = limit
        if asked.known is not None and limit > asked.known.max_output_tokens:
            config["maxOutputTokens"] = asked.known.max_output_tokens
            lost.add(field)
    if given.n is not None and given.n > 1:
        if asked.stream or generation(asked.model)[0] != 2 or given.n > _MAX_CANDIDATES:
            most = f"up to {_MAX_CANDIDATES} on Gemini 2 models without `stream`, and 1 anywhere else"
            raise unusable("n", f"is {given.n}, which this model cannot serve: it may be {most}.")
        config["candidateCount"] = given.n
    stops = [given.stop] if isinstance(given.stop, str) else given.stop or []
    if found := [stop for stop in stops if stop]:
        config["stopSequences"] = found
    return config


def _sampling(given: _Parameters, asked: Asked, lost: set[str]) -> dict[str, Any]:
    """Temperature and its kin. `lost` learns of those that were meant to change something."""
    config: dict[str, Any] = {}
    refused = asked.known is not None and "sampling" in asked.known.refuses
    unpunished = refused or preview(asked.model)
    for name, theirs, neutral, left_out in (
        ("temperature", "temperature", 1, refused),
        ("top_p", "topP", 1, refused),
        ("presence_penalty", "presencePenalty", 0, unpunished),
        ("frequency_penalty", "frequencyPenalty", 0, unpunished),
    ):
        value = getattr(given, name)
        if value is None:
            continue
        if not left_out:
            config[theirs] = value
        elif value != neutral:
            lost.add(name)
    if given.seed is not None:
        if -_INT32 <= given.seed < _INT32:
            config["seed"] = given.seed
        else:
            lost.add("seed")
    return config


def _format(given: _Parameters) -> dict[str, Any]:
    wanted = given.response_format
    if wanted is None or wanted.type == "text":
        return {}
    config: dict[str, Any] = {"responseMimeType": "application/json"}
    if wanted.json_schema is not None and wanted.json_schema.schema:
        config["responseJsonSchema"] = wanted.json_schema.schema
    return config


def _logprobs(given: _Parameters, asked: Asked, lost: set[str]) -> dict[str, Any]:
    wanted = {"logprobs": given.logprobs, "top_logprobs": given.top_logprobs}
    if asked.stream or generation(asked.model)[0] != 2:
        lost |= {name for name, value in wanted.items() if value}
        return {}
    if not given.logprobs:
        return {}
    return {"responseLogprobs": True, **({"logprobs": given.top_logprobs} if given.top_logprobs else {})}


def _thinking(given: _Parameters, asked: Asked, lost: set[str]) -> dict[str, Any]:
    """How much to think, as a level or, before the third generation, as a number of tokens."""
    effort = given.reasoning_effort
    if effort is None:
        return {}
    made = generation(asked.model)
    if not (asked.known.can("reasoning") if asked.known is not None else made >= (2, 5)):
        lost |= {"reasoning_effort"} if effort != "none" else set()
        return {}
    config: dict[str, Any] = {"includeThoughts": effort != "none"}
    if made >= (3, 0):
        least = least_level(asked.model)
        config["thinkingLevel"] = {"none": least, "minimal": least, "max": "xhigh"}.get(effort, effort)
        more = effort == "none" or (effort == "minimal" and least != "minimal")
    else:
        more = effort == "none" and "pro" in asked.model
        config["thinkingBudget"] = _LEAST_OF_PRO if more else _BUDGETS[effort]
    if more:
        lost.add("reasoning_effort")
    return {"thinkingConfig": config}
