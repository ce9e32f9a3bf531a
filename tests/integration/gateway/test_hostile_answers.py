"""Answers meant to harm: nobody else waits for them, they take no more room than is set, and each leaves its record."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import openai
import pytest

from libs.common.web import serve_http
from services.gateway.clients.provider_http import Pace, Timeouts
from services.gateway.domain.attempts import Failure
from tests.fixtures.gateway import Stack, gateway_stack
from tests.fixtures.nats import until

ASK = [{"role": "user", "content": "Hello"}]


class Hostile:
    """A server that answers with the same bytes whatever it is asked."""

    def __init__(self) -> None:
        self.body = b""
        self.headers: list[tuple[bytes, bytes]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [(b"content-type", b"application/json"), *self.headers],
            }
        )
        await send({"type": "http.response.body", "body": self.body, "more_body": False})


@pytest.fixture
async def hostile(tmp_path: Path) -> AsyncIterator[tuple[Stack, Hostile]]:
    server = Hostile()
    async with serve_http(server, "127.0.0.1", 0, 1) as served:  # type: ignore[arg-type]
        allowed = f"127.0.0.1:{served.port}"
        async with gateway_stack(tmp_path, allowed_hosts=allowed, max_answer_bytes=16 << 20) as stack:
            key = stack.seal("openai_compatible", "sk-x", base_url=f"http://{allowed}/v1", models=("m",))
            stack.change(provider_keys=(key,))
            yield stack, server


def answer(**more: Any) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", "content": "Fine."}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}
    return {
        "id": "c",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [choice],
        "usage": usage,
        **more,
    }


def whole(**more: Any) -> bytes:
    return json.dumps(answer(**more)).encode()


LONG = {"index": 0, "message": {"role": "assistant", "content": "word " * 1_800_000}, "finish_reason": "stop"}
ATTACKS = {
    "9 MB without usage": (whole(choices=[LONG], usage=None), [], "success"),
    "10 MB of brackets": (b'{"choices":' + b"[[]," * 2_500_000 + b"0", [], "error"),
    "10 MB of objects beside an answer": (
        whole(x=0).replace(b'"x": 0', b'"x": [' + b"{}," * 3_000_000 + b"0]"),
        [],
        "error",
    ),
    "a gzip bomb": (gzip.compress(b" " * (200 << 20)), [(b"content-encoding", b"gzip")], "error"),
    "a page": (b"<html>" + b"<br>" * 2_000_000, [], "error"),
}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", ATTACKS)
async def test_an_attack_ends_in_a_record(hostile: tuple[Stack, Hostile], name: str, stream: bool) -> None:
    stack, server = hostile
    server.body, server.headers, outcome = ATTACKS[name]
    async with stack.client() as client:
        try:
            found = await client.chat.completions.create(model="m", messages=ASK, stream=stream)  # type: ignore[call-overload]
            if stream:
                [chunk async for chunk in found]
        except openai.APIError:
            assert outcome == "error"
    await until(lambda: stack.finished)
    (event,) = stack.finished
    assert event.status == outcome
    assert event.error_code in ((None,) if outcome == "success" else ("upstream_malformed", "upstream_truncated"))
    if outcome == "success":
        assert event.estimated
        assert event.tokens.output > 1_000_000


def test_a_stream_that_drips_is_ended() -> None:
    pace = Pace(0.0, Timeouts(first_byte=1, idle=60, plain=1, stream=1000, window=100, slowest=1))
    for second in range(0, 100, 10):
        pace.came(1, float(second))
    with pytest.raises(Failure, match="too slowly"):
        pace.came(1, 100.0)


def test_a_stream_ends_in_the_end() -> None:
    pace = Pace(0.0, Timeouts(first_byte=1, idle=60, plain=1, stream=1000))
    for second in range(1000):
        assert pace.left(float(second)) > 0
        pace.came(200, float(second))
    with pytest.raises(Failure, match="too long"):
        pace.left(1000.0)


async def test_a_fault_of_ours_is_recorded_and_said(
    hostile: tuple[Stack, Hostile], monkeypatch: pytest.MonkeyPatch
) -> None:
    stack, server = hostile
    server.body = whole()

    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("services.gateway.endpoints.openai_chat.read_answer", broken)
    async with stack.client() as client:
        with pytest.raises(openai.InternalServerError) as caught:
            await client.chat.completions.create(model="m", messages=ASK)  # type: ignore[call-overload]
    assert caught.value.status_code == 500
    await until(lambda: stack.finished)
    (event,) = stack.finished
    assert (event.status, event.status_code, event.error_code) == ("error", 500, "internal_error")
    await asyncio.sleep(0)
