"""How things end: streams when the gateway stops, keys while the bus is away, requests where a part answers nonsense."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from libs.common.bus import MemoryBus
from libs.common.clock import SystemClock
from libs.common.contracts import cache
from libs.common.contracts.auth import OptimizationSettings, Principal, VerifyOverHttp
from libs.common.contracts.optimizer import OPTIMIZE, OptimizeReply, OptimizeRequest
from libs.common.contracts.router import ROUTE, RouteReply, RouteRequest
from libs.common.errors import BadRequest, Internal, Unauthorized
from libs.common.keys import new_key
from libs.common.telemetry import tracing
from services.gateway.clients.principals import BusPrincipals
from services.gateway.http.middleware import _route
from tests.fake_provider.script import Step
from tests.fixtures.gateway import Stack, gateway_stack

ASK: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}]}
SAVING = OptimizationSettings(level="moderate", routing_mode="auto")


async def test_a_gateway_that_stops_is_unready_first_and_serves_until_balancers_know(tmp_path: Path) -> None:
    async with gateway_stack(tmp_path, stop_delay_seconds=60.0) as stack:
        stopping = asyncio.ensure_future(stack.app.quiesce())
        await asyncio.sleep(0)  # it has begun
        headers = {"authorization": f"Bearer {stack.api_key}", "connection": "close"}
        async with httpx.AsyncClient(timeout=20) as client:
            assert (await client.get(f"{stack.url}/readyz")).status_code == 503
            answer = await client.post(f"{stack.url}/v1/chat/completions", json=ASK, headers=headers)
            assert answer.status_code == 200
            stopping.cancel()  # as after the delay: the next step is the last
            await stack.app.quiesce()
            with pytest.raises(httpx.ConnectError):
                await client.get(f"{stack.url}/readyz", headers={"connection": "close"})


async def test_a_stream_that_outlives_the_drain_ends_with_an_error_of_its_format(tmp_path: Path) -> None:
    async with gateway_stack(tmp_path, stream_drain_seconds=0.3) as stack, httpx.AsyncClient(timeout=20) as client:
        stack.provider.script.add("gpt-4o", [Step(content="word " * 50, chunk_delay=5)])
        headers = {"authorization": f"Bearer {stack.api_key}"}
        asked = client.stream("POST", f"{stack.url}/v1/chat/completions", json={**ASK, "stream": True}, headers=headers)
        async with asked as answer:
            lines = answer.aiter_lines()
            await anext(lines)
            stopping = asyncio.ensure_future(stack.app.quiesce())
            rest = [line async for line in lines if line]
        await stopping
    error = json.loads(rest[-1].removeprefix("data: "))["error"]
    assert "stopped" in error["message"]
    assert [event.status for event in stack.finished] == ["cancelled"]


async def test_a_stream_that_ends_within_the_drain_is_whole(tmp_path: Path) -> None:
    async with gateway_stack(tmp_path, stream_drain_seconds=30.0) as stack, httpx.AsyncClient(timeout=20) as client:
        stack.provider.script.add("gpt-4o", [Step(content="a b c d", chunk_delay=0.05)])
        headers = {"authorization": f"Bearer {stack.api_key}"}
        asked = client.stream("POST", f"{stack.url}/v1/chat/completions", json={**ASK, "stream": True}, headers=headers)
        async with asked as answer:
            lines = answer.aiter_lines()
            await anext(lines)
            stopping = asyncio.ensure_future(stack.app.quiesce())
            rest = [line async for line in lines if line]
        await stopping
    assert rest[-1] == "data: [DONE]"


async def test_a_revoked_key_ends_within_half_a_minute_while_the_bus_is_away() -> None:
    bus, key, now, asked = MemoryBus(), new_key(), 0.0, list[VerifyOverHttp]()
    known: Principal | None = Principal(org_id="org_1", key_id="key_1")

    def auth(request: httpx.Request) -> httpx.Response:
        asked.append(msgspec.json.decode(request.content, type=VerifyOverHttp))
        return httpx.Response(401) if known is None else httpx.Response(200, content=msgspec.json.encode(known))

    class Clock(SystemClock):
        def monotonic(self) -> float:
            return now

    async with httpx.AsyncClient(transport=httpx.MockTransport(auth), base_url="http://auth") as http:
        principals = BusPrincipals(bus, Clock(), "pepper", 30.0, 900.0, http=http)
        bus.connected = False
        assert (await principals.verify(key)).org_id == "org_1"
        for _ in range(10):
            await principals.verify(key)
        assert len(asked) == 1
        known, now = None, 30.0
        with pytest.raises(Unauthorized):
            await principals.verify(key)


@pytest.mark.parametrize(
    "answer", [b"null", b"[]", b'"text"', b"{}", b'{"choices":[]}', b'{"choices":[{"message":7}]}', b"7"]
)
@pytest.mark.parametrize("stream", [False, True])
async def test_nonsense_out_of_the_cache_is_a_miss(answer: bytes, stream: bool, stack: Stack) -> None:
    async def hit(asked: cache.ExactLookup) -> cache.CacheHit:
        return cache.CacheHit(
            kind="exact",
            entry_id="entry",
            similarity=1.0,
            answer=msgspec.Raw(answer),
            served_model="gpt-4o",
            provider="openai",
            prompt_tokens=1,
            completion_tokens=1,
            request_id="req_1",
            stored_at_ms=1,
        )

    await stack.bus.serve(cache.LOOKUP_EXACT, hit)  # type: ignore[arg-type]
    stack.change(settings=SAVING)
    made = await stack.client().chat.completions.create(**ASK, stream=stream)
    if stream:
        assert [chunk async for chunk in made]
    else:
        assert made.choices[0].message.content
    assert stack.finished[-1].status == "success"
    assert "cache" in stack.finished[-1].degraded


@pytest.mark.parametrize("error", [BadRequest("no"), Internal("no"), ValueError("no"), Unauthorized("no")])
async def test_an_error_of_a_part_that_only_saves_is_a_skip(error: Exception, stack: Stack) -> None:
    async def look(_: cache.ExactLookup) -> cache.CacheMiss:
        raise error

    async def mean(_: cache.SemanticLookup) -> cache.CacheMiss:
        raise error

    async def shorten(_: OptimizeRequest) -> OptimizeReply:
        raise error

    async def route(_: RouteRequest) -> RouteReply:
        raise error

    await stack.bus.serve(cache.LOOKUP_EXACT, look)  # type: ignore[arg-type]
    await stack.bus.serve(cache.LOOKUP_SEMANTIC, mean)  # type: ignore[arg-type]
    await stack.bus.serve(OPTIMIZE, shorten)
    await stack.bus.serve(ROUTE, route)
    stack.change(settings=SAVING)
    answer = await stack.client().chat.completions.create(**ASK)
    assert answer.choices[0].message.content
    assert {"cache", "optimizer", "router"} <= set(stack.finished[-1].degraded)


@pytest.mark.parametrize(
    "headers",
    [
        [("authorization", "Bearer {key}"), ("authorization", "Bearer other")],
        [("x-api-key", "{key}"), ("x-api-key", "{key}")],
    ],
)
async def test_a_key_that_comes_twice_is_none(headers: list[tuple[str, str]], stack: Stack) -> None:
    given = [(name, value.format(key=stack.api_key)) for name, value in headers]
    async with httpx.AsyncClient() as client:
        answer = await client.post(f"{stack.url}/v1/chat/completions", json=ASK, headers=given)
    assert answer.status_code == 401
    assert "more than once" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "kind", ["text/plain", "text/plain; charset=utf-8", "TEXT/HTML", "multipart/form-data; boundary=a"]
)
async def test_what_a_browser_sends_unasked_is_refused(kind: str, stack: Stack) -> None:
    headers = {"authorization": f"Bearer {stack.api_key}", "content-type": kind}
    async with httpx.AsyncClient(headers=headers) as client:
        answer = await client.post(f"{stack.url}/v1/chat/completions", content=json.dumps(ASK))
    assert answer.status_code == 415
    assert "application/json" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "FILE:///etc/passwd",
        "ftp://example.com/a.png",
        "http://127.0.0.1/a.png",
        "http://169.254.169.254/latest/meta-data",
        "https://[::1]/a.png",
        "https://localhost/a.png",
        "http://10.0.0.1:8080/a",
        "http://0x7f000001/a",
        "http://2130706433/",
        "https://db.internal/a",
        "/etc/passwd",
        "https://\uff11\uff12\uff17.0.0.1/a.png",
        "http://[",
    ],
)
async def test_an_image_is_not_fetched_from_inside(url: str, stack: Stack) -> None:
    async with httpx.AsyncClient(headers={"authorization": f"Bearer {stack.api_key}"}) as client:
        for image in ({"url": url}, url):
            parts = [{"type": "image_url", "image_url": image}]
            body = {"model": "gpt-4o", "messages": [{"role": "user", "content": parts}]}
            answer = await client.post(f"{stack.url}/v1/chat/completions", json=body)
            assert answer.status_code == 400
            assert "image_url" in answer.json()["error"]["message"]
    assert not stack.provider.ledger


@pytest.mark.parametrize(
    "url", ["https://example.com/a.png?b=%20c", "data:image/png;base64,AAAA", "https://bücher.example/ä.png"]
)
async def test_an_image_from_outside_is(url: str, stack: Stack) -> None:
    parts: Any = [{"type": "image_url", "image_url": {"url": url}}]
    assert await stack.client().chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": parts}])


@pytest.mark.parametrize("field", ["best_of", "n", "prompt", "x"])
async def test_a_nested_legacy_body_is_a_bad_request(field: str, stack: Stack) -> None:
    nested = b"[" * 5000 + b"]" * 5000
    body = b'{"model":"gpt-4o","prompt":"a","%s":%s}' % (field.encode(), nested)
    async with httpx.AsyncClient(headers={"authorization": f"Bearer {stack.api_key}"}) as client:
        answer = await client.post(f"{stack.url}/v1/completions", content=body)
    assert answer.status_code in ((400,) if field != "x" else (200, 400))


@pytest.mark.parametrize("comment", ["\x00", "a\x00b"])
async def test_feedback_that_no_database_takes_is_refused(comment: str, stack: Stack) -> None:
    body = {"request_id": "req_" + "0" * 32, "rating": "bad", "comment": comment}
    async with httpx.AsyncClient(headers={"authorization": f"Bearer {stack.api_key}"}) as client:
        answer = await client.post(f"{stack.url}/v1/feedback", json=body)
        assert answer.status_code == 400
        body = {"request_id": "a\x00", "rating": "bad"}
        assert (await client.post(f"{stack.url}/v1/feedback", json=body)).status_code == 400


def test_addresses_in_traces_hold_no_names_and_no_keys() -> None:
    assert _route("/v1/chat/completions") == "/v1/chat/completions"
    assert _route("/v1/models/my-secret-model") == "/v1/models/{model}"
    assert _route("/v1/sk-promptly-key") == "/v1"
    assert _route("/api/keys/key_1") == "/api"


def test_a_stranger_does_not_choose_whether_a_trace_is_kept() -> None:
    tracing.configure("test", "http://127.0.0.1:9", 0.0)
    try:
        theirs = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
        with tracing.door_span("GET /", theirs) as opened:
            assert not opened.is_recording()
    finally:
        tracing._provider = tracing._tracer = None
