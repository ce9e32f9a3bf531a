"""Breakpoints of ours against the played provider's prompt cache: its bill is on the receipt, and what was saved a line of its own."""

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from anthropic import AsyncAnthropic
from openai import AsyncOpenAI

from libs.common.contracts.auth import OptimizationSettings
from tests.fake_provider import meter
from tests.fake_provider.meter import Usage
from tests.fake_provider.prefix_cache import PrefixCache
from tests.fake_provider.script import Step
from tests.fixtures.gateway import Stack
from tests.fixtures.nats import until
from tests.fixtures.three_providers import MODELS, three_providers

CLAUDE = MODELS["anthropic"]
SYSTEM = "You keep the harbour's book. " + "Every ship has a berth, a draught and a flag. " * 260
ON = OptimizationSettings(cache_enabled=False, routing_mode="manual")
TOOLS: Any = [
    {"name": "berth", "description": "Look a berth up.", "input_schema": {"type": "object", "properties": {}}}
]


@pytest.fixture
async def caching(tmp_path: Path) -> AsyncIterator[Stack]:
    async with three_providers(tmp_path) as stack:
        stack.provider.prefix_cache = PrefixCache(time.monotonic)
        stack.change(settings=ON)
        yield stack


async def message(stack: Stack, turns: int, **more: Any) -> None:
    """One more call of a conversation that has had so many turns."""
    said: list[Any] = []
    for turn in range(turns):
        said += [
            {"role": "user", "content": f"Which ship lies at berth {turn}? " * 30},
            {"role": "assistant", "content": f"The Selma lies at berth {turn}."},
        ]
    said.append({"role": "user", "content": "And the next?"})
    async with AsyncAnthropic(api_key=stack.api_key, base_url=stack.url, max_retries=0) as client:
        asked: Any = {"max_tokens": 200, "messages": said, "system": SYSTEM, "tools": TOOLS, **more}
        await client.messages.create(model=CLAUDE, **asked)


def billed(stack: Stack) -> list[tuple[Usage, int]]:
    """What the provider says of each call: its tokens, and its bill in nano-dollars."""
    return [(Usage(**entry["tokens"]), entry["nano_usd"]) for entry in stack.provider.ledger]


async def test_a_conversation_is_read_from_the_cache_and_the_receipt_says_so(caching: Stack) -> None:
    for turns in range(4):
        await message(caching, turns)
    await until(lambda: len(caching.finished) == 4)
    for (used, nano), event in zip(billed(caching), caching.finished, strict=True):
        plain = meter.bill_usage(CLAUDE, Usage(used.prompt, 0, 0, 0, used.output_text, used.output_reasoning)) or 0
        assert (event.actual_cost_nano, event.baseline_cost_nano) == (nano, plain)
        [share] = event.levers
        assert (share.lever, share.tokens, share.nano_usd) == ("cache_discount", 0, plain - nano)
    first, *others = billed(caching)
    assert first[0].cache_write_5m > 2_000
    assert (caching.finished[0].levers[0].nano_usd or 0) < 0
    for used, _ in others:
        assert used.cache_read > 2_000
    assert sum(event.levers[0].nano_usd or 0 for event in caching.finished) > 0


async def test_a_client_s_own_breakpoints_are_its_own_affair(caching: Stack) -> None:
    system = [{"type": "text", "text": SYSTEM, "cache_control": {"type": "ephemeral", "ttl": "1h"}}]
    await message(caching, 2, system=system)
    await until(lambda: caching.finished)
    [event] = caching.finished
    assert caching.provider.ledger[0]["body"]["system"] == system
    assert event.tokens.cache_write_1h > 2_000
    assert event.levers == ()
    assert event.baseline_cost_nano == event.actual_cost_nano


@pytest.mark.parametrize(
    "settings",
    [msgspec.structs.replace(ON, prefix_caching=False), msgspec.structs.replace(ON, level="off")],
    ids=["switch", "level"],
)
async def test_it_can_be_switched_off(caching: Stack, settings: OptimizationSettings) -> None:
    caching.change(settings=settings)
    await message(caching, 2)
    assert "cache_control" not in str(caching.provider.ledger[0]["body"])


async def test_a_chat_s_conversation_is_cached_too(caching: Stack) -> None:
    said: list[Any] = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": "Which ship?"}]
    async with AsyncOpenAI(api_key=caching.api_key, base_url=f"{caching.url}/v1", max_retries=0) as client:
        for turn in range(3):
            answer = await client.chat.completions.create(model=CLAUDE, messages=said)
            said += [answer.choices[0].message.model_dump(include={"role", "content"})]
            said += [{"role": "user", "content": f"And after {turn}?"}]
    await until(lambda: len(caching.finished) == 3)
    for (used, nano), event in zip(billed(caching), caching.finished, strict=True):
        assert event.actual_cost_nano == nano
        assert event.baseline_cost_nano is not None
        assert sum(share.nano_usd or 0 for share in event.levers) == event.baseline_cost_nano - nano
        assert used.cache_read or used.cache_write_5m
    assert caching.finished[-1].tokens.cache_read > 2_000


async def test_a_server_that_refuses_breakpoints_is_asked_without(caching: Stack) -> None:
    refusal = "system.0.cache_control: Extra inputs are not permitted"
    caching.provider.script.add(CLAUDE, [Step(status=400, code="invalid_request_error", message=refusal)])
    await message(caching, 2)
    await message(caching, 3)
    bodies = [str(entry["body"]) for entry in caching.provider.ledger]
    assert ["cache_control" in body for body in bodies] == [True, False, False]
    await until(lambda: len(caching.finished) == 2)
    assert [event.status for event in caching.finished] == ["success", "success"]
