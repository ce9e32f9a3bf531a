"""A conversation that is held out gets no lever, on every turn and through every API, and is logged like any other."""

from typing import Any

import httpx
import msgspec
import pytest

from libs.common.contracts.auth import OptimizationSettings
from libs.common.contracts.optimizer import OPTIMIZE, OptimizeReply, OptimizeRequest
from libs.common.contracts.router import ROUTE, RouteReply, RouteRequest
from services.gateway.domain import holdout
from services.gateway.domain.request import Envelope
from tests.fixtures.gateway import Stack

SETTINGS = OptimizationSettings(holdout_share=0.2)


def _side(stack: Stack, wanted: str) -> str:
    """A session that is on the wanted side."""
    for number in range(1000):
        name = f"session {number}"
        envelope = Envelope(raw=b"", top={}, model="gpt-4o", session=name)
        digest = holdout.conversation(stack.org_id, envelope, None)
        assert digest is not None
        if holdout.arm(stack.org_id, digest, SETTINGS.holdout_share) == wanted:
            return name
    raise AssertionError


async def _ask(stack: Stack, path: str, body: dict[str, Any], session: str = "") -> httpx.Response:
    headers = {"authorization": f"Bearer {stack.api_key}"} | ({"x-session-id": session} if session else {})
    async with httpx.AsyncClient(base_url=stack.url) as http:
        return await http.post(path, json=body, headers=headers)


@pytest.fixture
async def asked(stack: Stack) -> list[str]:
    """What optimizer and router are asked, by name."""
    calls: list[str] = []

    async def optimize(request: OptimizeRequest) -> OptimizeReply:
        calls.append("optimizer")
        return OptimizeReply(messages=msgspec.Raw(b"null"), original_tokens=1, optimized_tokens=1)

    async def route(request: RouteRequest) -> RouteReply:
        calls.append("router")
        return RouteReply(model=request.requested_model, provider="openai", reason="classifier")

    await stack.bus.serve(OPTIMIZE, optimize)
    await stack.bus.serve(ROUTE, route)
    stack.change(settings=SETTINGS)
    return calls


CHAT = ("/v1/chat/completions", {"model": "gpt-4o", "messages": [{"role": "user", "content": "What is 2 + 2?"}]})
RESPONSES = ("/v1/responses", {"model": "gpt-4o", "input": "What is 2 + 2?", "store": False})


@pytest.mark.parametrize(("path", "body"), [CHAT, RESPONSES])
async def test_who_is_held_out_gets_no_lever_and_is_logged(
    stack: Stack, asked: list[str], path: str, body: dict[str, Any]
) -> None:
    session = _side(stack, "control")
    for _ in range(2):
        answer = await _ask(stack, path, body, session)
        assert (answer.status_code, answer.headers["x-promptly-arm"]) == (200, "control")
        assert answer.headers["x-promptly-cache"] == "off"
    await stack.bus.drain()
    assert asked == []
    assert [event.arm for event in stack.finished] == ["control", "control"]
    assert len({event.conversation for event in stack.finished}) == 1
    if path == CHAT[0]:
        assert stack.finished[0].asked_digest is not None
    assert stack.finished[0].actual_cost_nano == stack.finished[0].baseline_cost_nano


async def test_the_others_get_every_lever_and_are_told_so(stack: Stack, asked: list[str]) -> None:
    answer = await _ask(stack, *CHAT, _side(stack, "treated"))
    assert (answer.headers["x-promptly-arm"], answer.json()["promptly_metadata"]["arm"]) == ("treated", "treated")
    assert "router" in asked


async def test_without_an_experiment_nothing_is_said_of_it(stack: Stack, asked: list[str]) -> None:
    stack.change(settings=OptimizationSettings())
    answer = await _ask(stack, *CHAT, _side(stack, "control"))
    assert "x-promptly-arm" not in answer.headers
    assert "arm" not in answer.json()["promptly_metadata"]
    assert "router" in asked


async def test_without_a_session_the_first_turn_names_the_conversation(stack: Stack, asked: list[str]) -> None:
    turns: list[dict[str, str]] = [{"role": "system", "content": "Be brief."}]
    for text in ("What is a prime?", "And the next one?", "Why?"):
        turns.append({"role": "user", "content": text})
        await _ask(stack, CHAT[0], {"model": "gpt-4o", "messages": turns})
        turns.append({"role": "assistant", "content": "Two."})
    await stack.bus.drain()
    assert len({(event.conversation, event.arm) for event in stack.finished}) == 1
    assert stack.finished[0].conversation is not None
