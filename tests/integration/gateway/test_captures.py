"""Captured requests: only where an organization wants them, sealed, bounded, and gone when they are to be."""

import asyncio
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from anthropic import AsyncAnthropic

from libs.common.bus.nats import NatsBus
from libs.common.clock import SystemClock
from libs.common.contracts.auth import Capture, OptimizationSettings
from libs.common.contracts.events import MEMBER_REMOVED, ORG_DELETED, MemberRemoved, OrgDeleted
from libs.common.contracts.gateway import (
    CAPTURES,
    ERASE_CAPTURES,
    LIST_CAPTURES,
    READ_CAPTURE,
    CaptureList,
    CaptureRef,
    EraseCaptures,
    ListCaptures,
)
from libs.common.errors import NotFound
from libs.common.ids import new_id
from libs.common.sealing import Sealer
from services.gateway.clients.capture_store import BusCaptureStore
from services.gateway.domain.captured import CapturedRequest
from tests.fake_provider.script import Step
from tests.fixtures.gateway import Stack, gateway_stack
from tests.fixtures.nats import until
from tests.fixtures.three_providers import MODELS, three_providers

PASSIVE = OptimizationSettings(level="off", cache_enabled=False, routing_mode="manual")
SECRET = "the berth of the Selma"
EVER = 1 << 42  # ms


def wants(stack: Stack, capture: Capture = "all", **more: Any) -> None:
    stack.change(settings=msgspec.structs.replace(PASSIVE, capture=capture), **more)


async def ask(stack: Stack, text: str = SECRET, **more: Any) -> str:
    """Ask once; the request's id."""
    async with stack.client() as client:
        messages: Any = [{"role": "user", "content": text}]
        answer = await client.chat.completions.with_raw_response.create(model="gpt-4o", messages=messages, **more)
        return str(answer.headers["x-promptly-request-id"])


async def listed(stack: Stack, org_id: str = "", limit: int = 100) -> CaptureList:
    asked = ListCaptures(org_id=org_id or stack.org_id, from_ms=now(stack) - 86_400_000, to_ms=EVER, limit=limit)
    return await stack.bus.call(LIST_CAPTURES, asked)


def now(stack: Stack) -> int:
    return max(event.time_ms for event in stack.finished)


async def kept(stack: Stack) -> list[str]:
    return await stack.bus.keys(CAPTURES, f"{stack.org_id}.>")


async def has(stack: Stack, count: int) -> None:
    """Wait until so many are kept: they are written beside the answer."""
    async with asyncio.timeout(10):
        while len(await kept(stack)) != count:
            await asyncio.sleep(0.005)


async def test_nothing_is_kept_unless_the_organization_wants_it(stack: Stack) -> None:
    await ask(stack)
    wants(stack, user_id=new_id("usr"))
    known = await ask(stack)
    await has(stack, 1)
    assert [one.id for one in (await listed(stack)).captures] == [known]


async def test_an_admin_reads_what_was_sent_and_nobody_else_does(
    stack: Stack, capfd: pytest.CaptureFixture[str]
) -> None:
    user = new_id("usr")
    wants(stack, user_id=user)
    first = await ask(stack, metadata={"of": "mine"})
    await has(stack, 1)
    second = await ask(stack, "another")
    await has(stack, 2)
    found = await listed(stack)
    assert ([one.id for one in found.captures], found.total) == ([second, first], 2)
    assert {(one.kind, one.user_id) for one in found.captures} == {("chat", user)}
    assert [one.id for one in (await listed(stack, limit=1)).captures] == [second]
    read = await stack.bus.call(READ_CAPTURE, CaptureRef(org_id=stack.org_id, id=first))
    body = json.loads(bytes(read.body))
    assert (body["messages"], body["metadata"]) == ([{"role": "user", "content": SECRET}], {"of": "mine"})
    assert read.captured.bytes == len(bytes(read.body))
    other = new_id("org")
    assert (await listed(stack, other)).total == 0
    with pytest.raises(NotFound):
        await stack.bus.call(READ_CAPTURE, CaptureRef(org_id=other, id=first))
    for key in await kept(stack):
        assert SECRET.encode() not in (await stack.bus.get(CAPTURES, key) or b"")
    told = capfd.readouterr()
    assert SECRET not in told.out + told.err


async def test_agents_requests_are_kept_too(tmp_path: Path) -> None:
    async with three_providers(tmp_path) as stack:
        wants(stack)
        async with AsyncAnthropic(api_key=stack.api_key, base_url=stack.url, max_retries=0) as client:
            said: Any = [{"role": "user", "content": SECRET}]
            await client.messages.create(model=MODELS["anthropic"], max_tokens=50, messages=said)
        async with stack.client() as other:
            await other.responses.create(model=MODELS["openai"], input=SECRET)
            stream = await other.chat.completions.create(model=MODELS["openai"], messages=said, stream=True)
            assert [chunk async for chunk in stream]
        await has(stack, 3)
        assert {one.kind for one in (await listed(stack)).captures} == {"chat", "messages", "responses"}


async def test_what_is_not_to_be_stored_has_failed_or_is_too_large_is_not_kept(stack: Stack) -> None:
    wants(stack)
    await ask(stack, store=False)
    stack.provider.script.add("gpt-4o", [Step(status=400, message="no")])
    with pytest.raises(Exception, match="no"):
        await ask(stack)
    await ask(stack, "word " * 300_000)
    last = await ask(stack)
    await has(stack, 1)
    assert [one.id for one in (await listed(stack)).captures] == [last]


async def test_of_a_sample_whole_conversations_are_kept(stack: Stack) -> None:
    wants(stack, "sampled")
    for session in range(60):
        for turn in range(2):
            await ask(stack, f"{session} {turn}", extra_headers={"x-session-id": f"s{session}"})
    wants(stack)
    fence = await ask(stack, "fence")
    async with asyncio.timeout(10):
        while fence not in str(await kept(stack)):
            await asyncio.sleep(0.005)
    texts = []
    for one in (await listed(stack)).captures[1:]:
        read = await stack.bus.call(READ_CAPTURE, CaptureRef(org_id=stack.org_id, id=one.id))
        texts.append(json.loads(bytes(read.body))["messages"][0]["content"].split()[0])
    assert 2 <= len(texts) <= 30
    assert all(texts.count(session) == 2 for session in texts)


async def test_a_day_has_so_many_bytes_and_answers_come_all_the_same(tmp_path: Path) -> None:
    async with gateway_stack(tmp_path, capture_daily_bytes=3 * 4096) as stack:
        wants(stack)
        for number in range(3):
            await ask(stack)
            await has(stack, number + 1)
        for _ in range(3):
            await ask(stack)
        await until(lambda: len(stack.finished) == 6)
        assert len(await kept(stack)) == 3
        other = new_id("org")
        stack.change(org_id=other, provider_keys=())
        stack.org_id = other
        stack.change(provider_keys=(stack.seal("openai", "sk-other"),))
        await ask(stack)
        await has(stack, 1)


async def test_one_or_all_are_erased(stack: Stack) -> None:
    wants(stack)
    first = await ask(stack)
    await has(stack, 1)
    for number in range(2):
        await ask(stack)
        await has(stack, number + 2)
    with pytest.raises(NotFound):
        await stack.bus.call(ERASE_CAPTURES, EraseCaptures(org_id=new_id("org"), id=first))
    assert (await stack.bus.call(ERASE_CAPTURES, EraseCaptures(org_id=stack.org_id, id=first))).count == 1
    assert first not in str(await kept(stack))
    with pytest.raises(NotFound):
        await stack.bus.call(READ_CAPTURE, CaptureRef(org_id=stack.org_id, id=first))
    assert (await stack.bus.call(ERASE_CAPTURES, EraseCaptures(org_id=stack.org_id))).count == 2
    assert await kept(stack) == []


async def test_who_is_gone_leaves_nothing(stack: Stack) -> None:
    member, other = new_id("usr"), new_id("usr")
    for number, user in enumerate((member, other, member)):
        wants(stack, user_id=user)
        await ask(stack)
        await has(stack, number + 1)
    await stack.bus.emit(
        MEMBER_REMOVED, MemberRemoved(org_id=stack.org_id, user_id=member, time_ms=1), event_id="member"
    )
    await has(stack, 1)
    assert [one.user_id for one in (await listed(stack)).captures] == [other]
    await stack.bus.emit(ORG_DELETED, OrgDeleted(org_id=stack.org_id, time_ms=1), event_id="org")
    await has(stack, 0)


async def test_a_real_server_keeps_lists_and_erases_them_alike(nats_bus: NatsBus) -> None:
    store = BusCaptureStore(nats_bus, Sealer({1: bytes(32)}), SystemClock(), ttl=60, daily=1 << 20)
    day = 1_785_024_000_000  # a UTC midnight
    users = (new_id("usr"), None)
    times = (day - 1, day, day + 1)
    made = [
        CapturedRequest(
            id=new_id("req"), kind="chat", time_ms=time, key_id="k", user_id=user, body=msgspec.Raw(b'{"a":1}')
        )
        for time in times
        for user in users
    ]
    for request in made:
        assert await store.save("org_a", request)
    assert await store.save("org_b", made[0])
    assert {one.id for one in await store.list("org_a", day - 10, day + 10)} == {request.id for request in made}
    assert [one.time_ms for one in await store.list("org_a", day, day + 1)] == [day, day]
    found = await store.find("org_a", made[0].id)
    assert found == made[0].known
    assert await store.load("org_a", found) == made[0]
    assert await store.load("org_a", msgspec.structs.replace(found, id=made[1].id)) is None
    await store.forget("org_a", found)
    assert await store.find("org_a", made[0].id) is None
    assert await store.erase("org_a", users[0]) == 2
    assert await store.erase("org_a") == 3
    assert await store.list("org_a", day - 10, day + 10) == []
    assert await store.find("org_b", made[0].id) is not None
