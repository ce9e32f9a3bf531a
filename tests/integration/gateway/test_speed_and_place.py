"""Claude's fast mode and inference in one place cost more, whatever was asked for: the receipt is by what the answer says."""

from typing import Any

import pytest
from anthropic import AsyncAnthropic
from openai import AsyncOpenAI

from tests.fake_provider.script import Step
from tests.fixtures.gateway import Stack
from tests.fixtures.nats import until
from tests.fixtures.three_providers import three  # noqa: F401

FAST, OTHER = "claude-opus-5", "claude-opus-5-5"
ASK: Any = [{"role": "user", "content": "When is low tide?"}]


async def chat(stack: Stack, model: str, stream: bool) -> None:
    client = stack.client()
    options: Any = {"stream_options": {"include_usage": True}} if stream else {}
    answer = await client.chat.completions.create(model=model, messages=ASK, stream=stream, **options)
    if stream:
        async for _ in answer:
            pass


async def message(stack: Stack, model: str, stream: bool) -> None:
    async with AsyncAnthropic(api_key=stack.api_key, base_url=stack.url, max_retries=0) as client:
        answer = await client.messages.create(model=model, max_tokens=500, messages=ASK, stream=stream)
        if stream:
            async for _ in answer:
                pass


async def response(stack: Stack, model: str, stream: bool) -> None:
    async with AsyncOpenAI(api_key=stack.api_key, base_url=f"{stack.url}/v1", max_retries=0) as client:
        answer = await client.responses.create(model=model, input="When is low tide?", stream=stream)
        if stream:
            async for _ in answer:
                pass


async def generate(stack: Stack, model: str, stream: bool) -> None:
    models = stack.google().models
    if stream:
        async for _ in await models.generate_content_stream(model=model, contents="When is low tide?"):
            pass
    else:
        await models.generate_content(model=model, contents="When is low tide?")


async def costs(stack: Stack) -> tuple[int | None, int | None]:
    """The receipt's, and the provider's."""
    await until(lambda: stack.finished)
    (event,) = stack.finished
    return event.actual_cost_nano, stack.provider.ledger[-1]["nano_usd"]


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("ask", [chat, message, response, generate])
@pytest.mark.parametrize(
    ("speed", "geo", "times"),
    [(None, None, 10), ("standard", "global", 10), (None, "us", 11), ("fast", None, 20), ("fast", "us", 22)],
)
async def test_the_receipt_is_the_providers_bill(
    three: Stack,  # noqa: F811
    ask: Any,
    stream: bool,
    speed: str | None,
    geo: str | None,
    times: int,
) -> None:
    step = Step(
        speed=speed, geo=geo, prompt_tokens=1000, cached_tokens=400, cache_write_tokens=100, completion_tokens=80
    )
    three.provider.script.add(FAST, [step])
    await ask(three, FAST, stream)
    paid, billed = await costs(three)
    # Per million: 5 dollars for input, 25 for output, a tenth of input for what was cached, 1.25 times it to write there.
    usual = 500 * 5_000 + 400 * 500 + 100 * 6_250 + 80 * 25_000
    assert paid == billed == usual * times // 10


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("ask", [chat, message, response, generate])
@pytest.mark.parametrize(("speed", "geo"), [("fast", "us"), ("ludicrous", None), (None, "eu"), ("standard", "mars")])
async def test_what_nobody_knows_a_price_of_is_not_guessed(
    three: Stack,  # noqa: F811
    ask: Any,
    stream: bool,
    speed: str | None,
    geo: str | None,
) -> None:
    three.provider.script.add(OTHER, [Step(speed=speed, geo=geo)])
    await ask(three, OTHER, stream)
    assert (await costs(three))[0] is None
