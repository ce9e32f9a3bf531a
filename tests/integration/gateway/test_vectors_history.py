"""What a model refuses is mended, and a history goes to whichever provider answers next. Numbers as in the test vectors."""

from pathlib import Path
from typing import Any

import pytest

from services.gateway.translate.google_contents import NO_SIGNATURE
from tests.fake_provider.answer import sign
from tests.fake_provider.script import Step
from tests.fixtures.gateway import Stack
from tests.fixtures.three_providers import (
    MODELS,
    OLDER,
    PAIRS,
    PROVIDERS,
    Said,
    another_gateway,
    ask,
    calls_sent,
    results_sent,
    texts_sent,
)

EITHER = pytest.mark.parametrize("stream", [False, True])
EACH_PAIR = pytest.mark.parametrize(("first", "then"), PAIRS)
ASK: list[Any] = [{"role": "user", "content": "What is the weather in Malmö and in Lund?"}]
WEATHER = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS = [{"type": "function", "function": {"name": "weather", "parameters": WEATHER}}]
RESULTS = ('{"sky": "clear"}', "It rains, 12 °C.")


def step(*ids: str, thinking: str | None = None) -> Step:
    cities = ('{"city":"Malmö"}', '{"city":"Lund"}')
    calls = [
        {"id": identity, "type": "function", "function": {"name": "weather", "arguments": city}}
        for identity, city in zip(ids, cities, strict=True)
    ]
    return Step(tool_calls=calls, thinking=thinking)


def answered(message: dict[str, Any]) -> list[Any]:
    """The conversation so far: the question, the calls, and their results."""
    made = zip(message["tool_calls"], RESULTS, strict=True)
    return [*ASK, message, *({"role": "tool", "tool_call_id": c["id"], "content": said} for c, said in made)]


def check_history(stack: Stack, provider: str, said: Said) -> None:
    """The provider that was asked last has seen both calls and both results, and which belongs to which."""
    body = stack.provider.ledger[-1]["body"]
    calls, results = calls_sent(provider, body), results_sent(provider, body)
    assert [(name, args) for _, name, args in calls] == said.called
    assert [identity for identity, _ in results] == [identity for identity, *_ in calls]
    assert len({identity for identity, *_ in calls}) == 2
    assert [text for _, text in results] == list(RESULTS)


@EITHER
async def test_vector_10_temperature_goes_to_no_model_that_refuses_it(three: Stack, stream: bool) -> None:
    said = await ask(three, "claude-opus-5-5", ASK, stream=stream, temperature=0.2, top_p=0.9)
    assert said.text
    assert said.metadata["dropped_params"] == ["temperature", "top_p"]
    said = await ask(three, "claude-haiku-4-5", ASK, stream=stream, temperature=1.4)
    assert three.provider.ledger[-1]["body"]["temperature"] == 1
    assert said.metadata["dropped_params"] == ["temperature"]


@EITHER
@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "weather"}}])
async def test_vector_10_a_forced_tool_is_left_to_a_model_that_refuses_to_be_forced(
    three: Stack, choice: Any, stream: bool
) -> None:
    said = await ask(three, "claude-sonnet-5-5", ASK, stream=stream, tools=TOOLS, tool_choice=choice)
    assert said.metadata["dropped_params"] == ["tool_choice"]
    said = await ask(three, "claude-sonnet-4-6", ASK, stream=stream, tools=TOOLS, tool_choice=choice)
    assert three.provider.ledger[-1]["body"]["tool_choice"]["type"] in ("any", "tool")
    assert "dropped_params" not in said.metadata


@EITHER
async def test_vector_10_a_prefill_becomes_an_instruction_where_it_is_refused(three: Stack, stream: bool) -> None:
    begun = [*ASK, {"role": "assistant", "content": "The sky over Malmö is "}]
    assert (await ask(three, "claude-sonnet-4-6", begun, stream=stream)).text
    messages = three.provider.ledger[-1]["body"]["messages"]
    assert messages[-1]["role"] == "user"
    assert any("The sky over Malmö is" in text for text in texts_sent(messages))
    assert (await ask(three, "claude-sonnet-4-5", begun, stream=stream)).text
    assert three.provider.ledger[-1]["body"]["messages"][-1]["role"] == "assistant"
    for model in ("gpt-4o", "gemini-3.8-flash"):
        assert (await ask(three, model, begun, stream=stream)).text


@EITHER
async def test_vector_10_max_tokens_has_another_name_for_gpt_5(three: Stack, stream: bool) -> None:
    for model in ("gpt-5", "o3", "gpt-6.1-sol"):
        assert (await ask(three, model, ASK, stream=stream, max_tokens=500)).text
        body = three.provider.ledger[-1]["body"]
        assert (body["max_completion_tokens"], "max_tokens" in body) == (500, False)


@EITHER
@EACH_PAIR
async def test_vector_11_ids_with_dots_and_colons(three: Stack, first: str, then: str, stream: bool) -> None:
    ids = ("functions.weather:0", "functions_weather_0")
    three.provider.script.add(MODELS[first], [step(*ids)])
    said = await ask(three, MODELS[first], ASK, stream=stream, tools=TOOLS)
    assert [call["id"] for call in said.calls] == list(ids)
    assert (await ask(three, MODELS[then], answered(said.standard), stream=stream, tools=TOOLS)).text
    check_history(three, then, said)


@EITHER
@EACH_PAIR
async def test_vector_12_a_history_of_tools_goes_to_any_provider(
    three: Stack, first: str, then: str, stream: bool
) -> None:
    for models in (MODELS, OLDER):
        three.provider.script.add(models[first], [step("call_1", "call_2", thinking="Two cities.")])
        said = await ask(three, models[first], ASK, stream=stream, tools=TOOLS)
        for message in (said.message, said.standard):
            for model in (MODELS[then], OLDER[then]):
                assert (await ask(three, model, answered(message), stream=stream, tools=TOOLS)).text
                check_history(three, then, said)
            # Also where the client does not name its tools again.
            assert (await ask(three, MODELS[then], answered(message), stream=stream)).text
            check_history(three, then, said)


@EITHER
@pytest.mark.parametrize("model", ["gemini-3.8-flash", "gemini-4-argon", "gemini-3.1-pro-preview"])
async def test_vector_13_a_thought_s_signature_comes_back_though_the_client_drops_it(
    three: Stack, tmp_path: Path, model: str, stream: bool
) -> None:
    three.provider.script.add(model, [step("call_1", "call_2", thinking="Two cities.")])
    said = await ask(three, model, ASK, stream=stream, tools=TOOLS)
    signed = said.calls[0]["extra_content"]["google"]["thought_signature"]
    assert signed == sign("Two cities.")
    for message in (said.message, said.standard):
        assert (await ask(three, model, answered(message), stream=stream, tools=TOOLS)).text
        assert three.provider.ledger[-1]["signatures"] == [signed]
        check_history(three, "google", said)
    async with another_gateway(three, tmp_path) as url:
        assert (await ask(three, model, answered(said.standard), stream=stream, tools=TOOLS, base_url=url)).text
    assert three.provider.ledger[-1]["signatures"] == [signed]


@EITHER
async def test_vector_13_another_model_s_signature_is_not_shown_to_this_one(three: Stack, stream: bool) -> None:
    three.provider.script.add("gemini-3.8-flash", [step("call_1", "call_2")])
    said = await ask(three, "gemini-3.8-flash", ASK, stream=stream, tools=TOOLS)
    assert (await ask(three, "gemini-4-argon", answered(said.standard), stream=stream, tools=TOOLS)).text
    assert three.provider.ledger[-1]["signatures"] == [NO_SIGNATURE]


@EITHER
@pytest.mark.parametrize("effort", [None, "medium"])
@pytest.mark.parametrize("model", ["claude-opus-5-5", "claude-sonnet-4-6", "claude-haiku-4-5"])
async def test_vector_13_thinking_comes_back_to_anthropic_in_the_same_way(
    three: Stack, tmp_path: Path, model: str, effort: str | None, stream: bool
) -> None:
    more: dict[str, Any] = {"tools": TOOLS, **({"reasoning_effort": effort} if effort else {})}
    three.provider.script.add(model, [step("toolu_1", "toolu_2", thinking="Two cities.")])
    said = await ask(three, model, ASK, stream=stream, **more)
    shown = [sign("Two cities.")] if effort or "4-5" not in model else []
    for message in (said.message, said.standard):
        assert (await ask(three, model, answered(message), stream=stream, **more)).text
        assert three.provider.ledger[-1]["signatures"] == shown
        check_history(three, "anthropic", said)
    async with another_gateway(three, tmp_path) as url:
        assert (await ask(three, model, answered(said.standard), stream=stream, base_url=url, **more)).text
    assert three.provider.ledger[-1]["signatures"] == shown


@EITHER
@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_history_that_nobody_here_has_seen_is_taken(three: Stack, provider: str, stream: bool) -> None:
    calls = [{"id": f"x{i}", "type": "function", "function": {"name": "weather", "arguments": "{}"}} for i in (1, 2)]
    history = answered({"role": "assistant", "content": None, "tool_calls": calls})
    for model in (MODELS[provider], OLDER[provider]):
        for effort in ({}, {"reasoning_effort": "high"}):
            assert (await ask(three, model, history, stream=stream, tools=TOOLS, **effort)).text
