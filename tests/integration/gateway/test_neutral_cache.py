"""The exact cache for the Messages and Gemini APIs: fresh ids, streams out of whole answers and the other way round."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from anthropic import AsyncAnthropic

from tests.fake_provider.script import Step
from tests.fixtures.gateway import Stack
from tests.fixtures.three_providers import MODELS, three_providers
from tests.integration.gateway.test_single_flight import played

GEMINI, GPT, CLAUDE = MODELS["google"], MODELS["openai"], MODELS["anthropic"]
CALL = {"id": "call_1", "type": "function", "function": {"name": "tide", "arguments": '{"port": "Tórshavn"}'}}
TOOL: Any = {"name": "tide", "input_schema": {"type": "object", "properties": {"port": {"type": "string"}}}}
ASKED: dict[str, Any] = {"max_tokens": 300, "messages": [{"role": "user", "content": "When?"}], "tools": [TOOL]}


@pytest.fixture
async def caching(tmp_path: Path) -> AsyncIterator[Stack]:
    async with three_providers(tmp_path) as stack:
        await played(stack)
        yield stack


async def ask(stack: Stack, model: str, *, stream: bool, **fields: Any) -> tuple[dict[str, Any], str]:
    """A message without what is new each time, and its id."""
    async with AsyncAnthropic(api_key=stack.api_key, base_url=stack.url, max_retries=0) as anthropic:
        if stream:
            async with anthropic.messages.stream(model=model, **{**ASKED, **fields}) as events:
                found = await events.get_final_message()
        else:
            found = await anthropic.messages.create(model=model, **{**ASKED, **fields})
    said = found.model_dump(exclude={"id", "usage", "promptly_metadata"}, exclude_none=True)
    return said, found.id


@pytest.mark.parametrize("model", [CLAUDE, GPT, GEMINI])
@pytest.mark.parametrize("first", [False, True])
async def test_a_repeat_is_served_whole_and_as_a_stream(caching: Stack, model: str, first: bool) -> None:
    step = Step(content="I look it up.", thinking="The port has a table.", tool_calls=[CALL])
    caching.provider.script.add(model, [step])
    said, identity = await ask(caching, model, stream=first)
    await asyncio.sleep(0.05)
    whole, second = await ask(caching, model, stream=False)
    streamed, third = await ask(caching, model, stream=True)
    assert whole == streamed == said
    assert len({identity, second, third}) == 3
    assert [block["type"] for block in said["content"]][-1] == "tool_use"
    assert len(caching.provider.ledger) == 1
    assert [event.status for event in caching.finished] == ["success", "cached", "cached"]


@pytest.mark.parametrize(
    "fields",
    [
        {"extra_body": {"temperature": 1.5}},
        {"messages": [{"role": "user", "content": "Then?"}]},
        {"extra_headers": {"anthropic-beta": "another-2026-01-01"}},
        {"system": "Be brief."},
    ],
    ids=lambda fields: next(iter(fields)),
)
async def test_another_request_is_no_repeat(caching: Stack, fields: dict[str, Any]) -> None:
    caching.provider.strict = False
    await ask(caching, CLAUDE, stream=False)
    await asyncio.sleep(0.05)
    await ask(caching, CLAUDE, stream=False, **fields)
    await ask(caching, CLAUDE, stream=False, metadata={"user_id": "somebody else"})
    assert len(caching.provider.ledger) == 2


@pytest.mark.parametrize("model", [GEMINI, CLAUDE])
@pytest.mark.parametrize("first", [False, True])
async def test_gemini_clients_get_their_repeat(caching: Stack, model: str, first: bool) -> None:
    models = caching.google().models
    caching.provider.script.add(model, [Step(content="At noon. And at midnight.", thinking="Twice a day.")])

    async def said(stream: bool) -> str:
        if not stream:
            return str((await models.generate_content(model=model, contents="When?")).text)
        chunks = await models.generate_content_stream(model=model, contents="When?")
        return "".join([chunk.text or "" async for chunk in chunks])

    found = [await said(first)]
    await asyncio.sleep(0.05)
    found += [await said(False), await said(True)]
    assert found == ["At noon. And at midnight."] * 3
    assert len(caching.provider.ledger) == 1
