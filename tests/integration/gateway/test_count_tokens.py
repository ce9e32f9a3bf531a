"""Counts of tokens: by the provider that would serve, never by having the request answered."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from anthropic import AsyncAnthropic

from tests.fake_provider.script import Step
from tests.fixtures.gateway import Stack
from tests.fixtures.three_providers import MODELS, four_providers

GEMINI, GPT, CLAUDE, SERVER = MODELS["google"], MODELS["openai"], MODELS["anthropic"], "gpt-4o"
PATHS = {
    CLAUDE: "/v1/messages/count_tokens",
    GPT: "/v1/responses/input_tokens",
    GEMINI: f"/v1beta/models/{GEMINI}:countTokens",
}
PDF = {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0xLjQK"}
TOOLS: Any = [
    {"name": f"tool_{at}", "description": "Looks something up.", "input_schema": {"type": "object"}} for at in range(60)
]
MESSAGES: Any = [
    {"role": "user", "content": [{"type": "text", "text": "What is in it?"}, {"type": "document", "source": PDF}]}
]


@pytest.fixture
async def four(tmp_path: Path) -> AsyncIterator[Stack]:
    async with four_providers(tmp_path, SERVER) as found:
        yield found


async def post(stack: Stack, body: bytes, query: str = "") -> httpx.Response:
    headers = {"x-api-key": stack.api_key, "content-type": "application/json", "anthropic-version": "2023-06-01"}
    async with httpx.AsyncClient(timeout=20) as client:
        return await client.post(f"{stack.url}/v1/messages/count_tokens{query}", content=body, headers=headers)


def targets(stack: Stack) -> list[str]:
    return [entry["target"].partition("?")[0] for entry in stack.provider.ledger]


async def rows(stack: Stack, count: int) -> list[Any]:
    for _ in range(100):
        if len(stack.finished) >= count:
            break
        await asyncio.sleep(0.02)
    return stack.finished


@pytest.mark.parametrize("model", PATHS)
async def test_1_8_16_a_count_of_tools_and_a_document_generates_nothing(four: Stack, model: str) -> None:
    async with AsyncAnthropic(api_key=four.api_key, base_url=four.url, max_retries=0) as client:
        found = await client.messages.count_tokens(model=model, messages=MESSAGES, tools=TOOLS)
        again = await client.messages.count_tokens(model=model, messages=MESSAGES, tools=TOOLS)
    assert found.input_tokens == again.input_tokens > 60
    assert targets(four) == [PATHS[model]], "the second count is the first one's"
    for event in await rows(four, 2):
        assert (event.kind, event.status, event.actual_cost_nano, event.tokens.output) == ("count", "success", 0, 0)


async def test_a_count_passes_unchanged_to_anthropic(four: Stack) -> None:
    four.provider.strict = False
    body = json.dumps({"model": CLAUDE, "messages": MESSAGES, "foo": 1}, indent=1).encode()
    found = await post(four, body, "?beta=true")
    entry = four.provider.ledger[-1]
    assert (entry["sha256"], entry["target"]) == (
        hashlib.sha256(body).hexdigest(),
        "/v1/messages/count_tokens?beta=true",
    )
    assert "x-promptly-estimated" not in found.headers


@pytest.mark.parametrize("model", [SERVER, "nobody-knows"])
async def test_where_nobody_counts_there_is_an_estimate(four: Stack, model: str) -> None:
    found = await post(four, json.dumps({"model": model, "messages": MESSAGES, "tools": TOOLS}).encode())
    assert found.status_code == 200
    assert found.json()["input_tokens"] > 60
    assert found.headers["x-promptly-estimated"] == "1"
    assert targets(four) == []


@pytest.mark.parametrize("status", [404, 429, 500, 401])
async def test_a_provider_that_does_not_count_is_no_error(four: Stack, status: int) -> None:
    four.provider.script.add("/v1/messages/count_tokens", [Step(status=status)])
    found = await post(four, json.dumps({"model": CLAUDE, "messages": MESSAGES}).encode())
    assert found.status_code == 200
    assert found.headers["x-promptly-estimated"] == "1"


async def test_4_7_11_gemini_counts(four: Stack) -> None:
    models = four.google().models
    for model in (GEMINI, CLAUDE, GPT, SERVER):
        found = await models.count_tokens(model=model, contents="What is the tide in Tórshavn tonight?")
        assert found.total_tokens, model
    assert targets(four) == [PATHS[GEMINI], PATHS[CLAUDE], PATHS[GPT]]
