"""Aliases through real clients: which model answers, what happens where it fails, and what the receipt says."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from anthropic import AsyncAnthropic
from openai import APIStatusError, AsyncOpenAI

from libs.common.contracts.auth import ModelAlias, OptimizationSettings, WeightedModel
from tests.fake_provider.script import Step
from tests.fixtures.gateway import Stack
from tests.fixtures.nats import until
from tests.fixtures.three_providers import MODELS, three_providers

FIRST, SECOND, THIRD = MODELS["openai"], MODELS["anthropic"], MODELS["google"]
ALIASES = {
    "fast": ModelAlias(models=(WeightedModel(model=FIRST),), fallbacks=(SECOND, THIRD)),
    "canary": ModelAlias(models=(WeightedModel(model=FIRST), WeightedModel(model=SECOND))),
}
SETTINGS = OptimizationSettings(cache_enabled=False, level="off")


@pytest.fixture
async def stack(tmp_path: Path) -> AsyncIterator[Stack]:
    async with three_providers(tmp_path) as found:
        found.change(settings=SETTINGS, aliases=ALIASES)
        yield found


def models(stack: Stack) -> list[str]:
    return [entry["model"] for entry in stack.provider.ledger]


async def chat(stack: Stack, model: str = "fast", said: str = "Name a harbour.", **more: Any) -> str:
    async with AsyncOpenAI(api_key=stack.api_key, base_url=f"{stack.url}/v1", max_retries=0) as client:
        messages: Any = [{"role": "user", "content": said}]
        answer = await client.chat.completions.create(model=model, messages=messages, **more)
        if more.get("stream"):
            return "".join([chunk.choices[0].delta.content or "" async for chunk in answer if chunk.choices])
        return str(answer.choices[0].message.content)


async def message(stack: Stack) -> None:
    async with AsyncAnthropic(api_key=stack.api_key, base_url=stack.url, max_retries=0) as client:
        said: Any = [{"role": "user", "content": "Name a harbour."}]
        await client.messages.create(model="fast", max_tokens=50, messages=said)


async def response(stack: Stack) -> None:
    async with AsyncOpenAI(api_key=stack.api_key, base_url=f"{stack.url}/v1", max_retries=0) as client:
        await client.responses.create(model="fast", input="Name a harbour.")


async def generate(stack: Stack) -> None:
    await stack.google().models.generate_content(model="fast", contents="Name a harbour.")


@pytest.mark.parametrize("ask", [chat, message, response, generate])
@pytest.mark.parametrize("failing", [0, 1, 2])
async def test_every_api_takes_an_alias_and_goes_on_where_a_model_fails(stack: Stack, ask: Any, failing: int) -> None:
    for model in (FIRST, SECOND)[:failing]:
        stack.provider.script.add(model, [Step(status=429, message="Slow down.")])
    await ask(stack)
    await until(lambda: stack.finished)
    [event] = stack.finished
    served = (FIRST, SECOND, THIRD)[failing]
    assert models(stack) == [FIRST, SECOND, THIRD][: failing + 1]
    assert (event.alias, event.baseline_model, event.routed_model) == ("fast", FIRST, served)
    assert (event.status, event.fallback_used) == (("fallback", True) if failing else ("success", False))
    # Nothing was saved or lost against a model that failed.
    assert event.actual_cost_nano == event.baseline_cost_nano == stack.provider.ledger[-1]["nano_usd"]
    assert event.levers == ()


async def test_a_stream_goes_on_with_the_next_model_before_it_has_said_anything(stack: Stack) -> None:
    stack.provider.script.add(FIRST, [Step(status=503, repeat=2)])
    assert await chat(stack, stream=True)
    assert models(stack) == [FIRST, FIRST, SECOND]


async def test_a_request_that_is_wrong_is_wrong_at_once(stack: Stack) -> None:
    stack.provider.script.add(FIRST, [Step(status=400, message="That is wrong.")])
    with pytest.raises(APIStatusError, match="That is wrong"):
        await chat(stack)
    assert models(stack) == [FIRST]


async def test_one_that_is_too_long_for_a_model_may_fit_another(stack: Stack) -> None:
    stack.provider.script.add(FIRST, [Step(status=400, code="context_length_exceeded", message="Too long.")])
    assert await chat(stack)
    assert models(stack) == [FIRST, SECOND]


async def test_where_all_fail_the_last_error_is_told(stack: Stack) -> None:
    for model in (FIRST, SECOND, THIRD):
        stack.provider.script.add(model, [Step(status=429, message=f"{model} is limited.")])
    with pytest.raises(APIStatusError, match="gemini"):
        await chat(stack)
    await until(lambda: stack.finished)
    assert stack.finished[0].status == "error"


async def test_a_conversation_stays_on_its_model(stack: Stack) -> None:
    for n in range(8):
        for _ in range(3):
            await chat(stack, "canary", f"Name harbour number {n}.")
    found = models(stack)
    assert all(len({*found[at : at + 3]}) == 1 for at in range(0, len(found), 3))
    assert {*found} == {FIRST, SECOND}


async def test_the_router_leaves_an_alias_alone(stack: Stack) -> None:
    stack.change(settings=OptimizationSettings(cache_enabled=False, routing_mode="auto"))
    await chat(stack, said="What is the capital of Portugal?")
    assert models(stack) == [FIRST]


async def test_aliases_are_listed_and_an_unknown_name_is_still_unknown(stack: Stack) -> None:
    async with AsyncOpenAI(api_key=stack.api_key, base_url=f"{stack.url}/v1", max_retries=0) as client:
        listed: dict[str, Any] = {model.id: model async for model in client.models.list()}
        assert listed["fast"].alias_of == FIRST
        assert (await client.models.retrieve("canary")).id == "canary"
    with pytest.raises(APIStatusError) as refused:
        await chat(stack, "slow")
    assert refused.value.status_code == 404
