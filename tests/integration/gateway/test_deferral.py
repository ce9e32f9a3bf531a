"""Requests that can wait: to the provider's slower tier, back to the usual one where it has no room, and what the receipt says."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from openai import APIError, AsyncOpenAI, BadRequestError

from libs.common.contracts.auth import OptimizationSettings
from tests.fake_provider.script import Step
from tests.fixtures.gateway import Stack
from tests.fixtures.nats import until
from tests.fixtures.three_providers import MODELS, three_providers

MODEL = MODELS["openai"]
PLAIN = OptimizationSettings(cache_enabled=False, routing_mode="manual")
WAIT = {"x-promptly-deadline": "30m"}
SAID: Any = [{"role": "user", "content": "Name the harbours of the east coast, from north to south."}]


@pytest.fixture
async def stack(tmp_path: Path) -> AsyncIterator[Stack]:
    async with three_providers(tmp_path) as found:
        found.change(settings=PLAIN)
        yield found


async def ask(stack: Stack, api: str, headers: dict[str, str] = WAIT, model: str = MODEL, **more: Any) -> str | None:
    """Ask once and return the tier that the client is told of; None for a stream that names none."""
    async with AsyncOpenAI(api_key=stack.api_key, base_url=f"{stack.url}/v1", max_retries=0) as client:
        if api == "chat":
            chat = await client.chat.completions.create(model=model, messages=SAID, extra_headers=headers, **more)
            if not more.get("stream"):
                return str(chat.service_tier)
            return [None if piece.service_tier is None else str(piece.service_tier) async for piece in chat][-1]
        made = await client.responses.create(model=model, input=SAID, extra_headers=headers, **more)
        if not more.get("stream"):
            return str(made.service_tier)
        return [str(event.response.service_tier) async for event in made if event.type == "response.completed"][-1]


def tiers(stack: Stack) -> list[str | None]:
    """The tier that each call asked the provider for."""
    return [entry["body"].get("service_tier") for entry in stack.provider.ledger]


@pytest.mark.parametrize("api", ["chat", "responses"])
@pytest.mark.parametrize("stream", [False, True])
async def test_half_is_paid_and_the_receipt_says_so(stack: Stack, api: str, stream: bool) -> None:
    assert await ask(stack, api, **({"stream": True} if stream else {})) == "flex"
    await until(lambda: stack.finished)
    [event], [entry] = stack.finished, stack.provider.ledger
    assert tiers(stack) == ["flex"]
    assert event.actual_cost_nano == entry["nano_usd"]
    assert event.service_tier == "flex"
    assert [(share.lever, share.tokens) for share in event.levers] == [("deferral", 0)]
    assert event.baseline_cost_nano is not None
    assert event.levers[0].nano_usd == event.baseline_cost_nano - entry["nano_usd"] > 0
    assert abs(event.baseline_cost_nano - 2 * entry["nano_usd"]) <= 1


@pytest.mark.parametrize("status", [408, 429, 503])
@pytest.mark.parametrize("api", ["chat", "responses"])
async def test_no_room_on_it_means_the_usual_one_at_once(stack: Stack, api: str, status: int) -> None:
    stack.provider.script.add(MODEL, [Step(status=status, code="resource_unavailable", retry_after=40)])
    assert await ask(stack, api) == "default"
    await until(lambda: stack.finished)
    [event] = stack.finished
    assert tiers(stack) == ["flex", None]
    assert event.actual_cost_nano == event.baseline_cost_nano == stack.provider.ledger[-1]["nano_usd"]
    assert event.levers == ()
    # It says nothing of the key: the next request is answered, and tries the slower tier again.
    assert await ask(stack, api) == "flex"


async def test_no_room_on_either_is_the_provider_s_error(stack: Stack) -> None:
    stack.provider.script.add(MODEL, [Step(status=429), Step(status=429, message="Slow down.")])
    with pytest.raises(APIError, match="Slow down"):
        await ask(stack, "chat")
    assert tiers(stack) == ["flex", None]


async def test_a_model_without_it_is_asked_once_and_remembered(stack: Stack) -> None:
    message = "Invalid service_tier argument."
    stack.provider.script.add("gpt-4o", [Step(status=400, message=message, param="service_tier")])
    assert await ask(stack, "chat", model="gpt-4o") == "default"
    assert tiers(stack) == ["flex", None]
    assert await ask(stack, "chat", model="gpt-4o") == "default"
    assert tiers(stack) == ["flex", None, None]


async def test_what_was_served_is_what_counts(stack: Stack) -> None:
    stack.provider.script.add(MODEL, [Step(served_tier="default")])
    await ask(stack, "chat")
    await until(lambda: stack.finished)
    [event] = stack.finished
    assert event.actual_cost_nano == event.baseline_cost_nano == stack.provider.ledger[0]["nano_usd"]


@pytest.mark.parametrize(
    ("headers", "more", "settings"),
    [
        ({}, {}, PLAIN),
        ({"x-promptly-deadline": "299s"}, {}, PLAIN),
        (WAIT, {"service_tier": "default"}, PLAIN),
        (WAIT, {"service_tier": "auto"}, PLAIN),
        (WAIT, {}, OptimizationSettings(cache_enabled=False, routing_mode="manual", deferral=False)),
    ],
)
@pytest.mark.parametrize("api", ["chat", "responses"])
async def test_nobody_waits_who_did_not_say_so(
    stack: Stack, api: str, headers: dict[str, str], more: dict[str, Any], settings: OptimizationSettings
) -> None:
    stack.change(settings=settings)
    await ask(stack, api, headers, **more)
    assert tiers(stack) == [more.get("service_tier")]


async def test_another_provider_has_no_such_tier(stack: Stack) -> None:
    async with AsyncOpenAI(api_key=stack.api_key, base_url=f"{stack.url}/v1", max_retries=0) as client:
        await client.chat.completions.create(model=MODELS["anthropic"], messages=SAID, extra_headers=WAIT)
    assert tiers(stack) == [None]


@pytest.mark.parametrize("value", ["", "soon", "0", "25h", "-5m", "1.5h", "30 m", "٣m", "9" * 400])
async def test_a_deadline_that_means_nothing_is_refused(stack: Stack, value: str) -> None:
    with pytest.raises((BadRequestError, UnicodeEncodeError)) as caught:
        await ask(stack, "chat", {"x-promptly-deadline": value})
    if isinstance(caught.value, BadRequestError):
        assert "x-promptly-deadline" in caught.value.message
    assert stack.provider.ledger == []
