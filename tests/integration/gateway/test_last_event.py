"""Clients that hang up on the last event have had their answer: coding agents do so after every turn."""

from typing import Any

import httpx
import pytest

from tests.fake_provider.script import Step
from tests.fixtures.gateway import Stack
from tests.fixtures.nats import until

MESSAGES = [{"role": "user", "content": "Hello"}]
ASKED: dict[str, tuple[str, dict[str, Any], bytes]] = {
    "responses": ("/v1/responses", {"input": "Hello", "store": False}, b'"type":"response.completed"'),
    "chat": (
        "/v1/chat/completions",
        {"messages": MESSAGES, "stream_options": {"include_usage": True}},
        b'"usage":{',
    ),
}


@pytest.mark.parametrize("name", ASKED)
async def test_whoever_leaves_on_the_last_event_was_answered(stack: Stack, name: str) -> None:
    path, body, last = ASKED[name]
    # The provider keeps the line open behind its last event, so that the client is gone before the stream has ended.
    stack.provider.script.add("*", [Step(content="Hello there.", chunk_delay=0.05)])
    headers = {"authorization": f"Bearer {stack.api_key}"}
    seen = b""
    async with httpx.AsyncClient(timeout=10) as client:
        asked = {"model": "gpt-4o", "stream": True, **body}
        async with client.stream("POST", f"{stack.url}{path}", json=asked, headers=headers) as answer:
            async for piece in answer.aiter_raw():
                seen += piece
                if last in seen:
                    break
    await until(lambda: len(stack.finished) == 1)
    event = stack.finished[0]
    assert (event.status, event.status_code, event.error_code) == ("success", 200, None)
    assert event.tokens.output > 0


async def test_whoever_leaves_before_it_was_not(stack: Stack) -> None:
    stack.provider.script.add("*", [Step(content="Hello there, and more.", chunk_delay=0.05)])
    headers = {"authorization": f"Bearer {stack.api_key}"}
    async with httpx.AsyncClient(timeout=10) as client:
        asked = {"model": "gpt-4o", "stream": True, "input": "Hello", "store": False}
        async with client.stream("POST", f"{stack.url}/v1/responses", json=asked, headers=headers) as answer:
            async for _ in answer.aiter_raw():
                break
    await until(lambda: len(stack.finished) == 1)
    assert (stack.finished[0].status, stack.finished[0].status_code) == ("cancelled", 499)
