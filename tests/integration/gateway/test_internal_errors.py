"""An exception that nobody expected, in any step: one record, nothing held any more, and a client that knows."""

import asyncio
import gc
import json
from typing import Any

import httpx
import msgspec
import pytest

from libs.common.contracts.analytics import SPENT, RequestQuery, Spent
from libs.common.contracts.auth import OptimizationSettings
from services.gateway.clients.cache import BusCache, BusRouter
from services.gateway.clients.credits import SharedCredits
from services.gateway.clients.idempotency import BusIdempotencyStore
from services.gateway.clients.optimizer import BusOptimizer
from services.gateway.clients.provider_http import HttpProviders
from services.gateway.clients.tool_call_store import BusToolCallStore
from services.gateway.endpoints.openai_chat import ChatStream, OpenAIChat
from services.gateway.endpoints.openai_completions import OpenAICompletions
from services.gateway.http import respond
from services.gateway.pipeline import budget_check, recorder, request_metrics, responder
from services.gateway.pipeline.cache_lookup import CacheLookup
from services.gateway.pipeline.optimize import OptimizeApi
from services.gateway.pipeline.planner import Planner
from services.gateway.state.prefix_cache import PrefixCacheTracker
from services.gateway.state.provider_health import ProviderHealth
from services.gateway.translate import optimizing
from services.gateway.translate.completions import CompletionEvents
from tests.fake_provider.script import Step
from tests.fixtures.gateway import Stack
from tests.integration.gateway.test_optimize import Parts, ask, serve
from tests.integration.gateway.test_single_flight import played

ASK: dict[str, Any] = {
    "model": "gpt-4o",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "What is a monad?"}],
}
# One call at a time: what a request leaves reserved, the next one lacks.
BUDGET = 1_500_000

BOTH: list[tuple[Any, str]] = [
    *(
        (CacheLookup, "exact"),
        (BusCache, "exact"),
        (BusCache, "semantic"),
        (Planner, "plan"),
        (Planner, "select_target"),
    ),
    *(
        (BusOptimizer, "optimize"),
        (BusRouter, "route"),
        (PrefixCacheTracker, "lookup"),
        (budget_check, "expected_nano"),
    ),
    *((OpenAIChat, "encode"), (ProviderHealth, "circuit_open"), (ProviderHealth, "succeeded")),
    *((responder, "count"), (responder, "price_call"), (responder, "response_metadata"), (BusCache, "store")),
    (recorder, "completion_event"),
]
PLAIN: list[tuple[Any, str]] = [
    *((HttpProviders, "complete"), (OpenAIChat, "decode"), (OpenAIChat, "read"), (OpenAIChat, "with_metadata")),
]
STREAMED: list[tuple[Any, str]] = [
    *((HttpProviders, "stream"), (OpenAIChat, "stream"), (ChatStream, "feed"), (ChatStream, "check")),
    *((ChatStream, "summary"), (ChatStream, "body"), (ChatStream, "ending")),
]
SETTINGS = OptimizationSettings(level="moderate", routing_mode="auto")


class Fault(Exception):
    """A bug."""


def broken(*_: Any, **__: Any) -> Any:
    raise Fault


async def prepared(stack: Stack) -> None:
    async def nothing(_: RequestQuery) -> Spent:
        return Spent(nano=0)

    await stack.bus.serve(SPENT, nothing)
    await played(stack)
    stack.change(settings=SETTINGS, monthly_budget_nano=BUDGET)


async def sent(stack: Stack, path: str = "chat/completions", **body: Any) -> httpx.Response:
    async with httpx.AsyncClient(timeout=10) as client:
        headers = {"authorization": f"Bearer {stack.api_key}"}
        return await client.post(f"{stack.url}/v1/{path}", json={**ASK, **body}, headers=headers)


async def until_recorded(stack: Stack) -> None:
    async with asyncio.timeout(10):
        while not stack.finished:
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)


def errors_in(answer: httpx.Response) -> list[Any]:
    """The error codes that a client gets to see."""
    if answer.headers["content-type"].startswith("application/json"):
        return [answer.json()["error"]["code"]]
    data = [line.removeprefix("data: ") for line in answer.text.splitlines() if line.startswith("data: {")]
    return [found["error"]["code"] for found in map(json.loads, data) if "error" in found]


def assert_one_record(stack: Stack) -> None:
    (event,) = stack.finished
    assert (event.status, event.status_code, event.error_code) == ("error", 500, "internal_error")


@pytest.mark.parametrize(
    ("stream", "where", "name"),
    [
        *((False, where, name) for where, name in [*BOTH, *PLAIN]),
        *((True, where, name) for where, name in [*BOTH, *STREAMED]),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)).rpartition(".")[2],
)
async def test_a_fault_in_a_step(
    stream: bool, where: Any, name: str, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    await prepared(stack)
    if name == "store":  # a hit of the cache stores nothing
        stack.change(settings=msgspec.structs.replace(SETTINGS, level="off", routing_mode="manual"))
    with monkeypatch.context() as patched:
        patched.setattr(where, name, broken)
        answer = await sent(stack, stream=stream)
        await until_recorded(stack)
    assert errors_in(answer) == ["internal_error"]
    assert answer.status_code == (200 if "event-stream" in answer.headers["content-type"] else 500)
    assert_one_record(stack)
    # Its budget is free again, and nobody waits for its answer.
    again = await sent(stack, stream=stream)
    assert again.status_code == 200
    assert not stream or not errors_in(again)


async def test_a_fault_after_the_first_byte_of_a_stream(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    await prepared(stack)
    stack.provider.script.add("gpt-4o", [Step(content="a b c d e f g h", chunk_delay=0.05)])
    feed, calls = ChatStream.feed, 0

    def sometimes(self: ChatStream, piece: bytes) -> bytes:
        nonlocal calls
        calls += 1
        return feed(self, piece) if calls < 4 else broken()  # type: ignore[no-any-return]

    monkeypatch.setattr(ChatStream, "feed", sometimes)
    answer = await sent(stack, stream=True)
    await until_recorded(stack)
    assert answer.status_code == 200
    assert errors_in(answer) == ["internal_error"]
    assert "[DONE]" not in answer.text
    assert_one_record(stack)


async def test_what_cannot_be_counted_is_recorded_all_the_same(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that leaves in the middle, and a fault while its tokens are counted."""
    await prepared(stack)
    monkeypatch.setattr(responder, "count", broken)
    async with httpx.AsyncClient(timeout=10) as client:
        headers = {"authorization": f"Bearer {stack.api_key}"}
        asked = client.stream("POST", f"{stack.url}/v1/chat/completions", json={**ASK, "stream": True}, headers=headers)
        async with asked as answer:
            await anext(answer.aiter_raw())
    await until_recorded(stack)
    assert_one_record(stack)


async def test_metrics_that_fail_cost_no_answer(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    await prepared(stack)
    monkeypatch.setattr(request_metrics, "_measure", broken)
    assert (await sent(stack)).status_code == 200
    await until_recorded(stack)
    assert [event.status for event in stack.finished] == ["success"]


async def test_tool_calls_that_cannot_be_kept(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    await prepared(stack)
    monkeypatch.setattr(BusToolCallStore, "save", broken)
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
    choice = {"type": "function", "function": {"name": "f"}}
    answer = await sent(stack, tools=[tool], tool_choice=choice)
    await until_recorded(stack)
    assert len(stack.finished) == 1
    assert (answer.status_code == 200) == (stack.finished[0].status == "success")


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("where", "name"),
    [*BOTH[:1], (OpenAICompletions, "join"), (OpenAICompletions, "events"), (CompletionEvents, "feed")],
)
async def test_a_fault_in_completions(
    where: Any, name: str, stream: bool, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    if stream == (name == "join") and where is not CacheLookup:
        pytest.skip("belongs to the other kind of answer")
    await prepared(stack)
    stack.change(monthly_budget_nano=None)
    body = {"prompt": ["One?", "Two?"], "messages": None, "stream": stream}
    with monkeypatch.context() as patched:
        patched.setattr(where, name, broken)
        async with httpx.AsyncClient(timeout=10) as client:
            answer = await client.post(
                f"{stack.url}/v1/completions",
                json={name: value for name, value in {**ASK, **body}.items() if value is not None},
                headers={"authorization": f"Bearer {stack.api_key}"},
            )
        await until_recorded(stack)
    assert errors_in(answer) == ["internal_error"]
    assert_one_record(stack)


async def test_a_client_that_leaves_a_stream_of_completions_is_recorded(stack: Stack) -> None:
    stack.provider.script.add("gpt-4o", [Step(content="word " * 50, chunk_delay=0.2)])
    body = {"model": "gpt-4o", "prompt": ["One?"], "stream": True}
    async with httpx.AsyncClient(timeout=10) as client:
        headers = {"authorization": f"Bearer {stack.api_key}"}
        asked = client.stream("POST", f"{stack.url}/v1/completions", json=body, headers=headers)
        async with asked as answer:
            await anext(answer.aiter_raw())
    await until_recorded(stack)
    assert [(event.status, event.kind) for event in stack.finished] == [("cancelled", "completion")]


async def test_a_stream_that_nobody_reads_is_recorded(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the pipeline and the socket something fails, so that nobody asks for the first piece."""
    monkeypatch.setattr(respond, "StreamingAnswer", broken)
    answer = await sent(stack, stream=True)
    assert answer.status_code == 500
    gc.collect()
    await until_recorded(stack)
    assert len(stack.finished) == 1


@pytest.mark.parametrize("key", [None, "order-17"])
@pytest.mark.parametrize(
    ("where", "name", "charged"),
    [
        (OptimizeApi, "_count", False),
        (OptimizeApi, "_make", False),
        (BusOptimizer, "optimize_text", False),
        (SharedCredits, "reserve", False),
        (optimizing, "answer", False),
        (BusIdempotencyStore, "end", False),
        (request_metrics, "_measure", True),
    ],
)
async def test_a_fault_in_an_optimize_call(
    where: Any, name: str, charged: bool, key: str | None, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name == "end" and key is None:
        pytest.skip("needs an idempotency key")
    parts = Parts()
    await serve(stack, parts)
    headers = {"idempotency-key": key} if key else {}
    with monkeypatch.context() as patched:
        patched.setattr(where, name, broken)
        answer = await ask(stack, headers=headers)
        await until_recorded(stack)
    (event,) = stack.finished
    if charged:
        assert (answer.status_code, event.status) == (200, "success")
    else:
        assert (answer.status_code, answer.json()["error"]["code"]) == (500, "INTERNAL_ERROR")
        assert (event.status, event.status_code, event.error_code) == ("error", 500, "internal_error")
    assert bool(event.charged_tokens) == charged
    if name != "end":  # the broken one: such a key expires by itself
        assert (await ask(stack, headers=headers)).status_code == 200
    await stack.app.quiesce()
    assert sum(one.used for one in parts.settled) == sum(event.charged_tokens for event in stack.finished)
    assert parts.leases == {}
