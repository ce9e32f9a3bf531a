"""A request in a provider's own format for another of its models: only what that model refuses is changed."""

import json
from itertools import product
from typing import Any

import pytest

from libs.common.catalog import load
from services.gateway.endpoints.generate import request as generate_request
from services.gateway.endpoints.messages import request as messages_request
from services.gateway.endpoints.responses import request as responses_request
from services.gateway.providers.anthropic import messages
from services.gateway.providers.google import generate
from services.gateway.providers.openai import responses
from tests.fake_provider.rules import Sent
from tests.fake_provider.strict import refusal
from tests.unit.gateway.formats.judges import CLAUDE, GPT, OLD_CLAUDE, OLD_GEMINI, OLD_GPT, target

USER = {"role": "user", "content": "Hello"}
TOOL = {"name": "f", "input_schema": {"type": "object", "properties": {"a": {"type": "string"}}}}


def claude(model: str, **body: Any) -> tuple[dict[str, Any], tuple[str, ...]]:
    full = {"model": "claude-x", "max_tokens": 3000, "messages": [USER], **body}
    ask = messages_request.ask(messages_request.head(json.dumps(full).encode(), {}))
    built = messages.build(ask, target(model, named=False))
    sent = json.loads(built.body)
    refused = refusal("anthropic", Sent(model, sent, {"anthropic-version": "2023-06-01"}, False))
    assert refused is None, refused.message
    return sent, built.dropped


def gpt(model: str, **body: Any) -> tuple[dict[str, Any], tuple[str, ...]]:
    ask = responses_request.ask(responses_request.head(json.dumps({"model": "x", "input": "a", **body}).encode(), {}))
    built = responses.build(ask, target(model, named=False))
    sent = json.loads(built.body)
    refused = refusal("responses", Sent(model, sent, {}, False))
    assert refused is None, refused.message
    return sent, built.dropped


def gemini(model: str, **config: Any) -> tuple[dict[str, Any], tuple[str, ...]]:
    body = {"contents": [{"role": "user", "parts": [{"text": "a"}]}], "generationConfig": config}
    ask = generate_request.ask(generate_request.head(json.dumps(body).encode(), {}, model="x", stream=False))
    built = generate.build(ask, target(model, named=False))
    sent = json.loads(built.body)
    refused = refusal("google", Sent(model, sent, {}, False))
    assert refused is None, refused.message
    return sent["generationConfig"], built.dropped


MODELS = {
    provider: [model.name for model in load().models.values() if model.provider == provider]
    for provider in ("anthropic", "openai", "google")
}
THINKING: list[dict[str, Any]] = [
    {},
    {"thinking": {"type": "adaptive", "display": "omitted"}},
    {"thinking": {"type": "adaptive"}, "output_config": {"effort": "xhigh"}},
    {"thinking": {"type": "enabled", "budget_tokens": 2000}},
    {"thinking": {"type": "disabled"}},
]
MORE: list[dict[str, Any]] = [
    {},
    {"temperature": 1},
    {"temperature": 0.5, "top_k": 5},
    {"tools": [TOOL], "messages": [USER, {"role": "system", "content": "Be brief."}]},
]


@pytest.mark.parametrize("model", MODELS["anthropic"])
def test_every_model_of_anthropics_takes_what_is_fitted(model: str) -> None:
    for thinking, more in product(THINKING, MORE):
        thinks = thinking.get("thinking", {}).get("type") in ("adaptive", "enabled")
        if thinks and more.get("temperature") == 0.5:
            continue  # no model of Anthropic's takes the two together
        claude(model, **thinking, **more)


def test_what_an_older_model_of_anthropics_gets() -> None:
    adaptive = {"thinking": {"type": "adaptive"}, "output_config": {"effort": "medium"}, "max_tokens": 128_000}
    sent, dropped = claude(OLD_CLAUDE, **adaptive)
    assert sent["thinking"] == {"type": "enabled", "budget_tokens": 4096}
    assert "output_config" not in sent
    assert sent["max_tokens"] == 64_000
    assert dropped == ("max_tokens",)
    turns = [USER, {"role": "system", "content": "Be brief.", "output_config": {"effort": "low"}}]
    sent, _ = claude(OLD_CLAUDE, messages=turns)
    note = {"type": "text", "text": "<system-note>\nBe brief.\n</system-note>"}
    assert sent["messages"] == [{"role": "user", "content": [{"type": "text", "text": "Hello"}, note]}]


def test_what_a_newer_model_of_anthropics_gets() -> None:
    sent, dropped = claude(CLAUDE, temperature=0.5, tools=[TOOL], tool_choice={"type": "any"}, system="Help.")
    assert "temperature" not in sent
    assert sent["tool_choice"] == {"type": "auto"}
    assert len(sent["system"]) == 2
    assert dropped == ("temperature", "tool_choice")
    sent, dropped = claude(CLAUDE, thinking={"type": "disabled"})
    assert "thinking" not in sent
    assert dropped[0] == "thinking"
    sent, dropped = claude(CLAUDE, speed="fast")
    assert (sent["speed"], dropped) == ("fast", ())


@pytest.mark.parametrize("model", MODELS["openai"])
def test_every_model_of_openais_takes_what_is_fitted(model: str) -> None:
    for effort, more in product(
        (None, "none", "minimal", "high"), ({}, {"temperature": 0.5}, {"max_output_tokens": 500_000})
    ):
        reasoning = {"reasoning": {"effort": effort, "summary": "auto"}} if effort is not None else {}
        gpt(model, **reasoning, **more)


def test_what_models_of_openais_get() -> None:
    body = {
        "reasoning": {"effort": "high"},
        "include": ["reasoning.encrypted_content", "message.output_text.logprobs"],
        "text": {"verbosity": "low"},
    }
    sent, dropped = gpt(OLD_GPT, **body)
    assert sent == {"model": OLD_GPT, "input": "a", "include": ["message.output_text.logprobs"]}
    assert dropped == ("reasoning", "text.verbosity")
    sent, dropped = gpt(GPT, temperature=0.5, top_p=1)
    assert sent == {"model": GPT, "input": "a"}
    assert dropped == ("temperature",)


@pytest.mark.parametrize("model", MODELS["google"])
def test_every_model_of_googles_takes_what_is_fitted(model: str) -> None:
    for thinking, more in product(
        (
            {},
            {"thinkingBudget": 0},
            {"thinkingBudget": 8192, "includeThoughts": True},
            {"thinkingLevel": "HIGH"},
            {"thinkingLevel": "minimal"},
        ),
        ({}, {"temperature": 0.5, "topK": 5}, {"presencePenalty": 0.5}, {"maxOutputTokens": 500_000}),
    ):
        gemini(model, **({"thinkingConfig": thinking} if thinking else {}), **more)


def test_what_models_of_googles_get() -> None:
    level = {"thinkingLevel": "HIGH", "includeThoughts": True}
    config, dropped = gemini(OLD_GEMINI, thinking_config=level, max_output_tokens=70_000)
    assert config == {
        "thinkingConfig": {"includeThoughts": True, "thinkingBudget": 24576},
        "maxOutputTokens": 65_536,
    }
    assert dropped == ("maxOutputTokens",)
    config, dropped = gemini("gemini-3.8-flash", thinkingConfig={"thinkingBudget": 8192}, topP=0.5)
    assert config == {"thinkingConfig": {"includeThoughts": False, "thinkingLevel": "high"}}
    assert dropped == ("topP",)
