"""The Messages API where Anthropic serves: what goes out is what came in, and what comes back is what the provider said."""

import asyncio
import hashlib
import json
import re
from typing import Any

import httpx
import pytest

from tests.fake_provider.script import Step
from tests.fixtures.gateway import Stack
from tests.fixtures.three_providers import three  # noqa: F401

MODEL = "claude-opus-5-5"
BODY: dict[str, Any] = {
    "model": MODEL,
    "max_tokens": 64,
    "messages": [{"role": "user", "content": "What is the tide in Tórshavn?"}],
}
_NUMBER = re.compile(rb"(?<=fake)\d+")
BETAS = "context-management-2025-06-27,per-turn-control-2026-07-01"


def raw(body: dict[str, Any], **more: Any) -> bytes:
    """A body as a client may write it: spaces, escapes and the order of its keys are its own."""
    return json.dumps({**body, **more}, indent=1).encode()


async def post(stack: Stack, body: bytes, *, query: str = "?beta=true", **headers: str) -> httpx.Response:
    own = {"x-api-key": stack.api_key, "anthropic-version": "2023-06-01", "content-type": "application/json"}
    async with httpx.AsyncClient(timeout=20) as client:
        return await client.post(f"{stack.url}/v1/messages{query}", content=body, headers={**own, **headers})


async def direct(stack: Stack, body: bytes) -> httpx.Response:
    headers = {"x-api-key": "sk-anthropic", "anthropic-version": "2023-06-01", "content-type": "application/json"}
    async with httpx.AsyncClient(timeout=20) as client:
        return await client.post(f"{stack.provider_url}/v1/messages?beta=true", content=body, headers=headers)


def same(one: bytes, other: bytes) -> bool:
    """Whether two answers differ in nothing but the number that this provider counts its answers with."""
    return _NUMBER.sub(b"", one) == _NUMBER.sub(b"", other)


async def row(stack: Stack) -> Any:
    """The one record of the last request."""
    for _ in range(100):
        if stack.finished:
            break
        await asyncio.sleep(0.02)
    (found,) = stack.finished
    stack.finished.clear()
    return found


@pytest.mark.parametrize("stream", [False, True])
async def test_1_8_1_a_request_and_its_answer_pass_unchanged(three: Stack, stream: bool) -> None:  # noqa: F811
    three.provider.strict = False
    body = raw(BODY, stream=stream, foo={"unknown": [1.0, 2e3]})
    found = await post(three, body, **{"anthropic-beta": BETAS})
    assert found.status_code == 200, found.text
    sent = three.provider.ledger[-1]
    assert sent["sha256"] == hashlib.sha256(body).hexdigest()
    assert sent["target"] == "/v1/messages?beta=true"
    assert sent["headers"]["anthropic-beta"] == BETAS
    assert sent["headers"]["x-api-key"] == "sk-anthropic"
    said = await direct(three, body)
    assert same(found.content, said.content)
    assert found.headers["content-type"].split(";")[0] == said.headers["content-type"].split(";")[0]
    assert found.headers["x-promptly-model"] == MODEL
    assert found.headers["request-id"]
    assert found.headers["x-request-id"]
    event = await row(three)
    assert (event.kind, event.target_surface, event.raw, event.status) == ("messages", "messages", True, "success")
    assert event.tokens.input
    assert event.tokens.output
    assert event.actual_cost_nano
    assert event.stop == "end_turn"


async def test_1_8_11_the_key_is_the_one_that_is_promptlys(three: Stack) -> None:  # noqa: F811
    found = await post(three, raw(BODY), authorization="Bearer sk-ant-oat01-foreign")
    assert found.status_code == 200
    headers = three.provider.ledger[-1]["headers"]
    assert headers["x-api-key"] == "sk-anthropic"
    assert "authorization" not in headers
    assert three.api_key not in json.dumps(headers)
    bearer = await post(three, raw(BODY), authorization=f"Bearer {three.api_key}", **{"x-api-key": "sk-ant-foreign"})
    assert bearer.status_code == 200


async def test_1_8_13_a_stream_in_single_bytes_passes_unchanged(three: Stack) -> None:  # noqa: F811
    body = raw(BODY, stream=True)
    step = Step(content="Low at noon.", dribble=1, crlf=True, comments=True)
    three.provider.script.add(MODEL, [step, step])
    found = await post(three, body)
    said = await direct(three, body)
    assert same(found.content, said.content)
    assert b": keep-alive\r\n\r\n" in found.content


async def test_1_8_14_an_error_before_any_content_is_tried_again(three: Stack) -> None:  # noqa: F811
    three.provider.script.add(MODEL, [Step(error_after=1, code="overloaded_error"), Step(content="Now.")])
    found = await post(three, raw(BODY, stream=True))
    assert found.content.count(b"event: message_start") == 1
    assert b"Now." in found.content
    assert b"event: error" not in found.content
    event = await row(three)
    assert event.status == "success"


async def test_1_8_15_an_error_after_content_ends_the_stream(three: Stack) -> None:  # noqa: F811
    three.provider.script.add(MODEL, [Step(content="one two three four five", error_after=9, chunk_delay=0.02)])
    found = await post(three, raw(BODY, stream=True))
    assert found.content.count(b"event: error") == 1
    assert b"message_stop" not in found.content
    event = await row(three)
    assert event.status == "error"
    assert event.tokens.input
    assert event.tokens.output


async def test_a_stream_that_is_cut_ends_with_an_error(three: Stack) -> None:  # noqa: F811
    three.provider.script.add(MODEL, [Step(content="one two three four five", cut_after=9)])
    found = await post(three, raw(BODY, stream=True))
    assert found.content.count(b"event: error") == 1
    assert b"message_stop" not in found.content
    event = await row(three)
    assert (event.status, event.error_code) == ("error", "upstream_truncated")
    assert event.tokens.output


@pytest.mark.parametrize("stream", [False, True])
async def test_a_providers_error_passes_as_it_came(three: Stack, stream: bool) -> None:  # noqa: F811
    message = "messages.3: thinking blocks cannot be modified"
    three.provider.script.add(MODEL, [Step(status=400, message=message)] * 2)
    found = await post(three, raw(BODY, stream=stream))
    said = await direct(three, raw(BODY, stream=stream))
    assert found.status_code == 400
    assert same(found.content, said.content)
    event = await row(three)
    assert (event.status, event.status_code) == ("error", 400)


async def test_a_providers_word_on_our_key_is_not_the_clients(three: Stack) -> None:  # noqa: F811
    three.provider.script.add(MODEL, [Step(status=401, message="invalid x-api-key")] * 3)
    found = await post(three, raw(BODY))
    assert found.status_code == 502
    assert found.json()["error"]["type"] == "api_error"
    assert "rejected this organization's key" in found.json()["error"]["message"]


async def test_errors_have_anthropics_shape(three: Stack) -> None:  # noqa: F811
    unknown = await post(three, raw(BODY), **{"x-api-key": "sk-ant-none"})
    missing = await post(three, raw({**BODY, "model": "nobody-knows"}))
    broken = await post(three, b'{"model":')
    no_route = await post(three, raw(BODY), query="/nothing")
    async with httpx.AsyncClient() as client:
        method = await client.get(f"{three.url}/v1/messages")
    kinds = []
    for found in (unknown, missing, broken, no_route, method):
        answer = found.json()
        assert answer["type"] == "error"
        assert answer["request_id"] == found.headers["request-id"] == found.headers["x-promptly-request-id"]
        kinds.append((found.status_code, answer["error"]["type"]))
    assert kinds == [
        (401, "authentication_error"),
        (404, "not_found_error"),
        (400, "invalid_request_error"),
        (404, "not_found_error"),
        (405, "invalid_request_error"),
    ]
