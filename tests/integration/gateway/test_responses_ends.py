"""How requests to the Responses API end: errors in its shape, streams that are cut, silence, and a socket that nobody opens."""

import asyncio
import json
import random
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from libs.common.contracts.analytics import SPENT, RequestQuery, Spent
from services.gateway.endpoints.responses.answer import ResponseStream, ResponseWriting
from services.gateway.endpoints.responses.replay import events_of
from services.gateway.endpoints.responses.streams import ForwardedResponse, ResponseWriter, WrittenResponse
from services.gateway.formats.build import Built
from services.gateway.pipeline.pipeline import Pipeline
from services.gateway.providers.openai.surface import RESPONSES
from tests.fake_provider.script import Step
from tests.fixtures.gateway import Stack
from tests.fixtures.nats import until
from tests.fixtures.responses import ANTHROPIC, GOOGLE, OPENAI, call, events, row
from tests.fixtures.three_providers import three, three_providers  # noqa: F401

STREAMS, AT_ONCE = 200, 20
LONG = Step(content="word " * 400, chunk_delay=0.05, repeat=STREAMS)


async def test_errors_have_openais_shape(three: Stack) -> None:  # noqa: F811
    body: dict[str, Any] = {"model": ANTHROPIC, "input": "x"}
    unknown = await call(three, body, key="sk-none")
    missing = await call(three, {**body, "model": "nobody-knows"})
    broken = await call(three, b'{"model":')
    no_route = await call(three, body, path="/a/b/c")
    method = await call(three, body, method="PUT")
    plain_get = await call(three, method="GET")
    size = await call(three, b'{"input":"' + b"x" * (33 << 20) + b'"}')
    kinds = []
    for found in (unknown, missing, broken, no_route, method, plain_get, size):
        error = found.json()["error"]
        assert found.headers["x-request-id"] == found.headers["x-promptly-request-id"]
        assert isinstance(error["code"], str)
        assert error["message"]
        kinds.append((found.status_code, error["type"]))
    assert [status for status, _ in kinds] == [401, 404, 400, 404, 405, 405, 413]
    assert {kind for _, kind in kinds} <= {"invalid_request_error", "authentication_error"}
    assert unknown.json()["error"]["code"] == "invalid_api_key"
    assert missing.json()["error"]["code"] == "model_not_found"


async def test_a_rate_limit_says_when_to_come_back(three: Stack) -> None:  # noqa: F811
    three.change(rpm=1)
    found = [await call(three, {"model": ANTHROPIC, "input": "x"}) for _ in range(2)]
    assert [one.status_code for one in found] == [200, 429]
    error = found[1].json()["error"]
    assert error["code"] == "rate_limit_exceeded"
    assert re.search(r"(?i)try again in\s*\d+\s*s", error["message"]), "what clients read the time to wait from"
    assert found[1].headers["retry-after"]


async def test_a_budget_that_is_used_up(three: Stack) -> None:  # noqa: F811
    async def spent(_: RequestQuery) -> Spent:
        return Spent(nano=0)

    await three.bus.serve(SPENT, spent)
    three.change(monthly_budget_nano=1)
    found = await call(three, {"model": ANTHROPIC, "input": "x"})
    assert (found.status_code, found.json()["error"]["code"]) == (402, "insufficient_quota")


@pytest.mark.parametrize("stream", [False, True])
async def test_a_fault_of_ours(three: Stack, stream: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    async def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr(Pipeline, "serve", fail)
    found = await call(three, {"model": ANTHROPIC, "input": "x", "stream": stream})
    assert (found.status_code, found.json()["error"]["code"]) == (500, "server_error")
    assert "secret" not in found.text


@pytest.mark.parametrize(
    ("step", "status", "code"),
    [
        (Step(status=429, repeat=9), 429, "rate_limit_exceeded"),
        (Step(status=401, repeat=9), 502, "server_error"),
        (Step(status=500, repeat=9), 502, "server_error"),
    ],
)
async def test_what_a_provider_refuses(three: Stack, step: Step, status: int, code: str) -> None:  # noqa: F811
    three.provider.script.add(GOOGLE, [step])
    found = await call(three, {"model": GOOGLE, "input": "x", "stream": True})
    assert (found.status_code, found.json()["error"]["code"]) == (status, code), found.text
    assert (await row(three)).status == "error"


async def test_a_websocket_is_refused_at_once(three: Stack) -> None:  # noqa: F811
    headers = {"upgrade": "websocket", "connection": "Upgrade", "sec-websocket-key": "x3JJHMbDL1EzLkh9GBhXDw=="}
    headers["sec-websocket-version"] = "13"
    async with httpx.AsyncClient() as client:
        found = await client.get(f"{three.url}/v1/responses", headers=headers)
    assert found.status_code == 426
    assert found.headers["connection"] == "close"
    assert found.json()["error"]["code"] == "upgrade_required"


def test_a_silent_stream_says_so_and_once_a_minute_by_an_event() -> None:
    now = [0.0]

    def monotonic() -> float:
        return now[0]

    naming = {"model": "m", "request_id": "req_1", "created": 1}
    writing = ResponseWriting(response_id="resp_1", created=1, model="m", top={})
    writer = ResponseWriter(ResponseStream(writing))
    written = WrittenResponse(
        RESPONSES,
        naming,
        Built(body=b""),
        writer,
        write=lambda _: b"",
        failed=lambda _: b"",
        entry_of=None,
        monotonic=monotonic,
    )
    item = {"type": "message", "id": "msg_1", "role": "assistant", "content": []}
    upstream = [
        {"type": "response.created", "sequence_number": 0, "response": {"id": "resp_o", "model": "m"}},
        {"type": "response.in_progress", "sequence_number": 1, "response": {"id": "resp_o", "model": "m"}},
        {"type": "response.output_item.added", "sequence_number": 2, "output_index": 0, "item": item},
        {
            "type": "response.output_text.delta",
            "sequence_number": 3,
            "output_index": 0,
            "item_id": "msg_1",
            "delta": "a",
        },
    ]
    frames = b"".join(f"event: {one['type']}\ndata: {json.dumps(one)}\n\n".encode() for one in upstream)
    out = written.feed(frames)
    for now[0] in (15.0, 30.0, 45.0):
        assert written.keep_alive() == b": ping\n\n"
    now[0] = 60.0
    beat = written.keep_alive()
    assert events(out + beat)[-1]["type"] == "response.in_progress"
    assert written.keep_alive() == b": ping\n\n"
    now[0] = 0.0
    for repeats, count in ((True, 2), (False, 1)):
        now[0] = 0.0
        forwarded = ForwardedResponse(
            RESPONSES, naming, events_of=events_of, record_of=None, repeats=repeats, monotonic=monotonic
        )
        said = forwarded.feed(frames)
        now[0] = 61.0
        said += forwarded.keep_alive()
        assert said.count(b"event: response.in_progress\n") == count
        assert said.endswith(b"\n\n")
    forwarded.feed(b"event: resp")
    assert forwarded.keep_alive() == b""


async def _leave_after(stack: Stack, model: str, size: int) -> None:
    """Send a request, read so many bytes of whatever comes, and close the connection."""
    where = urlsplit(stack.url)
    body = json.dumps({"model": model, "stream": True, "input": f"Tell me of {size}."})
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    head = f"POST /v1/responses HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {stack.api_key}\r\n"
    writer.write(f"{head}content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n{body}".encode())
    if size:
        await reader.readexactly(size)
    else:
        asked = len(stack.provider.ledger)
        await until(lambda: len(stack.provider.ledger) > asked)
    writer.transport.abort()


async def test_two_hundred_cut_streams(tmp_path: Path) -> None:
    rng = random.Random(7)
    models = (OPENAI, ANTHROPIC, GOOGLE)
    async with three_providers(tmp_path) as stack:
        stack.provider.strict = stack.provider.record_bodies = False
        stack.provider.script.add("*", [LONG])
        for wave in range(0, STREAMS, AT_ONCE):
            sizes = [0 if rng.random() < 0.1 else rng.randint(1, 5000) for _ in range(AT_ONCE)]
            await asyncio.gather(*(_leave_after(stack, models[(wave + n) % 3], size) for n, size in enumerate(sizes)))
            async with asyncio.timeout(1):
                await until(lambda: all(entry["closed_early"] for entry in stack.provider.ledger))
        await until(lambda: len(stack.finished) == STREAMS)
        assert {(event.status, event.kind) for event in stack.finished} == {("cancelled", "responses")}
        assert all(event.tokens.input > 0 and event.stream for event in stack.finished)
        assert len({event.id for event in stack.finished}) == STREAMS
        assert sum(event.tokens.output > 0 for event in stack.finished) > STREAMS / 3
