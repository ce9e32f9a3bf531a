"""Streams that break, dribble and are left, in every format; and what the ledger says of them."""

import asyncio
import json
from typing import Any

import anthropic
import httpx
import openai
import pytest

from tests.fake_provider.script import Step
from tests.fixtures.nats import until
from tests.integration.fake_provider.conftest import Upstream

TEXT = "Grüße 🌍 — naïve 文字."
_USER = [{"role": "user", "content": "Hello."}]
FORMATS: dict[str, tuple[str, dict[str, Any], dict[str, str]]] = {
    "openai": (
        "/v1/chat/completions",
        {"model": "gpt-4o", "messages": _USER, "stream": True},
        {"authorization": "Bearer sk-test"},
    ),
    "anthropic": (
        "/v1/messages",
        {"model": "claude-sonnet-4-6", "max_tokens": 9, "messages": _USER, "stream": True},
        {"x-api-key": "sk-test", "anthropic-version": "2023-06-01"},
    ),
    "google": (
        "/v1beta/models/gemini-3.5-flash:streamGenerateContent?alt=sse",
        {"contents": [{"role": "user", "parts": [{"text": "Hello."}]}]},
        {"x-goog-api-key": "test"},
    ),
}
LAST = {"openai": b"[DONE]", "anthropic": b"message_stop", "google": b"finishReason"}
everywhere = pytest.mark.parametrize("name", FORMATS)


@everywhere
async def test_dribble_line_ends_and_comments_change_no_byte_of_the_data(upstream: Upstream, name: str) -> None:
    upstream.play(
        Step(content=TEXT), Step(content=TEXT, dribble=1, crlf=True), Step(content=TEXT, dribble=3, comments=True)
    )
    path, body, headers = FORMATS[name]
    plain, crlf, commented = [(await upstream.post(path, body, headers)).content for _ in range(3)]
    events = plain.count(b"\n\n")
    assert crlf.count(b"\r\n\r\n") == events
    assert commented.count(b": keep-alive\n\n") == events
    seen = [_words(text) for text in (plain, crlf.replace(b"\r\n", b"\n"), commented.replace(b": keep-alive\n\n", b""))]
    assert seen[0] == seen[1] == seen[2]


def _words(stream: bytes) -> list[Any]:
    """The data of a stream without its ids and times."""
    data = [line.removeprefix(b"data: ") for line in stream.split(b"\n") if line.startswith(b"data: ")]
    values = [json.loads(line) for line in data if line != b"[DONE]"]
    for value in values:
        for key in ("id", "created", "responseId"):
            value.pop(key, None)
        value.get("message", {}).pop("id", None)
    return values


@everywhere
async def test_a_stream_that_ends_early_looks_complete_to_http(upstream: Upstream, name: str) -> None:
    upstream.play(Step(end_after=3))
    path, body, headers = FORMATS[name]
    answer = await upstream.post(path, body, headers)
    assert answer.content.count(b"\n\n") == 3
    assert LAST[name] not in answer.content


@everywhere
@pytest.mark.parametrize("step", [Step(cut_after=3), Step(reset_after=3)], ids=["cut", "reset"])
async def test_a_stream_that_is_broken_off_is_an_error_to_http(upstream: Upstream, name: str, step: Step) -> None:
    upstream.play(step)
    path, body, headers = FORMATS[name]
    with pytest.raises(httpx.TransportError):
        await upstream.post(path, body, headers)
    assert upstream.last["closed_early"] is False


@everywhere
async def test_a_reset_is_a_reset_to_tcp(upstream: Upstream, name: str) -> None:
    upstream.play(Step(reset_after=3))
    path, body, headers = FORMATS[name]
    lines = [f"POST {path} HTTP/1.1", "Host: x", *(f"{key}: {value}" for key, value in headers.items())]
    raw = json.dumps(body).encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", int(upstream.url.rsplit(":", 1)[1]))
    writer.write("\r\n".join([*lines, f"Content-Length: {len(raw)}", "", ""]).encode() + raw)
    with pytest.raises(ConnectionResetError):
        await reader.read()
    writer.close()


@everywhere
async def test_a_plain_answer_can_be_reset_too(upstream: Upstream, name: str) -> None:
    upstream.play(Step(reset_after=0))
    path, body, headers = FORMATS[name]
    plain = path.replace("streamGenerateContent?alt=sse", "generateContent")
    with pytest.raises(httpx.TransportError):
        await upstream.post(plain, {key: value for key, value in body.items() if key != "stream"}, headers)


async def test_an_error_in_the_middle_is_an_exception_of_each_sdk(upstream: Upstream) -> None:
    upstream.play(Step(error_after=4, message="Overloaded", code="overloaded_error"))
    chat = await upstream.openai().chat.completions.create(model="gpt-4o", messages=_USER, stream=True)
    with pytest.raises(openai.APIError, match="Overloaded"):
        async for _ in chat:
            pass
    upstream.play(Step(error_after=4, message="Overloaded", code="overloaded_error"))
    messages = await upstream.anthropic().messages.create(
        model="claude-sonnet-4-6", max_tokens=9, messages=_USER, stream=True
    )
    with pytest.raises(anthropic.APIStatusError, match="overloaded_error"):
        async for _ in messages:
            pass
    upstream.play(Step(error_after=2, message="Overloaded", code="UNAVAILABLE"))
    path, body, headers = FORMATS["google"]
    answer = await upstream.post(path, body, headers)
    event = json.loads(answer.text.strip().split("\n\n")[-1].removeprefix("data: "))
    assert event["error"] == {"code": 503, "message": "Overloaded", "status": "UNAVAILABLE"}


@everywhere
async def test_a_client_that_leaves_is_noticed(upstream: Upstream, name: str) -> None:
    upstream.play(Step(chunk_delay=0.2))
    path, body, headers = FORMATS[name]
    async with (
        httpx.AsyncClient(timeout=10) as client,
        client.stream("POST", f"{upstream.url}{path}", json=body, headers=headers) as answer,
    ):
        async for _ in answer.aiter_bytes():
            break
    await until(lambda: upstream.last["closed_early"])
    assert 0 < upstream.last["closed_after_seconds"] < 5


async def test_without_sse_google_streams_one_array(upstream: Upstream) -> None:
    path, body, headers = FORMATS["google"]
    upstream.play(Step(content=TEXT), Step(status=503, message="Busy."))
    whole, failed = [(await upstream.post(path.partition("?")[0], body, headers)).json() for _ in range(2)]
    parts = [part for one in whole for part in one["candidates"][0]["content"]["parts"]]
    assert "".join(part["text"] for part in parts) == TEXT
    assert failed[0]["error"]["status"] == "UNAVAILABLE"


@everywhere
async def test_an_error_can_hide_in_a_200(upstream: Upstream, name: str) -> None:
    upstream.play(Step(error_in_200=True, message="No capacity."))
    path, body, headers = FORMATS[name]
    answer = await upstream.post(path, body, headers)
    assert (answer.status_code, answer.json()["error"]["message"]) == (200, "No capacity.")


async def test_anthropic_s_events_are_named_and_in_order(upstream: Upstream) -> None:
    call = {"id": "toolu_1", "type": "function", "function": {"name": "now", "arguments": ""}}
    upstream.play(Step(content="Hi you.", thinking="Hm.", tool_calls=[call], cached_tokens=5))
    path, body, headers = FORMATS["anthropic"]
    answer = await upstream.post(path, body, headers)
    assert answer.headers["content-type"] == "text/event-stream"
    assert answer.headers["request-id"]
    events = [event.split("\n") for event in answer.text.strip().split("\n\n")]
    assert all(name == f"event: {json.loads(data.removeprefix('data: '))['type']}" for name, data in events)
    assert [name.removeprefix("event: ") for name, _ in events] == [
        "message_start",
        *("content_block_start", "ping", "content_block_delta", "content_block_delta", "content_block_stop"),
        *("content_block_start", "content_block_delta", "content_block_delta", "content_block_stop"),
        *("content_block_start", "content_block_stop"),
        *("message_delta", "message_stop"),
    ]
    data = [json.loads(line.removeprefix("data: ")) for _, line in events]
    assert data[4]["delta"]["type"] == "signature_delta"
    assert data[0]["message"]["usage"]["output_tokens"] == 1
    assert data[-2]["usage"]["cache_read_input_tokens"] == 5


async def test_bodies_are_recorded_on_demand_and_the_ledger_can_be_emptied(upstream: Upstream) -> None:
    path, body, headers = FORMATS["anthropic"]
    await upstream.post(path, body, headers)
    assert "body" not in upstream.last
    await upstream.post("/_control/record", {"bodies": True}, {})
    await upstream.post(path, body, headers)
    assert upstream.last["body"] == body
    assert (upstream.last["provider"], upstream.last["stream"], upstream.last["key_end"]) == ("anthropic", True, "test")
    async with httpx.AsyncClient() as client:
        ledger = (await client.delete(f"{upstream.url}/_control/ledger")).json()
    assert len(ledger) == 2
    assert upstream.provider.ledger == []
