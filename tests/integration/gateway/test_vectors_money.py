"""Every class of token is billed at its own price, to the nano-dollar. The number is that of the list of test vectors."""

from dataclasses import dataclass
from typing import Any

import pytest

from tests.fake_provider.script import Step
from tests.fixtures.gateway import Stack
from tests.fixtures.nats import until
from tests.fixtures.three_providers import ask

ASK: list[Any] = [{"role": "user", "content": "Sum it up."}]
USED = {"prompt_tokens": 10_000, "completion_tokens": 700, "cached_tokens": 6_000, "reasoning_tokens": 200}


@dataclass
class Bill:
    """A scripted usage, and what it comes to; `nano` is worked out by hand, tokens times nano-dollars per token."""

    name: str
    model: str
    step: Step
    nano: int
    classes: tuple[int, int, int, int, int, int]


BILLS = [
    Bill(
        "OpenAI, read and written",
        "gpt-5.6",
        Step(**USED, cache_write_tokens=1_500),
        2_500 * 4_000 + 6_000 * 400 + 1_500 * 5_000 + 700 * 20_000,
        (2_500, 6_000, 1_500, 0, 500, 200),
    ),
    Bill(
        "OpenAI, fractions of a nano-dollar's class",
        "gpt-6-luna",
        Step(prompt_tokens=1_003, cached_tokens=1, cache_write_tokens=1, completion_tokens=3, reasoning_tokens=0),
        1_001 * 100 + 1 * 10 + 1 * 125 + 3 * 500,
        (1_001, 1, 1, 0, 3, 0),
    ),
    Bill(
        "OpenAI, no fee for writing",
        "gpt-4o",
        Step(prompt_tokens=10_000, completion_tokens=700, cached_tokens=6_000, reasoning_tokens=0),
        4_000 * 2_500 + 6_000 * 1_250 + 700 * 10_000,
        (4_000, 6_000, 0, 0, 700, 0),
    ),
    Bill(
        "OpenAI, long",
        "gpt-5.4",
        Step(prompt_tokens=272_001, completion_tokens=10, reasoning_tokens=0),
        272_001 * 5_000 + 10 * 22_500,
        (272_001, 0, 0, 0, 10, 0),
    ),
    Bill(
        "OpenAI, just not long",
        "gpt-5.4",
        Step(prompt_tokens=272_000, completion_tokens=10, reasoning_tokens=0),
        272_000 * 2_500 + 10 * 15_000,
        (272_000, 0, 0, 0, 10, 0),
    ),
    Bill(
        "Anthropic, read and written for five minutes and for an hour",
        "claude-sonnet-5",
        Step(**USED, cache_write_tokens=1_500, cache_write_1h_tokens=500),
        2_000 * 2_000 + 6_000 * 200 + 1_500 * 2_500 + 500 * 4_000 + 700 * 10_000,
        (2_000, 6_000, 1_500, 500, 500, 200),
    ),
    Bill(
        "Anthropic, long",
        "claude-haiku-5-5",
        Step(prompt_tokens=100_001, cached_tokens=90_000, completion_tokens=700, reasoning_tokens=0),
        10_001 * 500 + 90_000 * 50 + 700 * 2_500,
        (10_001, 90_000, 0, 0, 700, 0),
    ),
    Bill(
        "Google, read",
        "gemini-3.8-flash",
        Step(**USED),
        4_000 * 750 + 6_000 * 75 + 700 * 3_750,
        (4_000, 6_000, 0, 0, 500, 200),
    ),
    Bill(
        "Google, what it wrote is plain input",
        "gemini-3.8-flash",
        Step(**USED, cache_write_tokens=1_500),
        4_000 * 750 + 6_000 * 75 + 700 * 3_750,
        (4_000, 6_000, 0, 0, 500, 200),
    ),
    Bill(
        "Google, thoughts among the candidates' tokens",
        "gemini-2.5-flash",
        Step(**USED, thoughts_inclusive=True),
        4_000 * 300 + 6_000 * 30 + 700 * 2_500,
        (4_000, 6_000, 0, 0, 500, 200),
    ),
    Bill(
        "Google, long",
        "gemini-2.5-pro",
        Step(prompt_tokens=200_001, completion_tokens=700, reasoning_tokens=600),
        200_001 * 2_500 + 700 * 15_000,
        (200_001, 0, 0, 0, 100, 600),
    ),
]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("bill", BILLS, ids=lambda bill: bill.name)
async def test_vector_8_usage_with_the_cache_read_and_written(three: Stack, bill: Bill, stream: bool) -> None:
    three.provider.script.add(bill.model, [bill.step])
    more: dict[str, Any] = {"stream_options": {"include_usage": True}} if stream else {}
    said = await ask(three, bill.model, ASK, stream=stream, **more)
    await until(lambda: three.finished)
    event, (entry,) = three.finished[0], three.provider.ledger
    assert event.actual_cost_nano == entry["nano_usd"] == bill.nano
    assert event.baseline_cost_nano == bill.nano
    tokens = event.tokens
    assert (
        tokens.uncached_input,
        tokens.cache_read,
        tokens.cache_write_5m,
        tokens.cache_write_1h,
        tokens.output_text,
        tokens.output_reasoning,
    ) == bill.classes
    assert not event.estimated
    used = said.usage
    assert used.prompt_tokens == bill.step.prompt_tokens == said.metadata["optimized_tokens"]
    assert used.completion_tokens == bill.step.completion_tokens
    assert used.total_tokens == used.prompt_tokens + used.completion_tokens
    assert used.prompt_tokens_details.cached_tokens == bill.step.cached_tokens
    assert used.completion_tokens_details.reasoning_tokens == (bill.step.reasoning_tokens or 0)
