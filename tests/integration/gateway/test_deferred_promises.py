"""What a request that waits keeps to: its deadline, its budget, its experiment, and the client's own words."""

import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from libs.common.clock import SystemClock
from libs.common.contracts.analytics import SPENT, RequestQuery, Spent
from libs.common.contracts.auth import (
    RoutingRule,
    RuleCondition,
)
from libs.common.contracts.router import ROUTE, RouteReply, RouteRequest
from services.gateway.domain import holdout
from services.gateway.domain.request import Envelope
from services.gateway.providers.openai.batches import OPENAI_BATCHES
from tests.fake_provider import meter
from tests.fake_provider.script import Step
from tests.fixtures.deferred import (
    ANTHROPIC,
    OPENAI,
    PATHS,
    PLAIN,
    WAITS,
    billed,
    body,
    client,
    done,
    posted,
    send,
    waiting_stack,
)
from tests.fixtures.gateway import Stack
from tests.fixtures.nats import until


@pytest.fixture
async def stack(tmp_path: Path) -> AsyncIterator[Stack]:
    async with waiting_stack(tmp_path) as found:
        yield found


class LaterClock(SystemClock):
    """The machine's clock, some seconds ahead."""

    ahead = 0.0

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self.ahead)


@pytest.mark.parametrize(("api", "model"), [("chat", OPENAI), ("messages", ANTHROPIC)])
async def test_what_is_not_done_an_hour_before_the_deadline_is_answered_at_once(
    tmp_path: Path, api: str, model: str
) -> None:
    clock = LaterClock()
    async with waiting_stack(tmp_path, clock=clock) as stack, client(stack) as http:
        stack.provider.side.run.looks = 1_000_000
        url = await send(http, api, model)
        await until(lambda: posted(stack, "/v1/batches" if api == "chat" else "/v1/messages/batches"))
        clock.ahead = 23.5 * 3600
        assert (await done(http, url)).status_code == 200
        await until(lambda: stack.finished)
    assert billed(stack) == {}
    (entry,) = (entry for entry in stack.provider.ledger if "kind" not in entry)
    (event,) = stack.finished
    assert (event.id, event.actual_cost_nano) == (url.rpartition("/")[2], entry["nano_usd"])


async def test_the_budget_is_set_aside_meanwhile_and_what_is_left_comes_back(stack: Stack) -> None:
    async def spent(asked: RequestQuery) -> Spent:
        return Spent(nano=0)

    await stack.bus.serve(SPENT, spent)
    row = meter.price(OPENAI, 10)
    assert row is not None
    stack.change(monthly_budget_nano=int(1.5 * 1000 * row.output))
    said = {**body("chat", OPENAI, "Hello"), "max_completion_tokens": 1000}
    stack.provider.side.run.looks = 1_000_000
    async with client(stack) as http:
        url = (await http.post(PATHS["chat"], json=said, headers=WAITS)).headers["location"]
        assert (await http.post(PATHS["chat"], json=said)).status_code == 402
        stack.provider.side.run.looks = 1
        assert (await done(http, url)).status_code == 200
        assert (await http.post(PATHS["chat"], json=said)).status_code == 200


async def test_what_a_lever_changed_and_the_provider_refuses_goes_out_as_it_came(stack: Stack) -> None:
    """A router has chosen another model, which does not take the request."""
    stack.change(
        rules=(
            RoutingRule(
                id="rule_1",
                name="Cheaper",
                condition=RuleCondition(type="always"),
                action="use_model",
                action_value="gpt-4o",
            ),
        ),
        settings=msgspec.structs.replace(PLAIN, routing_mode="auto"),
    )

    async def route(request: RouteRequest) -> RouteReply:
        return RouteReply(model="gpt-4o", provider="openai", reason="rule", rule_id="rule_1", rule_name="Cheaper")

    await stack.bus.serve(ROUTE, route)
    stack.provider.script.add("gpt-4o", [Step(status=400, message="Not this one.")])
    async with client(stack) as http:
        answer = await done(http, await send(http, "chat", OPENAI))
        assert answer.status_code == 200, answer.text
    await until(lambda: stack.finished)
    (event,) = stack.finished
    batched = [(entry["model"], entry["status"]) for entry in stack.provider.ledger if entry.get("kind") == "batch"]
    assert batched == [("gpt-4o", 400)]
    assert event.status in ("success", "fallback")
    assert event.actual_cost_nano == sum(entry.get("nano_usd", 0) for entry in stack.provider.ledger)


def test_a_line_is_a_line_whatever_the_client_s_body_looks_like() -> None:
    body = b'{\r\n  "model": "m",\n  "messages": [ {"role": "user", "content": "a\\nb"} ], "temperature": 1.10\n}'
    line = OPENAI_BATCHES.line("req_1", "chat", body)
    assert b"\n" not in line
    assert b"\r" not in line
    assert b'"temperature":1.10' in line
    assert json.loads(line)["body"] == json.loads(body)


async def test_who_is_held_out_does_not_wait(stack: Stack) -> None:
    stack.change(settings=msgspec.structs.replace(PLAIN, holdout_share=0.2))

    def session(wanted: str) -> str:
        for number in range(1000):
            name = f"session {number}"
            digest = holdout.conversation(stack.org_id, Envelope(raw=b"", top={}, model=OPENAI, session=name), None)
            assert digest is not None
            if holdout.arm(stack.org_id, digest, 0.2) == wanted:
                return name
        raise AssertionError

    said = body("chat", OPENAI, "Hello")
    async with client(stack) as http:
        control = await http.post(PATHS["chat"], json=said, headers={**WAITS, "x-session-id": session("control")})
        assert (control.status_code, control.headers["x-promptly-arm"]) == (200, "control")
        treated = await http.post(PATHS["chat"], json=said, headers={**WAITS, "x-session-id": session("treated")})
        assert (treated.status_code, treated.headers["x-promptly-arm"]) == (202, "treated")
        assert (await done(http, treated.headers["location"])).status_code == 200
    await until(lambda: len(stack.finished) == 2)
    assert [(event.arm, event.service_tier) for event in stack.finished] == [
        ("control", "default"),
        ("treated", "batch"),
    ]


async def test_a_stored_conversation_goes_on_with_an_answer_out_of_a_batch(stack: Stack) -> None:
    async with client(stack) as http:
        first = (await done(http, await send(http, "responses", ANTHROPIC))).json()
        assert first["object"] == "response"
        more = {**body("responses", ANTHROPIC, "And another."), "previous_response_id": first["id"]}
        answer = await http.post(PATHS["responses"], json=more, headers=WAITS)
        assert answer.status_code == 202
        second = await done(http, answer.headers["location"])
        assert second.status_code == 200, second.text
        assert second.json()["previous_response_id"] == first["id"]
        stored = await http.get(f"/v1/responses/{second.json()['id']}")
        assert stored.status_code == 200
    requests = [entry for entry in stack.provider.ledger if entry.get("kind") == "batch"]
    assert len(requests) == 2
    assert requests[1]["tokens"]["uncached_input"] > requests[0]["tokens"]["uncached_input"]
