"""Budgets as clients meet them: refused in their own format, routed as simple ones, charged what the provider bills to the nano-dollar."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from libs.common.contracts import cache
from libs.common.contracts.analytics import SPENT, RequestQuery, Spent
from libs.common.contracts.auth import Budget, OptimizationSettings
from libs.common.contracts.events import BUDGET_EXCEEDED, BudgetExceeded
from libs.common.contracts.gateway import BUDGET_DAYS
from services.gateway.domain.budgets import BudgetShare
from services.router.handlers.route import serve
from tests.damage.router_asking import ROUTER
from tests.fake_provider.script import Step
from tests.fixtures.deferred import WAITS, client, done, waiting_stack
from tests.fixtures.deferred import body as deferred_body
from tests.fixtures.gateway import Stack
from tests.fixtures.nats import until
from tests.fixtures.three_providers import three_providers
from tests.integration.gateway.test_cut_streams import LONG, leave_after
from tests.integration.gateway.test_failures import STORED

HARD = "Prove that every finite integral domain is a field, and discuss whether the converse holds for division rings."
AUTO = OptimizationSettings(level="off", cache_enabled=False, routing_mode="auto")
ASK = {"model": "gpt-4o", "messages": [{"role": "user", "content": HARD}], "max_tokens": 1000, "user": "ann"}
EACH = Budget(id="bgt_1", name="Each user", subject="user", period="day", limit_nano=12_000_000, on_exceed="block")


class Spender:
    """A stack whose budgets start at zero, and what was told of them."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.told: list[BudgetExceeded] = []

    async def start(self) -> None:
        async def nothing(_: RequestQuery) -> Spent:
            return Spent(nano=0)

        async def keep(told: list[BudgetExceeded]) -> None:
            self.told.extend(told)

        await self.stack.bus.serve(SPENT, nothing)
        await self.stack.bus.consume(BUDGET_EXCEEDED, "test", keep)  # type: ignore[arg-type]

    def budget(self, **fields: Any) -> None:
        self.stack.change(budgets=(msgspec.structs.replace(EACH, **fields),))

    async def post(self, path: str = "/v1/chat/completions", body: Any = None, **headers: str) -> httpx.Response:
        own = {"authorization": f"Bearer {self.stack.api_key}", **headers}
        async with httpx.AsyncClient(base_url=self.stack.url, timeout=30) as http:
            return await http.post(path, json=ASK if body is None else body, headers=own)

    def spent(self, value: str = "ann", budget: Budget = EACH) -> int:
        """What was charged, once the gateway has stopped and given back what it had leased."""
        name = f"{BudgetShare(budget=budget, value=value).name}."
        sums = self.stack.bus._tallies.items()
        return sum(nano for (counter, key), nano in sums if counter == BUDGET_DAYS.name and key.startswith(name))

    def billed(self) -> int:
        return sum(entry["nano_usd"] for entry in self.stack.provider.ledger if entry.get("nano_usd") is not None)


@pytest.fixture
async def spender(tmp_path: Path) -> AsyncIterator[Spender]:
    async with three_providers(tmp_path) as stack:
        stack.provider.strict = False
        stack.change(settings=AUTO)
        found = Spender(stack)
        await found.start()
        await serve(stack.bus, ROUTER)
        yield found


PATHS: dict[str, tuple[str, dict[str, Any]]] = {
    "chat": ("/v1/chat/completions", ASK),
    "completion": ("/v1/completions", {"model": "gpt-4o", "prompt": HARD, "max_tokens": 1000, "user": "ann"}),
    "messages": (
        "/v1/messages",
        {
            "model": "claude-opus-5-5",
            "max_tokens": 1000,
            "messages": [{"role": "user", "content": HARD}],
            "metadata": {"user_id": "ann"},
        },
    ),
    "responses": ("/v1/responses", {"model": "gpt-4o", "input": HARD, "max_output_tokens": 1000, "user": "ann"}),
}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("api", PATHS)
async def test_a_refusal_has_the_clients_format_and_hurts_nobody_else(spender: Spender, api: str, stream: bool) -> None:
    path, body = PATHS[api]
    spender.budget(limit_nano=1000)
    refused = await spender.post(path, {**body, "stream": stream})
    assert refused.status_code == 402, refused.text
    said = refused.json()["error"]["message"]
    assert 'the whole budget "Each user" of $0.000001 a day for the user ann' in said
    assert "It starts anew at " in said
    assert " 00:00 UTC" in said
    code = refused.json()["type"] if api == "messages" else refused.json()["error"]["code"]
    assert code == {"messages": "error", "responses": "insufficient_quota"}.get(api, "budget_exceeded")
    assert spender.stack.provider.ledger == []
    others = {"metadata": {"user_id": "bob"}} if api == "messages" else {"user": "bob"}
    spender.budget(value="ann", limit_nano=1000)
    assert (await spender.post(path, {**body, **others})).status_code == 200


async def test_a_gemini_client_is_refused_in_its_format_and_a_tag_counts(spender: Spender) -> None:
    spender.budget(subject="tag", tag="app", limit_nano=1000)
    body = {"contents": [{"role": "user", "parts": [{"text": HARD}]}], "generationConfig": {"maxOutputTokens": 1000}}
    path = "/v1beta/models/gemini-3.8-flash:generateContent"
    refused = await spender.post(path, body, **{"x-promptly-tags": "app=search"})
    assert (refused.status_code, refused.json()["error"]["status"]) == (402, "RESOURCE_EXHAUSTED")
    assert "for app=search" in refused.json()["error"]["message"]
    assert (await spender.post(path, body)).status_code == 200


async def test_what_steps_down_goes_to_the_cheaper_model_and_its_receipt_is_right(spender: Spender) -> None:
    spender.budget(on_exceed="route_simple", limit_nano=11_000_000)
    spender.stack.provider.script.add("gpt-4o", [Step(completion_tokens=900)])
    before = await spender.post()
    assert before.json()["promptly_metadata"]["routed_model"] == "gpt-4o"
    assert "budget_exceeded" not in before.json()["promptly_metadata"]
    after = (await spender.post()).json()["promptly_metadata"]
    assert (after["routed_model"], after["routing_reason"], after["budget_exceeded"]) == (
        "gpt-4o-mini",
        "budget",
        "Each user",
    )
    entry = spender.stack.provider.ledger[-1]
    assert entry["model"] == "gpt-4o-mini"
    await until(lambda: len(spender.stack.finished) == 2)
    event = spender.stack.finished[-1]
    assert event.actual_cost_nano == entry["nano_usd"]
    assert event.baseline_cost_nano is not None
    saved = event.baseline_cost_nano - entry["nano_usd"]
    assert saved > 0
    assert [(line.lever, line.nano_usd) for line in event.levers if line.nano_usd] == [("routing", saved)]
    assert (event.routing_reason, event.tier) == ("budget", "simple")
    await until(lambda: spender.told)
    assert [told.on_exceed for told in spender.told] == ["route_simple"]


async def test_a_stream_steps_down_too(spender: Spender) -> None:
    spender.budget(on_exceed="route_simple", limit_nano=1000)
    stream = await spender.stack.client().chat.completions.create(**ASK, stream=True)  # type: ignore[call-overload]
    assert [chunk async for chunk in stream][-1].model_extra is not None
    assert spender.stack.provider.ledger[-1]["model"] == "gpt-4o-mini"


TOOL = {"type": "function", "function": {"name": "cancel_order", "parameters": {"type": "object", "properties": {}}}}


@pytest.mark.parametrize(
    ("fields", "headers", "settings"),
    [
        ({}, {"x-promptly-routing": "manual"}, AUTO),
        ({}, {"x-promptly-routing": "shadow"}, AUTO),
        ({}, {}, msgspec.structs.replace(AUTO, routing_mode="manual")),
        ({"tools": [TOOL]}, {}, AUTO),
    ],
)
async def test_what_may_not_be_routed_goes_on_and_says_so(
    spender: Spender, fields: dict[str, Any], headers: dict[str, str], settings: OptimizationSettings
) -> None:
    spender.stack.change(settings=settings)
    spender.budget(on_exceed="route_simple", limit_nano=1000)
    metadata = (await spender.post(body={**ASK, **fields}, **headers)).json()["promptly_metadata"]
    assert (metadata["routed_model"], metadata["budget_exceeded"]) == ("gpt-4o", "Each user")
    await spender.post(body={**ASK, **fields}, **headers)
    assert {entry["model"] for entry in spender.stack.provider.ledger} == {"gpt-4o"}


async def test_a_conversation_keeps_its_model_on_both_sides_of_the_budget(spender: Spender) -> None:
    """What began before stays where it is; what began after stays, too, also when there is room again."""

    def turns(*said: str) -> dict[str, Any]:
        roles = ("user", "assistant") * len(said)
        return {**ASK, "messages": [{"role": role, "content": text} for role, text in zip(roles, said, strict=False)]}

    going = turns(HARD, "Let R be finite. Shall I go on?", "yes, go on")
    spender.budget(on_exceed="route_simple", limit_nano=1000)
    assert (await spender.post(body=going)).json()["promptly_metadata"]["routed_model"] == "gpt-4o"
    assert (await spender.post()).json()["promptly_metadata"]["routed_model"] == "gpt-4o-mini"
    assert (await spender.post(body=going)).json()["promptly_metadata"]["routed_model"] == "gpt-4o-mini"
    spender.budget(on_exceed="route_simple", limit_nano=10**12)
    metadata = (await spender.post(body=going)).json()["promptly_metadata"]
    assert (metadata["routed_model"], metadata["routing_reason"]) == ("gpt-4o-mini", "pinned")
    other = turns(f"{HARD} Be brief.", "Let R be finite. Shall I go on?", "yes, go on")
    assert (await spender.post(body=other)).json()["promptly_metadata"]["routed_model"] == "gpt-4o"


async def test_alert_lets_everything_pass(spender: Spender) -> None:
    spender.budget(on_exceed="alert", limit_nano=11_000_000)
    for _ in range(3):
        assert (await spender.post()).json()["promptly_metadata"]["routed_model"] == "gpt-4o"
    await until(lambda: spender.told)
    (told,) = spender.told
    assert (told.name, told.value, told.on_exceed, told.limit_nano) == ("Each user", "ann", "alert", 11_000_000)


async def test_a_cache_hit_costs_nothing_and_is_served_all_the_same(spender: Spender) -> None:
    async def hit(_: cache.ExactLookup) -> cache.CacheHit:
        return cache.CacheHit(
            kind="exact",
            entry_id="e",
            similarity=1.0,
            answer=msgspec.Raw(json.dumps(STORED).encode()),
            served_model="gpt-4o",
            provider="openai",
            prompt_tokens=12,
            completion_tokens=4,
            request_id="req_1",
            stored_at_ms=1,
        )

    spender.budget(limit_nano=1000)
    assert (await spender.post()).status_code == 402
    await spender.stack.bus.serve(cache.LOOKUP_EXACT, hit)  # type: ignore[arg-type]
    spender.stack.change(settings=msgspec.structs.replace(AUTO, cache_enabled=True))
    assert (await spender.post()).json()["promptly_metadata"]["cache_hit"] is True
    assert spender.spent() == 0


async def test_what_is_charged_is_what_the_provider_bills(tmp_path: Path) -> None:
    """Answers, streams, errors, streams that were left; also where the answer was longer than allowed."""
    async with three_providers(tmp_path) as stack:
        stack.provider.strict = False
        spender = Spender(stack)
        await spender.start()
        spender.budget(limit_nano=10**11)
        stack.change(team_id="team_1")
        team = msgspec.structs.replace(EACH, id="bgt_2", name="Team", subject="team", value="team_1", limit_nano=10**11)
        stack.change(budgets=(*stack.principal.budgets, team))
        steps = [Step(completion_tokens=1500), Step(status=500), Step(status=400), Step(completion_tokens=7)]
        stack.provider.script.add("gpt-4o", [*steps, Step(malformed=True), Step(error_after=2), Step()])
        for stream in (False, True) * 5:
            await spender.post(body={**ASK, "stream": stream})
        answered = spender.billed()
        assert answered > 0
        await until(lambda: len(stack.finished) == 10)
        known = sum(event.actual_cost_nano or 0 for event in stack.finished)
        embedded = await spender.post(
            "/v1/embeddings", {"model": "text-embedding-3-small", "input": "Some words.", "user": "ann"}
        )
        assert embedded.status_code == 200, embedded.text
        await until(lambda: len(stack.finished) == 11)
        vectors = stack.finished[-1].actual_cost_nano or 0
        stack.provider.script.add("*", [LONG])
        await leave_after(stack, "gpt-4o", 300)  # it names no user
        await until(lambda: len(stack.finished) == 12)
        left = stack.finished[-1].actual_cost_nano or 0
        assert (stack.finished[-1].status, stack.finished[-1].team_id) == ("cancelled", "team_1")
        assert left > 0
    assert spender.spent() == known + vectors
    assert spender.spent("team_1", team) == known + vectors + left


async def test_a_request_that_waits_is_charged_once_when_it_is_answered(tmp_path: Path) -> None:
    async with waiting_stack(tmp_path) as stack:
        spender = Spender(stack)
        await spender.start()
        spender.budget(limit_nano=10**10)
        said = {**deferred_body("chat", "gpt-6.1-terra", "Hello"), "max_completion_tokens": 1000, "user": "ann"}
        async with client(stack) as http:
            url = (await http.post("/v1/chat/completions", json=said, headers=WAITS)).headers["location"]
            assert (await done(http, url)).status_code == 200
        await until(lambda: stack.finished)
        (event,) = stack.finished
    assert event.actual_cost_nano
    assert spender.spent() == event.actual_cost_nano == spender.billed()


async def test_the_event_and_the_next_request_know_the_team(spender: Spender) -> None:
    spender.stack.change(team_id="team_1")
    await spender.post()
    spender.stack.change(team_id="team_2")
    await spender.post()
    await until(lambda: len(spender.stack.finished) == 2)
    assert [event.team_id for event in spender.stack.finished] == ["team_1", "team_2"]


async def test_a_budget_that_is_edited_holds_for_the_next_request(spender: Spender) -> None:
    spender.budget(limit_nano=1000)
    assert (await spender.post()).status_code == 402
    spender.budget(limit_nano=10**10)
    results = await asyncio.gather(*(spender.post() for _ in range(10)))
    assert {answer.status_code for answer in results} == {200}
    spender.stack.change(budgets=())
    assert (await spender.post()).status_code == 200


async def test_a_response_made_in_the_background_is_charged_to_its_user_and_tag_when_it_is_finished(
    tmp_path: Path,
) -> None:
    async with three_providers(tmp_path) as stack:
        spender = Spender(stack)
        await spender.start()
        spender.budget(limit_nano=10**11)
        tag = msgspec.structs.replace(EACH, id="bgt_2", subject="tag", tag="app", limit_nano=10**11)
        stack.change(budgets=(*stack.principal.budgets, tag))
        body = {"model": "gpt-6.1-terra", "input": "Hello", "background": True, "user": "ann"}
        begun = await spender.post("/v1/responses", body, **{"x-promptly-tags": "app=search"})
        assert begun.status_code == 200, begun.text
        url = f"{stack.url}/v1/responses/{begun.json()['id']}"
        async with httpx.AsyncClient(headers={"authorization": f"Bearer {stack.api_key}"}) as http:
            async with asyncio.timeout(20):
                while (found := (await http.get(url)).json())["status"] not in ("completed", "failed"):
                    pass
            assert found["status"] == "completed"
            await http.get(url)  # it is charged once
        await until(lambda: any(event.actual_cost_nano for event in stack.finished))
        (event,) = (event for event in stack.finished if event.actual_cost_nano)
        assert (event.end_user, event.tags) == ("ann", {"app": "search"})
    assert spender.spent() == spender.spent("search", tag) == event.actual_cost_nano
