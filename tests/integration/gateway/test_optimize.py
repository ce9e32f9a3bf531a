"""The optimize API's page, walked from top to bottom: every field, every error code, and who is charged what."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from libs.common import tokens
from libs.common.clock import ManualClock
from libs.common.contracts.auth import (
    BEGIN_ONCE,
    CREDITS,
    CREDITS_ADDED,
    END_ONCE,
    LEASE_CREDITS,
    SETTLE_CREDITS,
    CreditBalance,
    CreditsLeased,
    CreditsShort,
    LeaseCredits,
    Noted,
    OnceBegin,
    OnceDone,
    OnceEnd,
    OnceOther,
    OnceProceed,
    OnceRunning,
    OptimizationSettings,
    OrgRef,
    SettleCredits,
)
from libs.common.contracts.cache import STORE, StoreAnswer, Stored
from libs.common.contracts.optimizer import OPTIMIZE_TEXT, TextReply, TextRequest
from tests.fixtures.gateway import Stack, gateway_stack
from tests.integration.gateway.test_single_flight import played

PROMPT = "Write a detailed Python function that calculates factorial using recursion"
FIELDS = {
    "optimized_prompt": str,
    "original_prompt": str,
    "original_tokens": int,
    "compressed_tokens": int,
    "tokens_saved": int,
    "similarity_score": float,
    "latency_ms": float,
    "cache_hit": bool,
    "optimizer_model": str,
}


class Parts:
    """An optimizer that leaves a word out, and a ledger of so many tokens."""

    def __init__(self, balance: int = 1_000_000) -> None:
        self.balance = balance
        self.leases: dict[str, int] = {}
        self.settled: list[SettleCredits] = []
        self.asked: list[TextRequest] = []
        self.once: dict[str, OnceEnd | OnceBegin] = {}

    async def optimize(self, asked: TextRequest) -> TextReply:
        self.asked.append(asked)
        shorter = asked.text.replace("detailed ", "")
        before, after = (tokens.count_text("gpt-4o", text) for text in (asked.text, shorter))
        return TextReply(text=shorter, similarity=0.96, original_tokens=before, compressed_tokens=after, method="rules")

    async def lease(self, asked: LeaseCredits) -> CreditsLeased | CreditsShort:
        if asked.returning is not None:
            self.balance += asked.returned
            self.leases[asked.returning] -= asked.returned
        if asked.need > self.balance:
            return CreditsShort(available=self.balance, leased=0)
        if asked.need:
            self.balance -= asked.need
            self.leases[asked.lease_id] = asked.need
        return CreditsLeased(tokens=asked.need)

    async def settle(self, asked: SettleCredits) -> CreditBalance:
        self.settled.append(asked)
        self.balance += self.leases.pop(asked.lease_id) - asked.used
        return CreditBalance(balance_tokens=self.balance)

    async def left(self, _: OrgRef) -> CreditBalance:
        return CreditBalance(balance_tokens=self.balance + sum(self.leases.values()))

    async def begin(self, asked: OnceBegin) -> OnceProceed | OnceRunning | OnceOther | OnceDone:
        known = self.once.setdefault(asked.key, asked)
        if known is asked:
            return OnceProceed()
        if known.digest != asked.digest:
            return OnceOther()
        return OnceDone(sealed=known.sealed or "") if isinstance(known, OnceEnd) else OnceRunning()

    async def end(self, ended: OnceEnd) -> Noted:
        if ended.sealed is None:
            self.once.pop(ended.key, None)
        else:
            self.once[ended.key] = ended
        return Noted()


async def serve(stack: Stack, parts: Parts) -> None:
    await stack.bus.serve(OPTIMIZE_TEXT, parts.optimize)
    await stack.bus.serve(LEASE_CREDITS, parts.lease)
    await stack.bus.serve(SETTLE_CREDITS, parts.settle)
    await stack.bus.serve(CREDITS, parts.left)
    await stack.bus.serve(BEGIN_ONCE, parts.begin)
    await stack.bus.serve(END_ONCE, parts.end)
    stack.change(settings=OptimizationSettings(level="off", cache_enabled=False, routing_mode="manual"))


@pytest.fixture
async def parts(stack: Stack) -> Parts:
    found = Parts()
    await serve(stack, found)
    return found


async def ask(stack: Stack, body: Any = None, headers: dict[str, str] | None = None, **more: Any) -> httpx.Response:
    body = {"prompt": PROMPT} if body is None else body
    content = body if isinstance(body, bytes) else json.dumps(body)
    async with httpx.AsyncClient(timeout=30) as http:
        given = {"x-api-key": stack.api_key, "content-type": "application/json", **(headers or {})}
        return await http.post(f"{stack.url}/v1/optimize", content=content, headers=given, **more)


def refused(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The details of an error, which has to have this status and code and the documented shape."""
    body = answer.json()
    assert (answer.status_code, body["success"], body["error"]["code"]) == (status, False, code), body
    assert set(body) == {"success", "error"}
    assert set(body["error"]) == {"code", "message", "details"}
    assert body["error"]["message"].strip()
    found: dict[str, Any] = body["error"]["details"]
    return found


async def test_the_example_of_the_page_has_every_field(stack: Stack, parts: Parts) -> None:
    body = {
        "prompt": PROMPT,
        "similarity_threshold": 0.90,
        "target_model": "gpt-4",
        "metadata": {"client_id": "c-7", "user_id": "u-1", "plan": {"seats": 3}},
    }
    answer = await ask(stack, body)
    assert answer.status_code == 200
    shown = answer.json()
    assert {name: type(value) for name, value in shown.items()} == FIELDS
    assert shown["original_prompt"] == PROMPT
    assert shown["optimized_prompt"] == PROMPT.replace("detailed ", "")
    assert shown["tokens_saved"] == shown["original_tokens"] - shown["compressed_tokens"] == 1
    assert parts.asked == [TextRequest(text=PROMPT, similarity_threshold=0.9, org_id=stack.org_id)]
    assert answer.headers["x-ratelimit-limit-requests"] == "100"
    [event] = stack.finished
    assert (event.kind, event.status, event.id) == ("optimize", "success", answer.headers["x-promptly-request-id"])
    assert event.tags == {"client_id": "c-7", "user_id": "u-1", "plan": '{"seats":3}'}
    assert (event.original_tokens, event.optimized_tokens) == (shown["original_tokens"], shown["compressed_tokens"])
    assert event.charged_tokens == shown["original_tokens"]
    assert PROMPT not in str(event)


@pytest.mark.parametrize("header", ["x-api-key", "authorization"])
async def test_both_ways_to_say_who_one_is(stack: Stack, parts: Parts, header: str) -> None:
    value = stack.api_key if header == "x-api-key" else f"Bearer {stack.api_key}"
    async with httpx.AsyncClient() as http:
        answer = await http.post(f"{stack.url}/v1/optimize", json={"prompt": PROMPT}, headers={header: value})
        assert answer.status_code == 200
        left = await http.get(f"{stack.url}/v1/credits", headers={header: value})
    assert left.json() == {"balance_tokens": 1_000_000, "currency": "GBP", "price_per_million_tokens": 0.1}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"prompt": "a", "similarity_threshold": NaN}',
        b"\xff\xfe{}",
        {},
        {"prompt": ""},
        {"prompt": 7},
        {"prompt": "x" * 50_001},
        {"prompt": "x", "similarity_threshold": 1.01},
        {"prompt": "x", "similarity_threshold": -0.1},
        {"prompt": "x", "similarity_threshold": "high"},
        {"prompt": "x", "metadata": "m"},
        {"prompt": "x", "metadata": {"m": "y" * 4096}},
    ],
)
async def test_a_bad_request_is_refused_and_charged_nothing(stack: Stack, parts: Parts, body: Any) -> None:
    refused(await ask(stack, body), 400, "BAD_REQUEST")
    assert (parts.balance, parts.leases) == (1_000_000, {})


async def test_the_longest_prompt_and_no_threshold_at_all(stack: Stack, parts: Parts) -> None:
    assert (await ask(stack, {"prompt": "é" * 50_000, "similarity_threshold": 0})).status_code == 200


async def test_unknown_keys_and_keys_without_the_scope(stack: Stack, parts: Parts) -> None:
    for key in ("", "sk_live_nothing", stack.api_key[:-1] + "!"):
        refused(await ask(stack, headers={"x-api-key": key}), 401, "UNAUTHORIZED")
    stack.change(scopes=("chat",))
    refused(await ask(stack), 403, "FORBIDDEN")
    refused(await ask(stack, b"x" * (11 << 20)), 413, "PAYLOAD_TOO_LARGE")


async def test_the_hundred_and_first_call_of_a_minute(tmp_path: Any) -> None:
    async with gateway_stack(tmp_path, clock=ManualClock(datetime(2026, 11, 25, 12, 0, 5, tzinfo=UTC))) as stack:
        await serve(stack, Parts())
        answers = [await ask(stack, {"prompt": "hi"}) for _ in range(101)]
        assert [answer.status_code for answer in answers].count(200) == 100
        refused(answers[-1], 429, "RATE_LIMIT_EXCEEDED")
        assert int(answers[-1].headers["retry-after"]) >= 1
        # Chat has a limit of its own.
        chat: Any = [{"role": "user", "content": "hi"}]
        assert await stack.client().chat.completions.create(model="gpt-4o", messages=chat)


async def test_without_credits_nothing_is_done_and_more_of_them_are_noticed(stack: Stack) -> None:
    need = tokens.count_text("gpt-4o", PROMPT)
    parts = Parts(balance=need + 5)
    await serve(stack, parts)
    assert (await ask(stack)).status_code == 200
    for _ in range(3):
        details = refused(await ask(stack), 402, "INSUFFICIENT_CREDITS")
        assert details == {"required": need, "available": 5}
    assert len(parts.asked) == 1
    assert [event.charged_tokens for event in stack.finished if event.status == "success"] == [need]
    parts.balance += need
    await stack.bus.emit(CREDITS_ADDED, OrgRef(org_id=stack.org_id))
    await asyncio.sleep(0)
    assert (await ask(stack)).status_code == 200


async def test_a_failure_is_ours_and_charges_nothing(stack: Stack) -> None:
    parts = Parts()
    await stack.bus.serve(LEASE_CREDITS, parts.lease)
    await stack.bus.serve(SETTLE_CREDITS, parts.settle)
    answer = await ask(stack)  # there is no optimizer
    refused(answer, 503, "SERVICE_UNAVAILABLE")
    assert answer.headers["retry-after"]
    assert [event.charged_tokens for event in stack.finished] == [0]

    async def broken(_: TextRequest) -> TextReply:
        raise RuntimeError("the prompt was: secret")

    await stack.bus.serve(OPTIMIZE_TEXT, broken)
    answer = await ask(stack)
    assert answer.status_code in (500, 503)
    assert "secret" not in answer.text
    # Without auth nobody can tell what may be spent.
    stack.bus._served.pop(LEASE_CREDITS.subject)
    stack.change(org_id="org_" + "0" * 32)
    refused(await ask(stack), 503, "SERVICE_UNAVAILABLE")


async def test_the_same_key_answers_the_same_and_charges_once(stack: Stack, parts: Parts) -> None:
    once = {"idempotency-key": "order-17"}
    first = await ask(stack, headers=once)
    again = await ask(stack, headers=once)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.content == again.content
    assert len(parts.asked) == 1
    assert sum(event.charged_tokens for event in stack.finished) == first.json()["original_tokens"]
    refused(await ask(stack, {"prompt": "Another one"}, headers=once), 422, "IDEMPOTENCY_MISMATCH")
    refused(await ask(stack, headers={"idempotency-key": "x" * 256}), 400, "BAD_REQUEST")
    # What is kept of it cannot be read by whoever keeps it.
    assert all(isinstance(kept, OnceEnd) and PROMPT not in str(kept) for kept in parts.once.values())
    assert "order-17" not in parts.once

    at_once = {"idempotency-key": "order-18"}
    answers = await asyncio.gather(*(ask(stack, headers=at_once) for _ in range(10)))
    for answer in answers:
        if answer.status_code != 200:
            refused(answer, 409, "IDEMPOTENCY_IN_PROGRESS")
    assert len(parts.asked) == 2
    # A request that failed may come again.
    stack.bus._served.pop(OPTIMIZE_TEXT.subject)
    retried = {"idempotency-key": "order-19"}
    refused(await ask(stack, headers=retried), 503, "SERVICE_UNAVAILABLE")
    await stack.bus.serve(OPTIMIZE_TEXT, parts.optimize)
    assert (await ask(stack, headers=retried)).status_code == 200


async def test_a_prompt_that_came_before_comes_from_the_cache(stack: Stack, parts: Parts) -> None:
    cache = await played(stack)
    first = (await ask(stack)).json()
    second = (await ask(stack)).json()
    assert (first["cache_hit"], second["cache_hit"]) == (False, True)
    assert first["optimized_prompt"] == second["optimized_prompt"]
    assert len(parts.asked) == 1
    assert [event.charged_tokens for event in stack.finished] == [first["original_tokens"]] * 2
    assert (await ask(stack, {"prompt": PROMPT, "similarity_threshold": 0.5})).json()["cache_hit"] is False
    assert (await ask(stack, headers={"x-promptly-cache": "no-cache"})).json()["cache_hit"] is False
    assert len(cache.kept) == 2

    async def lost(_: StoreAnswer) -> Stored:
        raise RuntimeError

    await stack.bus.serve(STORE, lost)
    assert (await ask(stack, {"prompt": "Something new"})).status_code == 200


async def test_those_who_host_for_themselves_need_no_credits(tmp_path: Any) -> None:
    async with gateway_stack(tmp_path, credits="off") as stack:
        parts = Parts(balance=0)
        await serve(stack, parts)
        assert (await ask(stack)).status_code == 200
        async with httpx.AsyncClient() as http:
            left = await http.get(f"{stack.url}/v1/credits", headers={"x-api-key": stack.api_key})
        assert left.json()["balance_tokens"] is None
        assert parts.leases == {}


async def test_a_client_that_leaves_while_its_answer_is_written_down_has_paid_for_it(
    stack: Stack, parts: Parts
) -> None:
    """Its key then brings the answer, and charges no second time."""
    writing, go_on = asyncio.Event(), asyncio.Event()
    end = parts.end

    async def slow(ended: OnceEnd) -> Noted:
        writing.set()
        await go_on.wait()
        return await end(ended)

    await stack.bus.serve(END_ONCE, slow)
    once = {"idempotency-key": "order-20"}
    leaving = asyncio.create_task(ask(stack, headers=once))
    await writing.wait()
    leaving.cancel()
    await asyncio.gather(leaving, return_exceptions=True)
    go_on.set()
    while not stack.finished:
        await asyncio.sleep(0.01)  # between two looks
    [event] = stack.finished
    assert (event.status, event.charged_tokens) == ("success", tokens.count_text("gpt-4o", PROMPT))
    answer = await ask(stack, headers=once)
    assert (answer.status_code, len(stack.finished), len(parts.asked)) == (200, 1, 1)


async def test_a_client_that_leaves_earlier_pays_nothing(stack: Stack, parts: Parts) -> None:
    begun = asyncio.Event()

    async def never(_: TextRequest) -> TextReply:
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError

    await stack.bus.serve(OPTIMIZE_TEXT, never)
    leaving = asyncio.create_task(ask(stack, headers={"idempotency-key": "order-21"}))
    await begun.wait()
    leaving.cancel()
    await asyncio.gather(leaving, return_exceptions=True)
    while not stack.finished:
        await asyncio.sleep(0.01)  # between two looks
    assert [(event.status, event.charged_tokens) for event in stack.finished] == [("cancelled", 0)]
    assert parts.once == {}
