"""Builds requests for each surface, and has the strict checks of the fake providers and the SDKs' types look at what goes out."""

import json
from typing import Any

from openai.types.responses import response_create_params

from libs.common.catalog import load
from services.gateway.formats.blocks import Ask
from services.gateway.formats.build import Built, Target
from services.gateway.providers.anthropic import messages
from services.gateway.providers.compatible import chat
from services.gateway.providers.google import generate
from services.gateway.providers.openai import responses
from tests.fake_provider.strict import Sent, refusal
from tests.unit.gateway.anthropic_wire import misfit

CLAUDE, OLD_CLAUDE = "claude-opus-5-5", "claude-haiku-4-5"
GPT, OLD_GPT = "gpt-6-sol", "gpt-4o"
GEMINI, OLD_GEMINI = "gemini-3.8-flash", "gemini-2.5-flash"


def target(model: str, **more: Any) -> Target:
    """The catalogue's model as a target."""
    return Target(model=model, known=load().find(model), **more)


def to_anthropic(ask: Ask, model: str = CLAUDE, *, signed: bool = True, **more: Any) -> tuple[dict[str, Any], Built]:
    """The body for Anthropic. `signed` False: its thinking is made up, and not looked at."""
    built = messages.build(ask, target(model, **more))
    assert messages.build(ask, target(model, **more)) == built
    body = json.loads(built.body)
    if signed:
        _taken("anthropic", model, body, {"anthropic-version": "2023-06-01"})
    return body, built


def to_google(ask: Ask, model: str = GEMINI, **more: Any) -> tuple[dict[str, Any], Built]:
    """The body for Gemini."""
    built = generate.build(ask, target(model, **more))
    assert generate.build(ask, target(model, **more)) == built
    body = json.loads(built.body)
    _taken("google", model, body, {})
    return body, built


def to_chat(ask: Ask, model: str = GPT, **more: Any) -> tuple[dict[str, Any], Built]:
    """The body for chat completions."""
    built = chat.build(ask, target(model, **more), strict=True)
    assert chat.build(ask, target(model, **more), strict=True) == built
    body = json.loads(built.body)
    _taken("openai", model, body, {})
    return body, built


def to_responses(ask: Ask, model: str = GPT, **more: Any) -> tuple[dict[str, Any], Built]:
    """The body for the Responses API."""
    built = responses.build(ask, target(model, **more))
    assert responses.build(ask, target(model, **more)) == built
    body = json.loads(built.body)
    kind = response_create_params.ResponseCreateParamsNonStreaming
    typed = {name: value for name, value in body.items() if name != "stream"}
    for item in typed["input"]:
        if item.get("type") == "message" and item["role"] == "assistant":
            # The types demand an id and a status of what an API gave out; its documentation does not.
            item |= {"id": "msg_1", "status": "completed"}
    assert misfit(typed, kind) is None
    for item in typed["input"]:
        if item.get("id") == "msg_1":
            del item["id"], item["status"]
    _taken("responses", model, body, {})
    return body, built


def _taken(provider: str, model: str, body: dict[str, Any], headers: dict[str, str]) -> None:
    refused = refusal(provider, Sent(model, body, headers, bool(body.get("stream"))))
    assert refused is None, refused.message
