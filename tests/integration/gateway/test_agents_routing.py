"""Agents and the router, on the three APIs that agents speak: who is judged, who stays, and who never changes in the middle of its work."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from libs.common.contracts.auth import OptimizationSettings
from libs.common.contracts.router import ROUTE, RouteReply, RouteRequest
from libs.common.errors import Unavailable
from services.router.handlers.route import serve
from tests.damage.router_asking import ROUTER
from tests.fixtures.gateway import Stack
from tests.fixtures.three_providers import another_gateway, three, three_providers  # noqa: F401

EASY = "What is the capital of France?"
ASKED = {"messages": "claude-opus-5-5", "responses": "gpt-6.1-sol", "generate": "gemini-4-argon"}
APIS = tuple(ASKED)
READS, WRITES = "get_weather", "cancel_reservation"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
# What a client has done so far: words of both sides, a call, its result.
Turn = tuple[str, str]


def body(api: str, turns: list[Turn], tool: str | None, model: str, **more: Any) -> tuple[str, dict[str, Any]]:
    """The address and the body of an agent's request. Turns are (user|assistant|call|result, text)."""
    match api:
        case "messages":
            sent: dict[str, Any] = {"model": model, "max_tokens": 900, "messages": [_message(*turn) for turn in turns]}
            if tool is not None:
                sent["tools"] = [{"name": tool, "input_schema": SCHEMA}]
            return "/v1/messages", {**sent, **more}
        case "responses":
            sent = {"model": model, "input": [_item(*turn) for turn in turns], "store": False}
            if tool is not None:
                sent["tools"] = [{"type": "function", "name": tool, "parameters": SCHEMA}]
            return "/v1/responses", {**sent, **more}
    sent = {"contents": [_content(*turn) for turn in turns]}
    if tool is not None:
        sent["tools"] = [{"functionDeclarations": [{"name": tool, "parametersJsonSchema": SCHEMA}]}]
    return f"/v1beta/models/{model}:generateContent", {**sent, **more}


def _message(kind: str, text: str) -> dict[str, Any]:
    match kind:
        case "call":
            block: Any = [{"type": "tool_use", "id": "toolu_1", "name": text, "input": {}}]
        case "result":
            block = [{"type": "tool_result", "tool_use_id": "toolu_1", "content": text}]
        case _:
            block = text
    return {"role": "assistant" if kind in ("assistant", "call") else "user", "content": block}


def _item(kind: str, text: str) -> dict[str, Any]:
    match kind:
        case "call":
            return {"type": "function_call", "call_id": "call_1", "name": text, "arguments": "{}"}
        case "result":
            return {"type": "function_call_output", "call_id": "call_1", "output": text}
    return {"role": kind, "content": text}


def _content(kind: str, text: str) -> dict[str, Any]:
    match kind:
        case "call":
            part: dict[str, Any] = {"functionCall": {"name": text, "args": {}}}
        case "result":
            part = {"functionResponse": {"name": READS, "response": {"output": text}}}
        case _:
            part = {"text": text}
    return {"role": "model" if kind in ("assistant", "call") else "user", "parts": [part]}


async def served(
    stack: Stack,
    api: str,
    *turns: Turn,
    tool: str | None = READS,
    model: str = "",
    url: str = "",
    headers: dict[str, str] | None = None,
    **more: Any,
) -> str:
    """The model that a request went to."""
    path, sent = body(api, list(turns), tool, model or ASKED[api], **more)
    own = {"x-api-key": stack.api_key, "content-type": "application/json", **(headers or {})}
    async with httpx.AsyncClient(timeout=30) as client:
        found = await client.post(f"{url or stack.url}{path}", content=json.dumps(sent).encode(), headers=own)
    assert found.status_code == 200, found.text
    return str(stack.provider.ledger[-1]["model"])


def auto(stack: Stack, **fields: Any) -> None:
    stack.change(settings=OptimizationSettings(level="off", cache_enabled=False, routing_mode="auto", **fields))


@pytest.fixture
async def judging(three: Stack) -> Stack:  # noqa: F811
    """The real router behind the gateway, and providers that take calls which nobody here has made."""
    await serve(three.bus, ROUTER)
    three.provider.strict = False
    auto(three)
    return three


@pytest.mark.parametrize("api", APIS)
async def test_an_agents_first_turn_is_judged(judging: Stack, api: str) -> None:
    assert await served(judging, api, ("user", EASY)) != ASKED[api]
    assert await served(judging, api, ("user", EASY), tool=None) != ASKED[api]


@pytest.mark.parametrize("api", APIS)
async def test_with_a_tool_that_writes_nothing_goes_down(judging: Stack, api: str) -> None:
    assert await served(judging, api, ("user", EASY), tool=WRITES) == ASKED[api]


@pytest.mark.parametrize("api", APIS)
async def test_a_session_keeps_its_model_where_its_turns_say_nothing_new(judging: Stack, api: str) -> None:
    first = await served(judging, api, ("user", EASY))
    for said in ("yes, go on", "ok", "ja, mach weiter"):
        turns = (("user", EASY), ("assistant", "Paris. Shall I go on?"), ("user", said))
        assert await served(judging, api, *turns) == first


@pytest.mark.parametrize("api", APIS)
async def test_a_loop_that_began_elsewhere_stays_with_the_requested_model(judging: Stack, api: str) -> None:
    turns = (("user", EASY), ("call", READS), ("result", "21 degrees"))
    assert await served(judging, api, *turns) == ASKED[api]


@pytest.mark.parametrize("api", APIS)
async def test_a_loop_goes_on_where_it_began_whatever_the_router_says_now(
    three: Stack,  # noqa: F811
    api: str,
    tmp_path: Path,
) -> None:
    """Also on another gateway, and where no call has an id, as with Gemini's clients."""
    three.provider.strict = False
    answers = ["gpt-4o-mini", "gpt-4o"]
    asked: list[RouteRequest] = []

    async def route(request: RouteRequest) -> RouteReply:
        asked.append(request)
        return RouteReply(model=request.pinned or answers[0], provider="openai", reason="rule")

    await three.bus.serve(ROUTE, route)
    auto(three)
    first = await served(three, api, ("user", EASY))
    answers.pop(0)
    assert first == "gpt-4o-mini"
    loop = (("user", EASY), ("call", READS), ("result", "21 degrees"))
    assert await served(three, api, *loop) == first
    assert asked[-1].pinned == first
    async with another_gateway(three, tmp_path) as url:
        assert await served(three, api, *loop, url=url.removesuffix("/v1")) == first
    # Another session with the same beginning has begun nowhere yet.
    own = {"x-session-id": "another"}
    assert await served(three, api, *loop, headers=own) == ASKED[api]


@pytest.mark.parametrize("api", APIS)
async def test_a_session_stays_where_it_is_while_the_router_is_away(three: Stack, api: str) -> None:  # noqa: F811
    three.provider.strict = False
    here = [True]

    async def route(_: RouteRequest) -> RouteReply:
        if not here:
            raise Unavailable("away")
        return RouteReply(model="gpt-4o-mini", provider="openai", reason="rule")

    await three.bus.serve(ROUTE, route)
    auto(three)
    first = await served(three, api, ("user", EASY))
    here.clear()
    turns = (("user", EASY), ("assistant", "Paris."), ("user", "And of Italy?"))
    assert await served(three, api, *turns) == first == "gpt-4o-mini"


async def test_a_subagent_is_a_session_of_its_own(judging: Stack) -> None:
    own = {"x-claude-code-session-id": "s1"}
    await served(judging, "messages", ("user", EASY), headers=own)
    await served(judging, "messages", ("user", EASY), headers={**own, "x-claude-code-agent-id": "a1"})
    found = [(event.session, event.agent) for event in judging.finished[-2:]]
    assert found[0][0] == found[1][0]
    assert found[0][1] is None
    assert found[1][1] is not None


@pytest.mark.parametrize(
    ("headers", "more"),
    [
        ({"thread-id": "s"}, {}),
        ({"session-id": "s"}, {}),
        ({"x-session-id": "s"}, {}),
        ({}, {"metadata": {"user_id": '{"device_id": "d", "session_id": "s"}'}}),
        ({"x-claude-code-session-id": "s"}, {"metadata": {"user_id": '{"session_id": "another"}'}}),
    ],
)
async def test_whatever_names_the_session_is_in_the_log(
    judging: Stack, headers: dict[str, str], more: dict[str, Any]
) -> None:
    await served(judging, "messages", ("user", EASY), headers={"x-session-id": "s"})
    await served(judging, "messages", ("user", EASY), headers=headers, **more)
    one, other = judging.finished[-2:]
    assert one.session == other.session is not None


async def test_thinking_between_turns_binds_nobody(judging: Stack) -> None:
    """Another model drops it; within a loop the loop stays where it is."""
    thought = {"role": "assistant", "content": [{"type": "thinking", "thinking": "", "signature": "s"}]}
    messages = [{"role": "user", "content": EASY}, thought, {"role": "user", "content": "ok"}]
    assert await served(judging, "messages", messages=messages) != ASKED["messages"]


@pytest.mark.parametrize(
    ("api", "more"),
    [
        ("responses", {"conversation": "conv_1"}),
        ("responses", {"background": True}),
        ("responses", {"tools": [{"type": "web_search"}]}),
        ("generate", {"cachedContent": "cachedContents/1"}),
        ("generate", {"tools": [{"googleSearch": {}}]}),
        ("messages", {"max_tokens": 0}),
    ],
)
async def test_what_is_bound_stays(judging: Stack, api: str, more: dict[str, Any]) -> None:
    assert await served(judging, api, ("user", EASY), tool=None, **more) == ASKED[api]


async def test_a_conversation_that_is_stored_here_is_judged_as_a_whole(tmp_path: Path) -> None:
    async with three_providers(tmp_path) as stack:
        await serve(stack.bus, ROUTER)
        auto(stack)
        model = ASKED["messages"]
        async with stack.client() as client:
            first = await client.responses.create(model=model, input=EASY)
            one = stack.provider.ledger[-1]["model"]
            await client.responses.create(model=model, input="yes, go on", previous_response_id=first.id)
        assert stack.provider.ledger[-1]["model"] == one != model
