"""Single-flight: identical requests that come at once are one call of the provider."""

import asyncio
import json
from typing import Any

import msgspec
import pytest

from libs.common.contracts import cache
from libs.common.contracts.auth import OptimizationSettings
from services.gateway.state.single_flight import InFlight, SingleFlight
from tests.fake_provider.script import Step
from tests.fixtures.gateway import Stack, gateway_stack

ASK: Any = [{"role": "user", "content": "What is a monad?"}]
CACHING = OptimizationSettings(level="off", routing_mode="manual")


class PlayedCache:
    """Keeps answers by fingerprint, on the stack's bus."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], cache.CacheHit] = {}
        self.lookups = 0

    async def look(self, asked: cache.ExactLookup) -> cache.CacheHit | cache.CacheMiss:
        self.lookups += 1
        return self.kept.get((asked.org_id, asked.fingerprint), cache.CacheMiss())

    async def semantic(self, _: cache.SemanticLookup) -> cache.CacheHit | cache.CacheMiss:
        return cache.CacheMiss()

    async def store(self, answer: cache.StoreAnswer) -> cache.Stored:
        self.kept[answer.org_id, answer.fingerprint] = cache.CacheHit(
            kind="exact",
            entry_id="entry-1",
            similarity=1.0,
            answer=msgspec.Raw(bytes(answer.answer)),
            served_model=answer.served_model,
            provider=answer.provider,
            prompt_tokens=answer.prompt_tokens,
            completion_tokens=answer.completion_tokens,
            request_id=answer.request_id,
            stored_at_ms=1,
        )
        return cache.Stored(entry_id="entry-1")


async def played(stack: Stack) -> PlayedCache:
    found = PlayedCache()
    await stack.bus.serve(cache.LOOKUP_EXACT, found.look)
    await stack.bus.serve(cache.LOOKUP_SEMANTIC, found.semantic)
    await stack.bus.serve(cache.STORE, found.store)
    stack.change(settings=CACHING)
    return found


@pytest.mark.parametrize("stream", [False, True])
async def test_a_hundred_at_once_are_one_call(stack: Stack, stream: bool) -> None:
    await played(stack)
    client = stack.client()

    async def ask() -> str:
        answer: Any = await client.chat.completions.create(model="gpt-4o", messages=ASK, stream=stream)
        if not stream:
            return str(answer.choices[0].message.content)
        return "".join([chunk.choices[0].delta.content or "" async for chunk in answer if chunk.choices])

    said = await asyncio.gather(*(ask() for _ in range(100)))
    assert len(stack.provider.ledger) == 1
    assert len(set(said)) == 1
    assert said[0]
    ended = [event.status for event in stack.finished]
    assert (ended.count("success"), ended.count("cached")) == (1, 99)


async def test_a_failure_is_nobody_else_s_answer(stack: Stack) -> None:
    await played(stack)
    stack.provider.script.add("gpt-4o", [Step(status=400)])
    client = stack.client()
    asked = [client.chat.completions.create(model="gpt-4o", messages=ASK) for _ in range(10)]
    ended = await asyncio.gather(*asked, return_exceptions=True)
    assert [isinstance(one, Exception) for one in ended].count(True) == 1


async def test_different_questions_and_those_who_want_a_fresh_answer_wait_for_nobody(tmp_path: Any) -> None:
    async with gateway_stack(tmp_path, flight_wait=60.0) as stack:
        await played(stack)
        stack.provider.script.add("gpt-4o", [Step(hang=True)])
        client = stack.client()
        first = asyncio.create_task(client.chat.completions.create(model="gpt-4o", messages=ASK))
        while not stack.provider.ledger:
            await asyncio.sleep(0)
        other: Any = [{"role": "user", "content": "What is a functor?"}]
        assert await client.chat.completions.create(model="gpt-4o", messages=other)
        for wish in ("no-cache", "no-store", "off"):
            fresh = client.chat.completions.create(
                model="gpt-4o", messages=ASK, extra_headers={"x-promptly-cache": wish}
            )
            assert await fresh
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        # Whoever left has landed, too: the next one does not wait for it.
        answer = await client.chat.completions.with_raw_response.create(model="gpt-4o", messages=ASK)
        assert json.loads(answer.text)["choices"]


async def test_who_takes_too_long_is_not_waited_for_and_not_in_the_way() -> None:
    now = 0.0
    flights = SingleFlight(lambda: now, 2.0)
    key = ("org", "a")
    first, _ = await flights.join(key)
    assert isinstance(first, InFlight)
    assert isinstance((await flights.join(("other", "a")))[0], InFlight)
    now = 2.5
    second, _ = await flights.join(key)
    assert isinstance(second, InFlight)
    following = asyncio.create_task(flights.join(key))
    await asyncio.sleep(0)
    first.resolve(None)  # lands late: its place is another's by now
    await asyncio.sleep(0)
    assert not following.done()
    now = 3.0
    second.resolve(None)
    third, waited = await following
    assert isinstance(third, InFlight)  # the next one goes
    assert waited == 0.5


async def test_the_wait_for_somebody_else_s_answer_is_the_provider_s_time(stack: Stack) -> None:
    await played(stack)
    client = stack.client()
    await asyncio.gather(*(client.chat.completions.create(model="gpt-4o", messages=ASK) for _ in range(2)))
    leader, follower = sorted(stack.finished, key=lambda event: event.status, reverse=True)
    assert (leader.status, follower.status) == ("success", "cached")
    for event in (leader, follower):
        assert event.provider_ms is not None
        assert event.provider_ms > 0
        assert event.overhead_ms == pytest.approx(event.latency_ms - event.provider_ms, abs=0.01)
