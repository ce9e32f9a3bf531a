"""Questions that mean the same, on the three APIs that agents speak: who shares an answer, and who never does."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from libs.common.contracts.auth import OptimizationSettings
from libs.common.contracts.cache import STATS, CacheOf
from services.cache.app import create_app
from services.cache.settings import CacheSettings
from tests.fixtures.gateway import Stack
from tests.fixtures.three_providers import MODELS, three_providers
from tests.integration.gateway.test_agents_routing import body

ONE, OTHER = "What is the capital of France?", "what's the capital of france"
APIS = ("messages", "responses", "generate")
OWN = {"messages": "anthropic", "responses": "openai", "generate": "google"}
IDS = {"messages": "id", "responses": "id", "generate": "responseId"}
Case = tuple[str, dict[str, Any]]


@pytest.fixture
async def caching(tmp_path: Path, model_dir: Path) -> AsyncIterator[Stack]:
    """The gateway with a real cache beside it, for which it waits as long as a busy test machine takes."""
    async with (
        three_providers(tmp_path, lookup_budget_ms=20_000.0) as stack,
        create_app(CacheSettings(model_dir=str(model_dir), cache_dir=str(tmp_path / "cache")), stack.bus),
    ):
        stack.provider.strict = False
        stack.change(settings=OptimizationSettings(level="off", routing_mode="manual"))
        yield stack


async def ask(
    stack: Stack, api: str, text: str = ONE, *, model: str = "", headers: Any = None, stream: bool = False, **more: Any
) -> httpx.Response:
    """Ask, and wait until the answer is kept where it will be."""
    path, sent = body(api, [("user", text)], None, model or MODELS[OWN[api]], **more)
    if stream and api == "generate":
        path = path.replace(":generateContent", ":streamGenerateContent?alt=sse")
    elif stream:
        sent["stream"] = True
    calls, kept = len(stack.provider.ledger), await entries(stack)
    own = {"x-api-key": stack.api_key, "content-type": "application/json", **(headers or {})}
    async with httpx.AsyncClient(timeout=30) as client:
        found = await client.post(f"{stack.url}{path}", content=json.dumps(sent).encode(), headers=own)
    assert found.status_code == 200, found.text
    if len(stack.provider.ledger) > calls:
        async with asyncio.timeout(10):
            while await entries(stack) == kept:
                await asyncio.sleep(0.01)
    return found


async def entries(stack: Stack) -> int:
    return (await stack.bus.call(STATS, CacheOf(org_id=stack.org_id))).total_entries


def calls(stack: Stack) -> int:
    return len(stack.provider.ledger)


@pytest.mark.parametrize("other", [False, True], ids=["own provider", "another's"])
@pytest.mark.parametrize("api", APIS)
async def test_a_question_that_means_the_same_is_answered_under_a_new_id(caching: Stack, api: str, other: bool) -> None:
    model = MODELS["openai" if api == "generate" else "google"] if other else MODELS[OWN[api]]
    first = (await ask(caching, api, model=model)).json()
    second = await ask(caching, api, OTHER, model=model)
    assert calls(caching) == 1
    assert caching.finished[-1].cache == "semantic"
    assert second.json()[IDS[api]] != first[IDS[api]]
    said = {"messages": "content", "responses": "output", "generate": "candidates"}[api]
    assert without_ids(second.json()[said]) == without_ids(first[said])


def without_ids(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in part.items() if name != "id"} for part in parts]


@pytest.mark.parametrize("api", APIS)
async def test_a_stream_is_replayed_in_its_own_events(caching: Stack, api: str) -> None:
    await ask(caching, api)
    found = await ask(caching, api, OTHER, stream=True)
    assert calls(caching) == 1
    ending = {"messages": "message_stop", "responses": "response.completed", "generate": "finishReason"}[api]
    assert ending in found.text


_RESTS: list[Case] = [
    ("messages", {"system": "Answer in French."}),
    ("messages", {"metadata": {"user_id": "u2"}}),
    ("messages", {"messages": [{"role": "user", "content": [{"type": "text", "text": OTHER, "citations": {}}]}]}),
    ("messages", {"headers": {"x-promptly-cache-scope": "another"}}),
    ("messages", {"headers": {"anthropic-beta": "another-2026-01-01"}}),
    ("messages", {"headers": {"x-claude-code-session-id": "s"}}),
    ("messages", {"tools": [{"name": "get_weather", "input_schema": {"type": "object"}}]}),
    ("messages", {"temperature": 0.3}),
    ("responses", {"instructions": "Answer in French."}),
    ("responses", {"user": "u2"}),
    ("responses", {"safety_identifier": "u2"}),
    ("responses", {"text": {"format": {"type": "json_object"}}}),
    ("responses", {"prompt_cache_key": "k"}),
    ("responses", {"input": [{"role": "developer", "content": OTHER}]}),
    ("generate", {"systemInstruction": {"parts": [{"text": "Answer in French."}]}}),
    ("generate", {"generationConfig": {"temperature": 0.3}}),
    ("generate", {"tools": [{"urlContext": {}}]}),
    ("generate", {"tools": [{"googleMaps": {}}]}),
    ("generate", {"contents": [{"role": "user", "parts": [{"text": OTHER, "videoMetadata": {}}]}]}),
]


@pytest.mark.parametrize(("api", "more"), _RESTS, ids=lambda case: case if isinstance(case, str) else "-".join(case))
async def test_whatever_may_matter_is_not_shared(caching: Stack, api: str, more: dict[str, Any]) -> None:
    await ask(caching, api)
    sent, headers = {name: value for name, value in more.items() if name != "headers"}, more.get("headers")
    path, full = body(api, [("user", OTHER)], None, MODELS[OWN[api]], **sent)
    own = {"x-api-key": caching.api_key, "content-type": "application/json", **(headers or {})}
    async with httpx.AsyncClient(timeout=30) as client:
        await client.post(f"{caching.url}{path}", content=json.dumps(full).encode(), headers=own)
    assert calls(caching) == 2


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Where is my order?", "where's my order"),
        ("What did I say last?", "what did i say last"),
        ("ประเทศไทยมีกี่จังหวัด", "ประเทศลาวมีกี่จังหวัด"),
        ("How do I include a file?", "How do I exclude a file?"),
    ],
)
async def test_what_is_the_askers_own_or_not_understood_is_asked_again(
    caching: Stack, api: str, one: str, other: str
) -> None:
    await ask(caching, api, one)
    await ask(caching, api, other)
    assert calls(caching) == 2


async def test_a_repeat_of_a_question_is_for_the_same_user_only(caching: Stack) -> None:
    await ask(caching, "messages", "Where is my order?", metadata={"user_id": "u1"})
    await ask(caching, "messages", "Where is my order?", metadata={"user_id": "u1"})
    assert calls(caching) == 1
    await ask(caching, "messages", "Where is my order?", metadata={"user_id": "u2"})
    assert calls(caching) == 2


async def test_no_answer_crosses_from_one_api_to_another(caching: Stack) -> None:
    for api in APIS:
        await ask(caching, api, model=MODELS["google"])
    assert calls(caching) == 3


async def test_a_response_says_nothing_of_the_request_that_paid_for_it(caching: Stack) -> None:
    caching.provider.strict = False
    await ask(caching, "responses", metadata={"order": "17"})
    again = (await ask(caching, "responses", metadata={"order": "18"})).json()
    assert calls(caching) == 1
    assert again["metadata"] == {"order": "18"}
    bare = (await ask(caching, "responses")).json()
    assert bare["metadata"] == {}
