"""Replays of captured requests: bounded, alone with their cache, without a provider, and with what cannot be tried named."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest
from anthropic import AsyncAnthropic

from libs.common.contracts.auth import OptimizationSettings, Principal
from libs.common.contracts.cache import (
    CLEAR,
    LOOKUP_SEMANTIC,
    STORE,
    CacheHit,
    CacheMiss,
    CacheOf,
    Cleared,
    StoreAnswer,
)
from libs.common.contracts.cache import SemanticLookup as Lookup
from libs.common.contracts.cache import Stored as Kept
from libs.common.contracts.gateway import CAPTURES, REPLAY, Replay, Replayed
from libs.common.contracts.router import ROUTE, RouteReply, RouteRequest
from libs.common.errors import Conflict
from tests.fixtures.gateway import Stack
from tests.fixtures.three_providers import MODELS, three_providers

OFF = OptimizationSettings(level="off", cache_enabled=False, routing_mode="manual", capture="all")
GPT = MODELS["openai"]


@pytest.fixture
async def three(tmp_path: Path) -> Any:
    async with three_providers(tmp_path) as stack:
        stack.change(settings=OFF)
        yield stack


async def ask(stack: Stack, text: str, **more: Any) -> None:
    before = len(await stack.bus.keys(CAPTURES, f"{stack.org_id}.>"))
    async with stack.client() as client:
        said: Any = [{"role": "user", "content": text}]
        await client.chat.completions.create(**{"model": GPT, "messages": said, **more})
    async with asyncio.timeout(10):
        while len(await stack.bus.keys(CAPTURES, f"{stack.org_id}.>")) == before:
            await asyncio.sleep(0.005)


async def replay(stack: Stack, limit: int = 100, principal: Principal | None = None, **settings: Any) -> Replayed:
    tried = principal or stack.principal
    tried = msgspec.structs.replace(tried, settings=msgspec.structs.replace(OFF, **settings))
    asked = Replay(principal=tried, from_ms=_now(stack) - 3_600_000, to_ms=_now(stack) + 3_600_000, limit=limit)
    return await stack.bus.call(REPLAY, asked)


def _now(stack: Stack) -> int:
    return stack.finished[-1].time_ms


async def test_the_router_s_choice_is_priced_and_no_provider_is_called(three: Stack) -> None:
    async def route(request: RouteRequest) -> RouteReply:
        return RouteReply(model="gpt-4o-mini", provider="openai", reason="classifier")

    await three.bus.serve(ROUTE, route)
    for number in range(3):
        await ask(three, f"Which ship lies at berth {number}?")
    called = len(three.provider.ledger)
    found = await replay(three, routing_mode="auto")
    assert len(three.provider.ledger) == called
    assert (found.replayed, found.changed, found.models) == (3, 3, {"gpt-4o-mini": 3})
    billed = sum(entry["nano_usd"] for entry in three.provider.ledger)
    assert found.baseline_nano == found.actual_nano == billed
    assert sum(line.nano_usd or 0 for line in found.levers) == billed - found.predicted_nano
    assert [example.model for example in found.examples] == ["gpt-4o-mini"] * 3
    assert len(three.finished) == 3, "nothing is recorded"


async def test_a_tool_loop_stays_with_who_began_it(three: Stack) -> None:
    async def route(request: RouteRequest) -> RouteReply:
        return RouteReply(model=request.pinned or "gpt-4o-mini", provider="openai", reason="classifier")

    await three.bus.serve(ROUTE, route)
    tool = {"type": "function", "function": {"name": "berth", "parameters": {"type": "object", "properties": {}}}}
    call = {"id": "call_1", "type": "function", "function": {"name": "berth", "arguments": "{}"}}
    said: Any = [{"role": "user", "content": "Which berth?"}]
    await ask(three, "", messages=said, tools=[tool])
    said += [{"role": "assistant", "content": None, "tool_calls": [call]}]
    said += [{"role": "tool", "tool_call_id": "call_1", "content": "4"}]
    await ask(three, "", messages=said, tools=[tool])
    assert (await replay(three, routing_mode="auto")).models == {"gpt-4o-mini": 2}


async def test_questions_that_mean_the_same_are_looked_up_under_a_name_of_the_replay_s_own(three: Stack) -> None:
    orgs: set[str] = set()
    cleared: list[str] = []
    kept: list[StoreAnswer] = []

    async def look(request: Lookup) -> CacheHit | CacheMiss:
        orgs.add(request.org_id)
        if not kept:
            return CacheMiss()
        first = kept[0]
        return CacheHit(
            kind="semantic",
            entry_id="e",
            similarity=0.99,
            answer=first.answer,
            served_model=first.served_model,
            provider=first.provider,
            prompt_tokens=first.prompt_tokens,
            completion_tokens=first.completion_tokens,
            request_id=first.request_id,
            stored_at_ms=1,
        )

    async def store(request: StoreAnswer) -> Kept:
        orgs.add(request.org_id)
        kept.append(request)
        return Kept(entry_id="e")

    async def clear(request: CacheOf) -> Cleared:
        cleared.append(request.org_id)
        return Cleared(cleared=1)

    await three.bus.serve(LOOKUP_SEMANTIC, look)
    await three.bus.serve(STORE, store)
    await three.bus.serve(CLEAR, clear)
    await ask(three, "Which ship lies at berth 4?")
    await ask(three, "What ship lies at berth 4?")
    await ask(three, "Which ship lies at berth 4?")
    found = await replay(three, cache_enabled=True)
    assert (found.exact_hits, found.semantic_hits, found.degraded) == (1, 1, ())
    assert three.org_id not in orgs
    assert orgs == set(cleared)
    assert [one.query for one in kept] == ["Which ship lies at berth 4?"]
    assert b"berth" not in b"".join(bytes(one.answer) for one in kept), "no answer of anybody's"
    # An answer that would have expired before the next one came serves it no more.
    again = await replay(three, cache_enabled=True, cache_ttl_seconds=0)
    assert (again.exact_hits, again.semantic_hits) == (0, 0)


async def test_without_the_other_services_it_says_so(three: Stack) -> None:
    await ask(three, "Which  ship?")
    found = await replay(three, level="moderate", cache_enabled=True, routing_mode="auto")
    assert (found.replayed, found.changed) == (1, 0)
    assert set(found.degraded) == {"cache", "optimizer", "router"}
    assert found.predicted_nano == found.actual_nano


async def test_agents_requests_are_tried_and_what_cannot_be_is_named(three: Stack) -> None:
    async with AsyncAnthropic(api_key=three.api_key, base_url=three.url, max_retries=0) as client:
        said: Any = [{"role": "user", "content": "Which ship?"}]
        await client.messages.create(model=MODELS["anthropic"], max_tokens=50, messages=said)
    async with three.client() as other:
        first = await other.responses.create(model=GPT, input="Which ship?")
        await other.responses.create(model=GPT, input="And the next?", previous_response_id=first.id)
    await ask(three, "Which ship?")
    async with asyncio.timeout(10):
        while len(await three.bus.keys(CAPTURES, f"{three.org_id}.>")) < 4:
            await asyncio.sleep(0.005)
    found = await replay(three)
    assert (found.captured, found.replayed, found.refused) == (4, 3, {"goes on with a stored response": 1})
    assert found.predicted_nano == found.actual_nano
    none = await replay(three, principal=msgspec.structs.replace(three.principal, provider_keys=()))
    assert (none.replayed, sum(none.refused.values())) == (0, 4)


async def test_the_newest_are_taken_and_one_replay_of_an_organization_runs_at_a_time(three: Stack) -> None:
    entered, leave = asyncio.Event(), asyncio.Event()

    async def route(request: RouteRequest) -> RouteReply:
        entered.set()
        await leave.wait()
        return RouteReply(model=GPT, provider="openai", reason="classifier")

    await three.bus.serve(ROUTE, route)
    for number in range(3):
        await ask(three, f"berth {number}")
    first = asyncio.create_task(replay(three, limit=2, routing_mode="auto"))
    await entered.wait()
    with pytest.raises(Conflict):
        await replay(three)
    leave.set()
    found = await first
    assert (found.captured, found.replayed) == (3, 2)
    assert (await replay(three)).replayed == 3
