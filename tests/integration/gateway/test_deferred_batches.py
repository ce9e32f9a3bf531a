"""Requests that wait for a batch: a hundred of them at each provider, and every way in which a batch can end."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from libs.common import ids, keys
from libs.common.contracts.auth import (
    VERIFY_API_KEY,
    Principal,
    VerifyApiKey,
)
from libs.common.errors import Unauthorized
from tests.fake_provider.script import Step
from tests.fixtures.deferred import (
    ANTHROPIC,
    OPENAI,
    PATHS,
    QUICK,
    WAITS,
    billed,
    body,
    client,
    done,
    posted,
    send,
    text_of,
    waiting_stack,
)
from tests.fixtures.gateway import PEPPER, Stack
from tests.fixtures.nats import until
from tests.fixtures.three_providers import MODELS, another_gateway


@pytest.fixture
async def stack(tmp_path: Path) -> AsyncIterator[Stack]:
    async with waiting_stack(tmp_path) as found:
        yield found


@pytest.mark.parametrize(
    ("api", "model", "made"),
    [
        ("chat", OPENAI, "/v1/batches"),
        ("responses", OPENAI, "/v1/batches"),
        ("messages", ANTHROPIC, "/v1/messages/batches"),
        ("chat", ANTHROPIC, "/v1/messages/batches"),
        ("messages", OPENAI, "/v1/batches"),
    ],
)
async def test_the_answers_are_those_that_the_endpoint_would_have_given(
    tmp_path: Path, api: str, model: str, made: str
) -> None:
    count = 5
    async with (
        waiting_stack(tmp_path, deferral_batch_requests=count, deferral_wait_seconds=3600.0) as stack,
        client(stack) as http,
    ):
        urls = await asyncio.gather(*(send(http, api, model, f"Name harbour {n}.") for n in range(count)))
        assert len(set(urls)) == count
        answers = [await done(http, url) for url in urls]
        await until(lambda: len(stack.finished) == count)
        for n in (0, count - 1):
            direct = await http.post(PATHS[api], json=body(api, model, f"Name harbour {n}."))
            assert answers[n].status_code == direct.status_code == 200
            assert answers[n].headers["content-type"] == direct.headers["content-type"]
            assert text_of(api, answers[n].json()) == text_of(api, direct.json())
            assert answers[n].json().keys() == direct.json().keys()
        assert len({text_of(api, answer.json()) for answer in answers}) > count / 2


@pytest.mark.parametrize(("api", "model"), [("chat", OPENAI), ("messages", ANTHROPIC), ("responses", OPENAI)])
async def test_a_hundred_requests_have_a_receipt_each_equal_to_the_ledger(tmp_path: Path, api: str, model: str) -> None:
    count = 100 if api != "responses" else 10
    async with (
        waiting_stack(tmp_path, deferral_batch_requests=count, deferral_wait_seconds=3600.0) as stack,
        client(stack) as http,
    ):
        said = (f"Name {n} harbours of the east coast." for n in range(count))
        urls = await asyncio.gather(*(send(http, api, model, text) for text in said))
        for url in urls:
            assert (await done(http, url)).status_code == 200
        await until(lambda: len(stack.finished) == count)
        ledger = billed(stack)
        assert sorted(ledger) == sorted(url.rpartition("/")[2] for url in urls)
        assert posted(stack, "/v1/messages/batches" if api == "messages" else "/v1/batches") == 1
        for event in stack.finished:
            assert (event.kind, event.status, event.status_code) == (api, "success", 200)
            assert event.actual_cost_nano == ledger[event.id]
            assert event.service_tier == "batch"
            assert [(share.lever, share.tokens) for share in event.levers] == [("deferral", 0)]
            assert event.baseline_cost_nano is not None
            assert event.actual_cost_nano is not None
            assert event.levers[0].nano_usd == event.baseline_cost_nano - event.actual_cost_nano > 0
            assert abs(event.baseline_cost_nano - 2 * event.actual_cost_nano) <= 1
            assert event.latency_ms < 60_000
        # What was uploaded and made for it is gone from the provider.
        async with asyncio.timeout(5):
            while stack.provider.side.files or stack.provider.side.run.made:
                await asyncio.sleep(0.02)


async def test_what_the_provider_does_not_come_to_is_an_error_that_costs_nothing(stack: Stack) -> None:
    for api, model in (("chat", OPENAI), ("messages", ANTHROPIC)):
        stack.provider.side.run.ends.append("expired")
        async with client(stack) as http:
            answer = await done(http, await send(http, api, model))
            assert answer.status_code == 502, answer.text
            assert "billed nothing" in answer.json()["error"]["message"]
    await until(lambda: len(stack.finished) == 2)
    assert [(event.status, event.error_code, event.actual_cost_nano) for event in stack.finished] == [
        ("error", "deferred_expired", 0)
    ] * 2
    assert billed(stack) == {}


@pytest.mark.parametrize(("api", "model"), [("chat", OPENAI), ("messages", ANTHROPIC)])
async def test_a_part_that_fails_fails_alone(tmp_path: Path, api: str, model: str) -> None:
    async with (
        waiting_stack(tmp_path, deferral_batch_requests=5, deferral_wait_seconds=3600.0) as stack,
        client(stack) as http,
    ):
        stack.provider.script.add(model, [Step(), Step(status=400, message="Too many harbours."), Step()])
        urls = [await send(http, api, model, f"Name {n} harbours.") for n in range(5)]
        answers = [await done(http, url) for url in urls]
        assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 200, 400]
        (failed,) = (answer.json() for answer in answers if answer.status_code == 400)
        assert failed["error"]["message"] == "Too many harbours."
        await until(lambda: len(stack.finished) == 5)
        ledger = billed(stack)
        assert {event.id: event.actual_cost_nano for event in stack.finished} == ledger


@pytest.mark.parametrize(("api", "model"), [("chat", OPENAI), ("messages", ANTHROPIC)])
async def test_a_batch_that_is_refused_is_answered_one_by_one(stack: Stack, api: str, model: str) -> None:
    stack.provider.side.run.ends.append("failed")
    async with client(stack) as http:
        answer = await done(http, await send(http, api, model))
        assert answer.status_code == 200
    await until(lambda: stack.finished)
    (entry,) = (entry for entry in stack.provider.ledger if "kind" not in entry)
    (event,) = stack.finished
    assert event.actual_cost_nano == entry["nano_usd"]
    assert event.service_tier in ("flex", "default")
    assert billed(stack) == {}


async def test_a_provider_without_batches_is_asked_at_once(stack: Stack) -> None:
    stack.provider.script.add("/v1/files", [Step(status=404, message="Unknown path.")])
    async with client(stack) as http:
        assert (await done(http, await send(http, "chat", OPENAI))).status_code == 200
        direct = await http.post(PATHS["chat"], json=body("chat", MODELS["google"], "Hello"), headers=WAITS)
        assert direct.status_code == 200


@pytest.mark.parametrize(
    ("headers", "more"),
    [
        ({"x-promptly-deadline": "24h"}, {}),
        ({**WAITS, "prefer": "return=minimal"}, {}),
        ({**WAITS, "x-promptly-deadline": "11h"}, {}),
        (WAITS, {"stream": True}),
        (WAITS, {"service_tier": "default"}),
    ],
)
async def test_nobody_gets_a_status_who_did_not_ask_for_one(
    stack: Stack, headers: dict[str, str], more: dict[str, Any]
) -> None:
    async with client(stack) as http:
        answer = await http.post(PATHS["chat"], json={**body("chat", OPENAI, "Hello"), **more}, headers=headers)
        assert answer.status_code == 200
    assert posted(stack, "/v1/batches") == 0


async def test_what_is_too_much_for_a_day_is_answered_at_once(tmp_path: Path) -> None:
    async with waiting_stack(tmp_path, deferral_daily_bytes=0) as stack, client(stack) as http:
        answer = await http.post(PATHS["chat"], json=body("chat", OPENAI, "Hello"), headers=WAITS)
        assert answer.status_code == 200
    await until(lambda: stack.finished)
    assert stack.finished[0].service_tier == "flex"


async def test_a_request_that_is_cancelled_in_time_goes_nowhere(tmp_path: Path) -> None:
    async with waiting_stack(tmp_path, deferral_wait_seconds=0.5) as stack, client(stack) as http:
        gone, stays = await send(http, "chat", OPENAI), await send(http, "chat", OPENAI)
        cancelled = await http.delete(gone)
        assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
        assert (await http.get(gone)).status_code == 410
        assert (await done(http, stays)).status_code == 200
        await until(lambda: len(stack.finished) == 2)
        assert list(billed(stack)) == [stays.rpartition("/")[2]]
        by_id = {event.id: event for event in stack.finished}
        event = by_id[gone.rpartition("/")[2]]
        assert (event.status, event.error_code, event.actual_cost_nano) == ("cancelled", "deferred_cancelled", 0)


@pytest.mark.parametrize(("api", "model"), [("chat", OPENAI), ("messages", ANTHROPIC)])
async def test_a_batch_that_nobody_waits_for_is_ended(stack: Stack, api: str, model: str) -> None:
    stack.provider.side.run.looks = 1_000_000
    async with client(stack) as http:
        url = await send(http, api, model)
        async with asyncio.timeout(10):
            while (await http.get(url)).json()["status"] != "in_progress":
                await asyncio.sleep(0.02)
        await http.delete(url)
        await until(lambda: stack.finished)
        assert (await http.get(url)).json()["error"]["code"] == "deferred_cancelled"
    assert stack.finished[0].status == "cancelled"
    assert billed(stack) == {}


async def test_an_answer_can_be_removed(stack: Stack) -> None:
    async with client(stack) as http:
        url = await send(http, "chat", OPENAI)
        assert (await done(http, url)).status_code == 200
        assert (await http.get(url)).status_code == 200
        assert (await http.delete(url)).json()["status"] == "completed"
        gone = await http.get(url)
        assert (gone.status_code, gone.json()["error"]["code"]) == (410, "deferred_expired")


async def test_another_tenant_sees_and_ends_nothing(stack: Stack) -> None:
    stack.provider.side.run.looks = None
    other_key, mine = keys.new_key(), stack.principal

    async def verify(request: VerifyApiKey) -> Principal:
        for key, principal in ((stack.api_key, mine), (other_key, Principal(org_id=ids.new_id("org"), key_id="key_2"))):
            if request.digest == keys.digest(key, PEPPER):
                return principal
        raise Unauthorized("Unknown key.")

    await stack.bus.serve(VERIFY_API_KEY, verify)
    async with client(stack) as http, client(stack, authorization=f"Bearer {other_key}") as other:
        url = await send(http, "chat", OPENAI)
        for answer in (await other.get(url), await other.delete(url), await http.get("/v1/deferred/nothing")):
            assert (answer.status_code, answer.json()["error"]["code"]) == (404, "deferred_not_found")
        assert (await http.get(url)).status_code == 202
        assert (await http.get(url, headers={"authorization": "Bearer nobody"})).status_code == 401


async def test_two_gateways_make_one_batch_of_what_both_accept(tmp_path: Path) -> None:
    settings = {**QUICK, "deferral_batch_requests": 20, "deferral_wait_seconds": 3600.0}
    async with (
        waiting_stack(tmp_path, **settings) as stack,
        another_gateway(stack, tmp_path, **settings) as second,
        client(stack) as http,
    ):
        here = [await send(http, "chat", OPENAI, f"Name {n} harbours.") for n in range(10)]
        async with httpx.AsyncClient(
            base_url=second.removesuffix("/v1"), headers={"authorization": f"Bearer {stack.api_key}"}
        ) as there:
            urls = here + [await send(there, "chat", OPENAI, f"Name {n} piers.") for n in range(10)]
            for url in urls:
                assert (await done(there, url)).status_code == 200
        await until(lambda: len(stack.finished) == 20)
        ledger = billed(stack)
        assert len(ledger) == 20 == sum(entry.get("kind") == "batch" for entry in stack.provider.ledger)
        assert {event.id: event.actual_cost_nano for event in stack.finished} == ledger
        assert posted(stack, "/v1/batches") == 1


@pytest.mark.parametrize(("api", "model"), [("chat", OPENAI), ("messages", ANTHROPIC)])
async def test_a_submission_whose_answer_nobody_heard_is_found_again(stack: Stack, api: str, model: str) -> None:
    """The batch is made, and the answer is lost on its way."""
    path = "/v1/batches" if api == "chat" else "/v1/messages/batches"
    side, real = stack.provider.side, stack.provider.side.answer
    lost = 0

    def losing(method: str, path_: str, *rest: Any, **more: Any) -> Any:
        nonlocal lost
        reply = real(method, path_, *rest, **more)
        if (method, path_) == ("POST", path) and not lost:
            lost += 1
            return reply._replace(status=500, body=json.dumps({"error": {"message": "Lost."}}).encode())
        return reply

    side.answer = losing  # type: ignore[method-assign, assignment]
    async with client(stack) as http:
        assert (await done(http, await send(http, api, model))).status_code == 200
    await until(lambda: stack.finished)
    assert lost == 1
    assert posted(stack, path) == 1
    assert {event.id: event.actual_cost_nano for event in stack.finished} == billed(stack)
