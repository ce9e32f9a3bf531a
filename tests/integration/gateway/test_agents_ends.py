"""How requests to the Messages and Gemini APIs end: errors in their shapes, clients that leave, silence, and the router's choice."""

import asyncio
import json
import random
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from libs.common.contracts.analytics import SPENT, RequestQuery, Spent
from libs.common.contracts.auth import OptimizationSettings
from libs.common.contracts.router import ROUTE, RouteReply, RouteRequest
from services.gateway.pipeline.pipeline import Pipeline
from tests.fake_provider.script import Step
from tests.fixtures.gateway import Stack
from tests.fixtures.nats import until
from tests.fixtures.three_providers import MODELS, three, three_providers  # noqa: F401

GEMINI, GPT, CLAUDE = MODELS["google"], MODELS["openai"], MODELS["anthropic"]
STREAMS, AT_ONCE = 200, 20
LONG = Step(content="word " * 400, chunk_delay=0.05, repeat=STREAMS)
APIS = ("messages", "generate")


def request(api: str, model: str, *, stream: bool = False, text: str = "Hi", **more: Any) -> tuple[str, bytes]:
    """The address and the body of a request."""
    if api == "messages":
        messages = [{"role": "user", "content": text}]
        body = {"model": model, "max_tokens": 900, "stream": stream, "messages": messages, **more}
        return "/v1/messages", json.dumps(body).encode()
    method = "streamGenerateContent?alt=sse" if stream else "generateContent"
    contents = [{"role": "user", "parts": [{"text": text}]}]
    return f"/v1beta/models/{model}:{method}", json.dumps({"contents": contents, **more}).encode()


async def post(stack: Stack, api: str, model: str, **more: Any) -> httpx.Response:
    path, body = request(api, model, **more)
    headers = {"x-api-key": stack.api_key, "content-type": "application/json"}
    async with httpx.AsyncClient(timeout=30) as client:
        return await client.post(f"{stack.url}{path}", content=body, headers=headers)


def kind(api: str, found: httpx.Response) -> str:
    error = found.json()["error"]
    return str(error["type"] if api == "messages" else error["status"])


@pytest.mark.parametrize("api", APIS)
async def test_a_rate_limit_says_when_to_come_back(three: Stack, api: str) -> None:  # noqa: F811
    three.change(rpm=1)
    found = [await post(three, api, CLAUDE) for _ in range(2)]
    assert [one.status_code for one in found] == [200, 429]
    assert kind(api, found[1]) == {"messages": "rate_limit_error", "generate": "RESOURCE_EXHAUSTED"}[api]
    assert found[1].headers["retry-after"]


@pytest.mark.parametrize("api", APIS)
async def test_a_budget_that_is_used_up(three: Stack, api: str) -> None:  # noqa: F811
    async def spent(_: RequestQuery) -> Spent:
        return Spent(nano=0)

    await three.bus.serve(SPENT, spent)
    three.change(monthly_budget_nano=1)
    found = await post(three, api, CLAUDE)
    assert found.status_code == 402
    assert kind(api, found) == {"messages": "billing_error", "generate": "RESOURCE_EXHAUSTED"}[api]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("api", APIS)
async def test_a_fault_of_ours(three: Stack, api: str, stream: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    async def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr(Pipeline, "serve", fail)
    found = await post(three, api, CLAUDE, stream=stream)
    assert found.status_code == 500
    assert kind(api, found) == {"messages": "api_error", "generate": "INTERNAL"}[api]
    assert "secret" not in found.text
    assert found.headers["x-request-id"] == found.headers["x-promptly-request-id"]


async def leave_after(stack: Stack, api: str, model: str, size: int) -> None:
    """Ask, read so many bytes of whatever comes, and close the connection."""
    where = urlsplit(stack.url)
    path, body = request(api, model, stream=True, text=f"Tell me of {size}.")
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    head = f"POST {path} HTTP/1.1\r\nhost: x\r\nx-api-key: {stack.api_key}\r\ncontent-type: application/json\r\n"
    writer.write(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
    if size:
        await reader.readexactly(size)
    else:
        asked = len(stack.provider.ledger)
        await until(lambda: len(stack.provider.ledger) > asked)
    writer.transport.abort()


@pytest.mark.parametrize("api", APIS)
async def test_every_upstream_is_hung_up_on_and_every_request_recorded(tmp_path: Path, api: str) -> None:
    rng = random.Random(7)
    models = ("gpt-4o", "claude-haiku-4-5", "gemini-2.5-flash")
    async with three_providers(tmp_path) as stack:
        stack.provider.script.add("*", [LONG])
        for wave in range(0, STREAMS, AT_ONCE):
            sizes = [0 if rng.random() < 0.1 else rng.randint(1, 3000) for _ in range(AT_ONCE)]
            leaving = (leave_after(stack, api, models[(wave + n) % 3], size) for n, size in enumerate(sizes))
            await asyncio.gather(*leaving)
            async with asyncio.timeout(1):
                await until(lambda: all(entry["closed_early"] for entry in stack.provider.ledger))
        await until(lambda: len(stack.finished) == STREAMS)
        assert len(stack.provider.ledger) == STREAMS
        assert {event.status for event in stack.finished} == {"cancelled"}
        assert all(event.tokens.input > 0 and event.stream for event in stack.finished)
        assert all(event.actual_cost_nano for event in stack.finished)
        assert len({event.id for event in stack.finished}) == STREAMS
        assert sum(event.tokens.output > 0 for event in stack.finished) > STREAMS / 2


@pytest.mark.parametrize(("api", "sign"), [("messages", b"event: ping\n"), ("generate", b"\n")])
async def test_a_silent_stream_shows_that_there_is_more_to_come(tmp_path: Path, api: str, sign: bytes) -> None:
    async with three_providers(tmp_path, keep_alive=0.1) as stack:
        stack.provider.script.add(GPT, [Step(content="At noon. " * 3, chunk_delay=0.35)])
        found = await post(stack, api, GPT, stream=True)
        lines = found.content.splitlines(keepends=True)
        assert lines.count(sign) > (2 if api == "messages" else 12)
        assert b": ping" not in found.content.replace(b"event: ping", b"")


async def routed(stack: Stack) -> list[RouteRequest]:
    """A router that sends everything to another provider's model; what it was asked."""
    asked: list[RouteRequest] = []

    async def route(request: RouteRequest) -> RouteReply:
        asked.append(request)
        return RouteReply(model=GPT, provider="openai", reason="rule")

    await stack.bus.serve(ROUTE, route)
    settings = OptimizationSettings(level="aggressive", cache_enabled=False, routing_mode="auto")
    stack.change(settings=settings)
    return asked


@pytest.mark.parametrize("api", APIS)
async def test_a_plain_question_goes_where_the_router_says(three: Stack, api: str) -> None:  # noqa: F811
    asked = await routed(three)
    found = await post(three, api, GEMINI, text="What is a tide?")
    assert found.status_code == 200
    assert [entry["model"] for entry in three.provider.ledger] == [GPT]
    assert asked[0].prompt == "What is a tide?"
    assert found.headers["x-promptly-model"].startswith(GPT)


@pytest.mark.parametrize(
    "more",
    [
        {"container": "c"},
        {"messages": [{"role": "user", "content": [{"type": "container_upload", "file_id": "f"}]}]},
        {"tools": [{"type": "web_search_20250305", "name": "web_search"}]},
        {"output_config": {"task_budget": {"type": "tokens", "total": 9}}},
    ],
    ids=["container", "file", "search", "budget"],
)
async def test_what_is_bound_keeps_its_model(three: Stack, more: dict[str, Any]) -> None:  # noqa: F811
    three.provider.strict = False
    asked = await routed(three)
    assert (await post(three, "messages", CLAUDE, **more)).status_code == 200
    assert asked == []
    assert [entry["model"] for entry in three.provider.ledger] == [CLAUDE]
