"""Every parameter that OpenAI's API has, all at once, to every model: none is refused, and none is lost in silence."""

from collections.abc import Callable
from typing import Any

import pytest

from libs.common import catalog
from tests.fixtures.gateway import Stack
from tests.fixtures.nats import until
from tests.fixtures.three_providers import PROVIDERS, ask

Carried = dict[str, Callable[[dict[str, Any]], bool]]
ASK: list[Any] = [{"role": "user", "content": "Hello!"}]
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}
FUNCTION = {"name": "f", "description": "It does.", "parameters": SCHEMA}
EVERY: dict[str, Any] = {
    "audio": {"voice": "alloy", "format": "wav"},
    "frequency_penalty": 0.3,
    "logit_bias": {"50256": -100},
    "logprobs": True,
    "max_completion_tokens": 3000,
    "max_tokens": 3000,
    "metadata": {"team": "red"},
    "modalities": ["text"],
    "moderation": {"model": "omni-moderation-latest"},
    "n": 1,
    "prediction": {"type": "content", "content": "Hello, you!"},
    "presence_penalty": -0.2,
    "prompt_cache_key": "greetings",
    "prompt_cache_options": {"mode": "implicit", "ttl": "30m"},
    "prompt_cache_retention": "24h",
    "reasoning_effort": "high",
    "response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": SCHEMA, "strict": True}},
    "safety_identifier": "somebody",
    "seed": 7,
    "service_tier": "default",
    "stop": ["END"],
    "store": True,
    "temperature": 0.4,
    "top_logprobs": 2,
    "top_p": 0.8,
    "user": "somebody",
    "verbosity": "low",
    "web_search_options": {"search_context_size": "low"},
}
TOOLS: dict[str, Any] = {
    "tools": [{"type": "function", "function": {**FUNCTION, "strict": True}}],
    "tool_choice": "required",
    "parallel_tool_calls": False,
}
OLDER: dict[str, Any] = {"functions": [FUNCTION], "function_call": {"name": "f"}}
# What says nothing to other providers than OpenAI, or asks for what happens anyway.
NEUTRAL = {"modalities", "n", "stream_options"}

CLAUDE: Carried = {
    "max_completion_tokens": lambda body: body["max_tokens"] == 3000,
    "max_tokens": lambda body: body["max_tokens"] == 3000,
    "reasoning_effort": lambda body: body.get("thinking", {}).get("type") in ("adaptive", "enabled"),
    "response_format": lambda body: body["output_config"]["format"]["schema"] == SCHEMA,
    "safety_identifier": lambda body: len(body["metadata"]["user_id"]) == 32,
    "service_tier": lambda body: body["service_tier"] == "standard_only",
    "stop": lambda body: body["stop_sequences"] == ["END"],
    "temperature": lambda body: body.get("temperature") == 0.4,
    "top_p": lambda body: body.get("top_p") == 0.8,
    "user": lambda body: "somebody" not in body["metadata"]["user_id"],
    "tools": lambda body: [tool["name"] for tool in body["tools"]] == ["f"],
    "tool_choice": lambda body: body["tool_choice"]["type"] == "any",
    "parallel_tool_calls": lambda body: body["tool_choice"]["disable_parallel_tool_use"] is True,
    "functions": lambda body: [tool["name"] for tool in body["tools"]] == ["f"],
    "function_call": lambda body: (
        body.get("tool_choice") == {"type": "tool", "name": "f", "disable_parallel_tool_use": True}
    ),
}


def config(name: str, value: Any) -> Callable[[dict[str, Any]], bool]:
    return lambda body: body["generationConfig"].get(name) == value


def declared(body: dict[str, Any]) -> bool:
    return [function["name"] for function in body["tools"][0]["functionDeclarations"]] == ["f"]


GEMINI: Carried = {
    "frequency_penalty": config("frequencyPenalty", 0.3),
    "logprobs": config("responseLogprobs", True),
    "max_completion_tokens": config("maxOutputTokens", 3000),
    "max_tokens": config("maxOutputTokens", 3000),
    "presence_penalty": config("presencePenalty", -0.2),
    "reasoning_effort": lambda body: body["generationConfig"]["thinkingConfig"]["includeThoughts"],
    "response_format": config("responseJsonSchema", SCHEMA),
    "seed": config("seed", 7),
    "stop": config("stopSequences", ["END"]),
    "temperature": config("temperature", 0.4),
    "top_logprobs": config("logprobs", 2),
    "top_p": config("topP", 0.8),
    "tools": declared,
    "tool_choice": lambda body: body["toolConfig"]["functionCallingConfig"] == {"mode": "ANY"},
    "functions": declared,
    "function_call": lambda body: (
        body["toolConfig"]["functionCallingConfig"] == {"mode": "ANY", "allowedFunctionNames": ["f"]}
    ),
}


def as_it_was(name: str, value: Any) -> Callable[[dict[str, Any]], bool]:
    if name == "max_tokens":  # the newer name stands for both
        return lambda body: name not in body and body["max_completion_tokens"] == value
    return lambda body: body.get(name) == value


GPT: Carried = {name: as_it_was(name, value) for name, value in (EVERY | TOOLS | OLDER).items()}
CARRIED = dict(zip(PROVIDERS, (GPT, CLAUDE, GEMINI), strict=True))


def own_models(provider: str) -> list[str]:
    """The models of a provider, each once; all families of OpenAI's are among them."""
    known = catalog.load()
    return [name for name in known.of_provider(provider) if name not in known.aliases]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("variant", [TOOLS, OLDER, {}], ids=["tools", "functions", "without"])
@pytest.mark.parametrize("provider", PROVIDERS)
async def test_every_parameter_is_carried_or_said_to_be_dropped(
    three: Stack, provider: str, variant: dict[str, Any], stream: bool
) -> None:
    asked = EVERY | variant
    if stream:
        asked = asked | {"stream_options": {"include_usage": True, "include_obfuscation": False}}
    for model in own_models(provider):
        said = await ask(three, model, ASK, stream=stream, **asked)
        assert said.text, model
        body, dropped = three.provider.ledger[-1]["body"], said.metadata.get("dropped_params", [])
        assert len(dropped) == len({*dropped}), model
        assert {*dropped} <= asked.keys() - NEUTRAL, model
        for name in asked.keys() - NEUTRAL:
            carried = name in CARRIED[provider] and CARRIED[provider][name](body)
            assert carried != (name in dropped), f"{model}: {name}"
    assert {entry["status"] for entry in three.provider.ledger} == {200}


@pytest.mark.parametrize("stream", [False, True])
async def test_of_two_limits_the_newer_name_s_holds(three: Stack, stream: bool) -> None:
    for model in ("gpt-4o", "gpt-5"):
        said = await ask(three, model, ASK, stream=stream, max_tokens=100, max_completion_tokens=200)
        assert three.provider.ledger[-1]["body"]["max_completion_tokens"] == 200
        assert said.metadata["dropped_params"] == ["max_tokens"]


@pytest.mark.parametrize("stream", [False, True])
async def test_a_chat_that_lost_a_parameter_is_not_said_to_be_raw(three: Stack, stream: bool) -> None:
    for more, raw in (({}, True), ({"temperature": 0.1}, False), ({"max_tokens": 100}, False)):
        await ask(three, "gpt-5", [{"role": "user", "content": f"Say so: {more}"}], stream=stream, **more)
        await until(lambda: bool(three.finished))
        assert three.finished.pop().raw is raw, more
