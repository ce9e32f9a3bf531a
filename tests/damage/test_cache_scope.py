"""Who asks, for which application, and what Promptly did to the request: gateway and cache together, a provider that counts."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from libs.common.contracts.auth import OptimizationSettings
from libs.common.contracts.cache import STATS, CacheOf
from services.cache.app import create_app
from services.cache.settings import CacheSettings
from tests.fixtures.gateway import Stack, gateway_stack

CACHING = OptimizationSettings(level="off", routing_mode="manual")
ASK = "What is the name of the person who asks?"


@pytest.fixture
async def cached(tmp_path: Path, model_dir: Path) -> AsyncIterator[Stack]:
    """The gateway with a real cache beside it, for which it waits as long as a busy test machine takes."""
    async with (
        gateway_stack(tmp_path, lookup_budget_ms=20_000.0) as stack,
        create_app(CacheSettings(model_dir=str(model_dir), cache_dir=str(tmp_path / "cache")), stack.bus),
    ):
        stack.change(settings=CACHING)
        yield stack


async def ask(stack: Stack, text: str = ASK, *, name: str | None = None, **request: Any) -> None:
    """Ask, and wait until the answer is kept where it will be."""
    message: Any = {"role": "user", "content": text} | ({} if name is None else {"name": name})
    calls, kept = len(stack.provider.ledger), await entries(stack)
    await stack.client().chat.completions.create(model="gpt-4o", messages=[message], **request)
    if len(stack.provider.ledger) > calls:
        async with asyncio.timeout(10):
            while await entries(stack) == kept:
                await asyncio.sleep(0.01)


async def entries(stack: Stack) -> int:
    return (await stack.bus.call(STATS, CacheOf(org_id=stack.org_id))).total_entries


def calls(stack: Stack) -> int:
    return len(stack.provider.ledger)


async def test_the_same_request_again_is_answered_from_the_cache(cached: Stack) -> None:
    await ask(cached)
    await ask(cached)
    await ask(cached, "what is the name of the person who asks")
    assert calls(cached) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"name": "alice"}, {"name": "bob"}),
        ({"name": "alice"}, {}),
        ({"user": "alice"}, {"user": "bob"}),
        ({"user": "alice"}, {}),
        ({"safety_identifier": "alice"}, {"safety_identifier": "bob"}),
        ({"extra_headers": {"x-promptly-cache-scope": "a"}}, {"extra_headers": {"x-promptly-cache-scope": "b"}}),
        ({"extra_headers": {"x-promptly-cache-scope": "a"}}, {}),
        ({"extra_headers": {"x-promptly-level": "aggressive"}}, {}),
    ],
)
async def test_another_asker_is_another_question(cached: Stack, one: dict[str, Any], other: dict[str, Any]) -> None:
    for number, request in enumerate((one, other, one, other)):
        await ask(cached, **request)
        await ask(cached, ASK.lower(), **request)
        assert calls(cached) == min(number + 1, 2)


async def test_what_the_provider_looks_up_is_asked_every_time(cached: Stack) -> None:
    for number in (1, 2):
        body = {"model": "gpt-4o", "messages": [{"role": "user", "content": ASK}], "web_search_options": {}}
        async with httpx.AsyncClient(trust_env=False, headers={"x-api-key": cached.api_key}) as client:
            answer = await client.post(f"{cached.url}/v1/chat/completions", json=body)
        assert (answer.status_code, answer.headers["x-promptly-cache"]) == (200, "off")
        assert calls(cached) == number


async def test_a_change_of_the_settings_asks_anew(cached: Stack) -> None:
    await ask(cached)
    cached.change(settings=OptimizationSettings(level="conservative", routing_mode="manual"))
    await ask(cached)
    assert calls(cached) == 2


@pytest.mark.parametrize("value", ["", "a b", "a;b", "s" * 129, "a,b"])
async def test_a_scope_that_means_nothing_is_refused(cached: Stack, value: str) -> None:
    with pytest.raises(openai.BadRequestError, match="x-promptly-cache-scope takes 1 to 128"):
        await ask(cached, extra_headers={"x-promptly-cache-scope": value})
    assert calls(cached) == 0
