"""What the client gets, and what is recorded, when a provider or a part of Promptly fails."""

import asyncio
import json
import time
from typing import Any

import httpx
import msgspec
import openai
import pytest

from libs.common.contracts import cache, optimizer, router
from libs.common.contracts.auth import OptimizationSettings, ProviderKey
from tests.fake_provider.script import Step
from tests.fixtures.gateway import Stack
from tests.fixtures.nats import until

ASK: list[Any] = [{"role": "user", "content": "Please tell me what a monad is."}]
SHORT = [{"role": "user", "content": "What is a monad?"}]
FAILING = Step(status=500, repeat=2)


async def serve_parts(stack: Stack, *, routed: str = "gpt-4o-mini") -> None:
    """An optimizer that always shortens, and a router that always takes the small model."""

    async def optimize(_: optimizer.OptimizeRequest) -> optimizer.OptimizeReply:
        saving = optimizer.LeverSaving(lever="compression", tokens=4)
        return optimizer.OptimizeReply(
            messages=msgspec.Raw(json.dumps(SHORT).encode()), original_tokens=15, optimized_tokens=11, levers=(saving,)
        )

    async def route(_: router.RouteRequest) -> router.RouteReply:
        return router.RouteReply(model=routed, provider="openai", reason="classifier", tier="simple", score=0.1)

    await stack.bus.serve(optimizer.OPTIMIZE, optimize)
    await stack.bus.serve(router.ROUTE, route)
    stack.change(settings=OptimizationSettings(cache_enabled=False))


async def ask(stack: Stack, *, stream: bool = False, **more: Any) -> Any:
    """The answer's metadata and text, plain or streamed."""
    client = stack.client()
    if not stream:
        answer = await client.chat.completions.create(model="gpt-4o", messages=ASK, **more)
        return answer.model_extra["promptly_metadata"], answer.choices[0].message.content
    text, metadata = "", None
    async for chunk in await client.chat.completions.create(model="gpt-4o", messages=ASK, stream=True, **more):
        metadata = (chunk.model_extra or {}).get("promptly_metadata", metadata)
        text += "".join(choice.delta.content or "" for choice in chunk.choices)
    return metadata, text


@pytest.mark.parametrize("stream", [False, True])
async def test_the_routed_and_shortened_request_goes_out(stack: Stack, stream: bool) -> None:
    await serve_parts(stack)
    metadata, text = await ask(stack, stream=stream)
    assert text
    (entry,) = stack.provider.ledger
    assert entry["model"] == "gpt-4o-mini"
    assert metadata["optimized_tokens"] == entry["prompt_tokens"]
    assert metadata["original_tokens"] == entry["prompt_tokens"] + 4
    assert metadata["optimizations"] == ["compression", "routing"]
    await until(lambda: stack.finished)
    event = stack.finished[0]
    assert event.actual_cost_nano == entry["nano_usd"]
    assert event.baseline_cost_nano is not None
    assert sum(share.nano_usd or 0 for share in event.levers) == event.baseline_cost_nano - entry["nano_usd"]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    "steps",
    [
        [FAILING],
        [Step(malformed=True, repeat=2)],
        [Step(status=429)],
        [Step(status=400, message="Unknown parameter.")],
        [Step(status=404)],
        [Step(status=422)],
    ],
    ids=["500", "malformed", "429", "400", "404", "422"],
)
async def test_a_failing_routed_model_falls_back_to_the_client_s_own_request(
    stack: Stack, steps: list[Step], stream: bool
) -> None:
    await serve_parts(stack)
    stack.provider.script.add("gpt-4o-mini", steps)
    metadata, text = await ask(stack, stream=stream)
    assert text
    last = stack.provider.ledger[-1]
    assert last["model"] == "gpt-4o"
    assert len(stack.provider.ledger) <= 3
    assert metadata["fallback_used"] is True
    assert metadata["routed_model"] == "gpt-4o"
    assert metadata["original_tokens"] == metadata["optimized_tokens"] == last["prompt_tokens"]
    assert metadata["savings"] == 0
    await until(lambda: stack.finished)
    assert stack.finished[0].status == "fallback"
    assert stack.finished[0].fallback_used


async def test_a_stream_that_breaks_before_its_first_content_falls_back(stack: Stack) -> None:
    await serve_parts(stack)
    stack.provider.script.add("gpt-4o-mini", [Step(cut_after=1, repeat=2)])
    metadata, text = await ask(stack, stream=True)
    assert text
    assert metadata["fallback_used"] is True


@pytest.mark.parametrize(
    "step",
    [Step(cut_after=5, chunk_delay=0.01), Step(error_after=5, chunk_delay=0.01, message="overloaded")],
    ids=["cut", "error"],
)
async def test_a_stream_that_breaks_later_ends_in_an_error_and_not_in_a_finish(stack: Stack, step: Step) -> None:
    stack.provider.script.add("gpt-4o", [step])
    with pytest.raises((openai.APIError, httpx.HTTPError)):
        await ask(stack, stream=True)
    stack.provider.script.add("gpt-4o", [step])
    async with httpx.AsyncClient(timeout=10) as client:
        raw = await client.post(
            f"{stack.url}/v1/chat/completions",
            json={"model": "gpt-4o", "messages": ASK, "stream": True},
            headers={"x-api-key": stack.api_key},
        )
    events = [line for line in raw.text.split("\n\n") if line]
    assert "[DONE]" not in raw.text
    assert '"finish_reason":"stop"' not in raw.text
    assert json.loads(events[-1].removeprefix("data: "))["error"]["type"] == "upstream_error"
    await until(lambda: len(stack.finished) == 2)
    assert {event.status for event in stack.finished} == {"error"}
    assert all(event.tokens.output > 0 and event.estimated for event in stack.finished)


@pytest.mark.parametrize(
    ("status", "expected"),
    [(500, 502), (503, 502), (429, 429), (401, 502), (403, 502), (400, 400), (404, 404), (422, 422)],
)
async def test_an_unchanged_request_that_fails(stack: Stack, status: int, expected: int) -> None:
    stack.provider.script.add("gpt-4o", [Step(status=status, message="The parameter is wrong.", repeat=3)])
    with pytest.raises(openai.APIStatusError) as caught:
        await ask(stack)
    answer = caught.value.response
    assert answer.status_code == expected
    body = answer.json()
    assert body["detail"] == body["error"]["message"]
    assert ("The parameter is wrong." in body["detail"]) == (expected in (400, 404, 422, 429))
    assert "x-should-retry" not in answer.headers
    await until(lambda: stack.finished)
    assert stack.finished[0].status == "error"
    assert stack.finished[0].status_code == expected
    assert stack.finished[0].actual_cost_nano == 0


async def test_another_key_of_the_provider_is_tried(stack: Stack) -> None:
    keys: tuple[ProviderKey, ...] = (stack.seal("openai", "sk-wrong-one"), stack.seal("openai", "sk-right-one"))
    stack.change(provider_keys=keys)
    _, text = await ask(stack)
    assert text
    assert [entry["status"] for entry in stack.provider.ledger] == [401, 200]


@pytest.mark.parametrize("base_url", ["http://169.254.169.254/v1", "https://localhost/v1", "http://127.0.0.1:1/v1"])
async def test_an_address_that_must_not_be_reached_is_not(stack: Stack, base_url: str) -> None:
    stack.change(provider_keys=(stack.seal("openai", "sk-x", base_url=base_url),))
    with pytest.raises(openai.APIStatusError) as caught:
        await ask(stack)
    assert caught.value.status_code == 502


async def test_parts_that_are_absent_are_named_and_cost_nothing(stack: Stack) -> None:
    stack.change(settings=OptimizationSettings())
    metadata, text = await ask(stack)
    assert text
    assert sorted(metadata["degraded"]) == ["cache", "optimizer", "router"]
    await until(lambda: stack.finished)
    assert set(stack.finished[0].degraded) == {"cache", "optimizer", "router"}


async def test_parts_that_hang_cost_their_budget_and_then_nothing(stack: Stack) -> None:
    asked = 0

    async def hang(_: Any) -> Any:
        nonlocal asked
        asked += 1
        await asyncio.Event().wait()

    rpcs: tuple[Any, ...] = (cache.LOOKUP_EXACT, cache.LOOKUP_SEMANTIC, optimizer.OPTIMIZE, router.ROUTE)
    for rpc in rpcs:
        await stack.bus.serve(rpc, hang)
    stack.change(settings=OptimizationSettings())
    for _ in range(6):
        metadata, text = await ask(stack)
        assert text
        assert set(metadata["degraded"]) == {"cache", "optimizer", "router"}
    before = asked
    metadata, _ = await ask(stack)
    assert set(metadata["degraded"]) == {"cache", "optimizer", "router"}
    assert asked == before, "open breakers ask nobody"
    ready = await httpx.AsyncClient().get(f"{stack.url}/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "degraded")


async def test_a_client_that_leaves_ends_the_call_and_is_recorded(stack: Stack) -> None:
    stack.provider.script.add("gpt-4o", [Step(chunk_delay=0.05)])
    async with httpx.AsyncClient(timeout=10) as client:
        body = {"model": "gpt-4o", "messages": ASK, "stream": True}
        async with client.stream(
            "POST", f"{stack.url}/v1/chat/completions", json=body, headers={"x-api-key": stack.api_key}
        ) as answer:
            async for _ in answer.aiter_bytes():
                break
    left = time.monotonic()
    await until(lambda: stack.provider.ledger[0]["closed_early"])
    assert time.monotonic() - left < 1
    await until(lambda: stack.finished)
    event = stack.finished[0]
    assert event.status == "cancelled"
    assert event.tokens.input > 0
    assert event.estimated


@pytest.mark.parametrize("stream", [False, True])
async def test_a_client_that_leaves_before_the_first_byte_ends_the_call_too(stack: Stack, stream: bool) -> None:
    stack.provider.script.add("gpt-4o", [Step(hang=True)])
    body = {"model": "gpt-4o", "messages": ASK, "stream": stream}
    async with httpx.AsyncClient() as client:
        asking = asyncio.create_task(
            client.post(f"{stack.url}/v1/chat/completions", json=body, headers={"x-api-key": stack.api_key})
        )
        await until(lambda: stack.provider.ledger)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
    await until(lambda: stack.provider.ledger[0]["closed_early"])
    await until(lambda: stack.finished)
    assert stack.finished[0].status == "cancelled"
    assert stack.finished[0].tokens.input > 0


async def test_a_model_of_somebody_s_own_server_has_no_price(stack: Stack) -> None:
    stack.change(provider_keys=(stack.seal("openai_compatible", "sk-own", models=("gpt-4o",)),))
    metadata, _ = await ask(stack)
    assert metadata["savings"] is None
    await until(lambda: stack.finished)
    assert stack.finished[0].actual_cost_nano is None
    assert stack.finished[0].baseline_cost_nano is None


async def test_a_request_that_failed_saved_nothing(stack: Stack) -> None:
    await serve_parts(stack)
    for model in ("gpt-4o", "gpt-4o-mini"):
        stack.provider.script.add(model, [Step(status=429, repeat=3)])
    with pytest.raises(openai.RateLimitError):
        await ask(stack)
    await until(lambda: stack.finished)
    assert (stack.finished[0].baseline_cost_nano, stack.finished[0].actual_cost_nano, stack.finished[0].levers) == (
        0,
        0,
        (),
    )


async def test_a_cookie_of_one_answer_goes_out_with_no_other_request(stack: Stack) -> None:
    stack.provider.script.add("gpt-4o", [Step(headers={"set-cookie": "sid=one; Path=/"})])
    seen: list[dict[str, str]] = []
    inner = stack.provider._chat

    async def spy(raw: bytes, headers: dict[str, str], *rest: Any) -> None:
        seen.append(headers)
        await inner(raw, headers, *rest)

    stack.provider._chat = spy  # type: ignore[method-assign, assignment]
    await ask(stack)
    await ask(stack)
    assert "cookie" not in seen[1]


@pytest.mark.parametrize(
    "path", ["/api/../metrics", "/api/%2e%2e/metrics", "/api/x/../../metrics", "/api/..%2fmetrics"]
)
async def test_the_control_plane_is_reached_under_its_own_path_only(stack: Stack, path: str) -> None:
    # By hand: a client would resolve the dots itself.
    reader, writer = await asyncio.open_connection("127.0.0.1", stack.app.port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 404"), answer[:100]


async def test_an_event_waits_on_disk_while_the_bus_is_away(stack: Stack) -> None:
    await ask(stack)
    await until(lambda: len(stack.finished) == 1)
    stack.bus.connected = False
    metadata, text = await ask(stack)
    assert text
    stack.bus.connected = True
    await until(lambda: len(stack.finished) == 2)
    assert stack.finished[1].id == metadata["request_id"]


async def test_without_auth_an_unknown_key_is_503_and_a_known_one_works(stack: Stack) -> None:
    stack.bus.connected = False
    with pytest.raises(openai.APIStatusError) as caught:
        await ask(stack)
    assert caught.value.status_code == 503
    assert caught.value.response.headers["retry-after"] == "1"
    stack.bus.connected = True
    await ask(stack)
    stack.bus.connected = False
    _, text = await ask(stack)
    assert text


STORED = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "gpt-4o-2024-08-06",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "A tiny box."}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 12, "completion_tokens": 4, "total_tokens": 16},
}


@pytest.mark.parametrize("stream", [False, True])
async def test_a_hit_costs_nothing_and_says_what_it_saved(stack: Stack, stream: bool) -> None:
    async def hit(_: cache.ExactLookup) -> cache.CacheHit:
        return cache.CacheHit(
            kind="exact",
            entry_id="e",
            similarity=1.0,
            answer=msgspec.Raw(json.dumps(STORED).encode()),
            served_model="gpt-4o-2024-08-06",
            provider="openai",
            prompt_tokens=12,
            completion_tokens=4,
            request_id="req_1",
            stored_at_ms=1,
        )

    await stack.bus.serve(cache.LOOKUP_EXACT, hit)  # type: ignore[arg-type]
    stack.change(settings=OptimizationSettings(level="off", routing_mode="manual"))
    metadata, text = await ask(stack, stream=stream)
    assert text == "A tiny box."
    assert metadata["cache_hit"] is True
    assert metadata["savings"] == (12 * 2_500 + 4 * 10_000) / 1e9
    assert stack.provider.ledger == []
    await until(lambda: stack.finished)
    assert (stack.finished[0].status, stack.finished[0].cache) == ("cached", "exact")


@pytest.mark.parametrize(
    ("header", "reads", "writes"), [("no-store", True, False), ("no-cache", False, True), ("off", False, False)]
)
async def test_the_cache_header_is_obeyed(stack: Stack, header: str, reads: bool, writes: bool) -> None:
    asked: list[str] = []

    async def miss(_: Any) -> cache.CacheMiss:
        asked.append("read")
        return cache.CacheMiss()

    async def store(_: cache.StoreAnswer) -> cache.Stored:
        asked.append("write")
        return cache.Stored(entry_id="e")

    await stack.bus.serve(cache.LOOKUP_EXACT, miss)  # type: ignore[arg-type]
    await stack.bus.serve(cache.LOOKUP_SEMANTIC, miss)  # type: ignore[arg-type]
    await stack.bus.serve(cache.STORE, store)
    stack.change(settings=OptimizationSettings(level="off", routing_mode="manual"))
    await ask(stack, extra_headers={"x-promptly-cache": header})
    if writes:
        await until(lambda: "write" in asked)
    assert ("read" in asked) == reads
    assert ("write" in asked) == writes


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("level", "max"),
        ("cache", "maybe"),
        ("routing", "random"),
        ("tags", "novalue"),
        ("tags", "a=b," * 11),
        ("cache-scope", "a b"),
        ("cache-scope", "s" * 129),
        ("cache-scope", ""),
    ],
)
async def test_a_bad_override_is_a_400(stack: Stack, header: str, value: str) -> None:
    if header == "tags" and "," in value:
        value = ",".join(f"k{i}=v" for i in range(11))
    with pytest.raises(openai.BadRequestError, match=f"x-promptly-{header}"):
        await ask(stack, extra_headers={f"x-promptly-{header}": value})


async def test_tags_are_kept_on_the_event(stack: Stack) -> None:
    await ask(stack, extra_headers={"x-promptly-tags": "team=search, env=prod"})
    await until(lambda: stack.finished)
    assert stack.finished[0].tags == {"team": "search", "env": "prod"}
