"""Conversations of megabytes: they are shortened, they say so where they are not, and nobody else waits for them."""

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from libs.common.contracts.auth import OptimizationSettings
from libs.common.contracts.optimizer import OPTIMIZE, OptimizeReply, OptimizeRequest
from libs.common.web import serve_http
from services.optimizer.app import load_similarity
from services.optimizer.pipeline import Optimizer
from tests.fake_provider.app import FakeProvider
from tests.fixtures.gateway import Stack, gateway_stack

Messages = list[dict[str, Any]]
ON = OptimizationSettings(level="moderate", cache_enabled=False, routing_mode="manual")
_LOG = "2026-03-04 12:00:{:02d} worker[{}]: \"loaded\" C:\\\\jobs\\\\{} in {} ms {{'ok': [1, 2]}}"


def talk(size: int) -> Messages:
    """An agent's loop of so many bytes, or a few more."""
    said: Messages = [{"role": "user", "content": "Find out why the import fails, and mend it. Change nothing else."}]
    at, found = 0, 0
    while found < size:
        log = "\n".join(_LOG.format(line % 60, at, line, at * line) for line in range(400))
        call = {
            "id": f"c{at}",
            "type": "function",
            "function": {"name": "run_command", "arguments": '{"command": "make"}'},
        }
        said += [
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": f"c{at}", "content": log},
        ]
        found += len(json.dumps(log)) + 300
        at += 1
    return [*said, {"role": "assistant", "content": "It fails."}, {"role": "user", "content": "Go on."}]


class Asked:
    """The optimizer, and what it was asked."""

    def __init__(self, optimizer: Optimizer) -> None:
        self._optimizer = optimizer
        self.requests: list[OptimizeRequest] = []

    async def __call__(self, request: OptimizeRequest) -> OptimizeReply:
        self.requests.append(request)
        return await asyncio.to_thread(self._optimizer.answer, request)


@contextmanager
def provider_elsewhere() -> Iterator[int]:
    """A provider in a thread of its own, so that what it reads is not the gateway's time; its port."""
    loop, port, done = asyncio.new_event_loop(), list[int](), threading.Event()
    stop = asyncio.Event()

    async def serve() -> None:
        async with serve_http(FakeProvider(), "127.0.0.1", 0, 1) as served:  # type: ignore[arg-type]
            port.append(served.port)
            done.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    done.wait(10)
    try:
        yield port[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()


@pytest.fixture
def elsewhere() -> Iterator[int]:
    with provider_elsewhere() as port:
        yield port


@pytest.fixture
async def long(tmp_path: Path, elsewhere: int) -> AsyncIterator[Stack]:
    async with gateway_stack(tmp_path, allowed_hosts=f"127.0.0.1:{elsewhere}", optimize_budget_ms=60_000.0) as stack:
        key = stack.seal("openai", "sk-provider-key", base_url=f"http://127.0.0.1:{elsewhere}/v1")
        stack.change(settings=ON, provider_keys=(key,))
        yield stack


@pytest.fixture
def asked(model_dir: Path) -> Asked:
    return Asked(Optimizer(load_similarity(str(model_dir)), cache_bytes=64_000_000))


async def send(stack: Stack, body: bytes) -> dict[str, Any]:
    """What the answer says about it. Sent from a thread: what that costs the client is not the gateway's."""

    def post() -> httpx.Response:
        headers = {"authorization": f"Bearer {stack.api_key}", "content-type": "application/json"}
        return httpx.post(
            f"{stack.url}/v1/chat/completions", content=body, headers=headers, timeout=60, trust_env=False
        )

    answer = await asyncio.to_thread(post)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["promptly_metadata"]
    return found


def written(messages: Messages) -> bytes:
    return json.dumps({"model": "gpt-4o", "messages": messages}).encode()


async def test_a_conversation_of_megabytes_is_shortened_and_sent_over_the_bus_once(long: Stack, asked: Asked) -> None:
    await long.bus.serve(OPTIMIZE, asked)
    messages = talk(3 << 20)
    for turn in range(3):
        said = await send(long, written(messages))
        assert said["degraded"] == []
        assert said["optimized_tokens"] < said["original_tokens"] / 4
        messages += [{"role": "assistant", "content": f"That was {turn}."}, {"role": "user", "content": "And now?"}]
    assert [request.known > 0 for request in asked.requests] == [False, True, True]
    assert [len(request.messages) > 1 << 20 for request in asked.requests] == [True, False, False]


@pytest.mark.parametrize("size", ["all of it", "one message"])
async def test_what_is_too_long_says_so(long: Stack, asked: Asked, size: str) -> None:
    await long.bus.serve(OPTIMIZE, asked)
    one = {"role": "user", "content": "What is this? " * 80_000}
    said = await send(long, written(talk(8 << 20) if size == "all of it" else [*talk(1 << 10), one]))
    assert said["degraded"] == ["optimizer"]
    assert asked.requests == []


async def test_the_largest_body_does_not_stop_the_loop(long: Stack) -> None:
    # Nobody answers for the optimizer: what it reads would be counted here, and is another process's.
    body = written(talk((8 << 20) - (400 << 10)))
    assert 7 << 20 < len(body) < 8 << 20
    await send(long, written(talk(1 << 10)))
    longest, running = 0.0, True

    async def watch() -> None:
        nonlocal longest
        while running:
            began = time.thread_time()
            await asyncio.sleep(0)
            longest = max(longest, time.thread_time() - began)  # processor time: the machine may be busy

    watching = asyncio.create_task(watch())
    said = await send(long, body)
    running = False
    await watching
    assert said["degraded"] == ["optimizer"]
    assert longest < 0.02, f"{1000 * longest:.0f} ms"
