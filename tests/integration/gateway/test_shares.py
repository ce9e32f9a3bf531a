"""One organization never takes what is common: places, connections, calls, memory, the loop."""

import asyncio
import json
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from litestar import Litestar, get
from litestar.response import Stream
from prometheus_client import REGISTRY

from libs.common import catalog, keys
from libs.common.contracts.auth import VERIFY_API_KEY, Principal, ProviderKey, VerifyApiKey
from libs.common.contracts.cache import CacheHit
from libs.common.errors import BadRequest, RateLimited
from libs.common.ids import new_id
from libs.common.sealing import Sealer
from libs.common.web import serve_http
from services.auth.insights.subscriptions import Subscriptions
from services.gateway.domain import json_size
from services.gateway.domain.plan import initial
from services.gateway.domain.pricing import expected_nano
from services.gateway.domain.request import Incoming
from services.gateway.endpoints.openai_chat import OPENAI_CHAT
from services.gateway.pipeline.parse_request import parse_request
from services.gateway.state.concurrency import ConcurrencyLimiter
from services.gateway.state.single_flight import InFlight, SingleFlight
from tests.fake_provider.script import Step
from tests.fixtures.gateway import KEK, PEPPER, Stack, gateway_stack
from tests.fixtures.nats import until

ASK: Any = [{"role": "user", "content": "Hello"}]


def expected(incoming: Incoming, principal: Principal, models: catalog.Catalog) -> int:
    request = parse_request(OPENAI_CHAT, incoming, principal, models)
    return expected_nano(request, initial(request), models)


def test_an_organization_has_at_most_as_many_places_as_are_still_free() -> None:
    slots = ConcurrencyLimiter(1000, 1000)

    def fill(org: str) -> int:
        for count in range(2000):
            try:
                slots.acquire(org, f"{org}-{count}")  # as many keys as it likes
            except RateLimited:
                return count
        return 2000

    assert (fill("greedy"), fill("second"), fill("victim")) == (500, 250, 125)
    for count in range(500):
        slots.release("greedy", f"greedy-{count}")
    assert fill("victim") > 100


async def test_the_metrics_say_how_many_requests_are_under_way() -> None:
    slots = ConcurrencyLimiter(10, 10)
    for _ in range(3):
        slots.acquire("org", "key")
    await slots.show()
    assert REGISTRY.get_sample_value("promptly_requests_in_flight") == 3
    for _ in range(3):
        slots.release("org", "key")
    await slots.show()
    assert REGISTRY.get_sample_value("promptly_requests_in_flight") == 0


async def test_a_silent_provider_of_one_s_own_leaves_places_for_others(tmp_path: Path) -> None:
    async with gateway_stack(tmp_path, max_requests=40) as stack:
        other_key, other = keys.new_key(), new_id("org")

        async def verify(asked: VerifyApiKey) -> Principal:
            if asked.digest == keys.digest(other_key, PEPPER):
                return Principal(
                    org_id=other, key_id="key_other", settings=stack.principal.settings, rpm=1000, provider_keys=()
                )
            return stack.principal

        await stack.bus.serve(VERIFY_API_KEY, verify)
        stack.provider.script.add("gpt-4o", [Step(hang=True)] * 60)
        client = stack.client()
        calls = [asyncio.create_task(client.chat.completions.create(model="gpt-4o", messages=ASK)) for _ in range(60)]
        while len([call for call in calls if call.done()]) < 40:
            await asyncio.sleep(0.01)
        refused = [call.exception() for call in calls if call.done()]
        assert {getattr(error, "status_code", None) for error in refused} == {429}
        async with httpx.AsyncClient(headers={"authorization": f"Bearer {other_key}"}) as victim:
            answers = await asyncio.gather(*(victim.get(f"{stack.url}/v1/models") for _ in range(5)))
        assert {answer.status_code for answer in answers} == {200}
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
async def test_whoever_comes_after_a_crowd_of_another_organization_does_not_wait_for_all_of_it(
    tmp_path: Path, stream: bool
) -> None:
    crowd = 200
    async with gateway_stack(tmp_path, max_requests=1000, max_concurrency=1000) as stack:
        other_key, other = keys.new_key(), new_id("org")
        sealed = Sealer({1: KEK}).seal(other, "openai", "pk_other", "sk-other")
        provider_key = ProviderKey(id="pk_other", provider="openai", sealed=sealed, base_url=f"{stack.provider_url}/v1")
        principal = msgspec.structs.replace(
            stack.principal, org_id=other, key_id="key_other", provider_keys=(provider_key,)
        )

        async def verify(asked: VerifyApiKey) -> Principal:
            return principal if asked.digest == keys.digest(other_key, PEPPER) else stack.principal

        await stack.bus.serve(VERIFY_API_KEY, verify)

        async def connect() -> asyncio.StreamWriter:
            return (await asyncio.open_connection("127.0.0.1", stack.app.port))[1]

        def send(writer: asyncio.StreamWriter, key: str, model: str) -> None:
            body = json.dumps({"model": model, "messages": ASK, "stream": stream})
            head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {key}\r\n"
            writer.write(f"{head}content-length: {len(body)}\r\n\r\n{body}".encode())

        writers = [await connect() for _ in range(crowd + 1)]
        for writer in writers[:-1]:
            send(writer, stack.api_key, "gpt-4o")
        send(writers[-1], other_key, "gpt-4o-mini")
        await until(lambda: len(stack.finished) == crowd + 1)
        order = [event.org_id for event in stack.finished]
        for writer in writers:
            writer.close()
    assert order.index(other) < crowd // 4


async def test_every_route_counts_towards_a_limit(tmp_path: Path) -> None:
    async with gateway_stack(tmp_path, besides_rpm=6) as stack, httpx.AsyncClient() as client:
        headers = {"authorization": f"Bearer {stack.api_key}"}
        seen = []
        for path in ("/v1/models", "/v1/models/gpt-4o", "/v1/credits", "/v1/feedback") * 3:
            method = "POST" if path == "/v1/feedback" else "GET"
            answer = await client.request(
                method, f"{stack.url}{path}", headers=headers, json={} if method == "POST" else None
            )
            seen.append(answer.status_code)
        assert seen.count(429) == 6
        assert 429 not in seen[:6]


async def test_prompts_of_one_completion_count_one_by_one(stack: Stack) -> None:
    stack.change(rpm=10)
    client = stack.client()
    await client.completions.create(model="gpt-4o", prompt=["a", "b", "c", "d", "e", "f"])
    answer = await client.chat.completions.with_raw_response.create(model="gpt-4o", messages=ASK)
    assert answer.headers["x-ratelimit-remaining-requests"] == "3"


async def test_a_key_s_owner_raises_no_limit_beyond_the_operator_s(tmp_path: Path) -> None:
    async with gateway_stack(tmp_path, max_rpm=3) as stack, httpx.AsyncClient() as client:
        stack.change(rpm=10**9)
        headers = {"authorization": f"Bearer {stack.api_key}", "x-promptly-rpm": "1000"}
        body = {"model": "gpt-4o", "messages": ASK}
        seen = [
            (await client.post(f"{stack.url}/v1/chat/completions", json=body, headers=headers)).status_code
            for _ in range(5)
        ]
    assert seen == [200, 200, 200, 429, 429]


async def test_metrics_are_not_on_the_clients_port(stack: Stack) -> None:
    async with httpx.AsyncClient() as client:
        assert (await client.get(f"{stack.url}/metrics")).status_code == 404


async def test_a_body_is_read_only_of_those_with_a_key(stack: Stack) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", stack.app.port)
    key = keys.new_key()
    writer.write(
        f"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {key}\r\ncontent-length: 9000000\r\n\r\n".encode()
    )
    async with asyncio.timeout(5):
        assert b" 401 " in await reader.readline()  # not a byte of the body was sent
    writer.close()


_BRACKETS = {
    "brackets": b"[]," * 3_300_000,
    "deep": b"[" * 5_000_000,
    "numbers": b"0," * 5_000_000,
    "strings": b'"a",' * 2_500_000,
    "objects": b'{"a":{}},' * 1_000_000,
}


@pytest.mark.parametrize("kind", _BRACKETS)
@pytest.mark.parametrize("path", ["chat/completions", "completions", "optimize"])
async def test_no_body_stops_the_loop(kind: str, path: str, stack: Stack) -> None:
    many = b"[" + _BRACKETS[kind] + b"0]"
    body = b'{"model":"gpt-4o","messages":[{"role":"user","content":[{"type":"text","text":"x","y":' + many + b"}]}]}"
    longest, running = 0.0, True

    async def watch() -> None:
        nonlocal longest
        while running:
            began = time.thread_time()
            await asyncio.sleep(0)
            longest = max(longest, time.thread_time() - began)  # processor time: the machine may be busy

    watching = asyncio.create_task(watch())
    # In a thread of its own: what sending ten megabytes costs the client is not the loop's.
    answer = await asyncio.to_thread(
        lambda: httpx.post(
            f"{stack.url}/v1/{path}",
            content=body,
            headers={"authorization": f"Bearer {stack.api_key}"},
            timeout=30,
            trust_env=False,
        )
    )
    running = False
    await watching
    assert answer.status_code == 400
    assert "values" in json.dumps(answer.json())
    assert longest < 0.05


def test_what_stands_in_strings_is_text() -> None:
    csv = json.dumps({"messages": [{"role": "user", "content": 'a,"b\\",[{' * 500_000}]}).encode()
    steps = json_size.scan(csv)
    assert steps is not None
    assert len(list(steps)) > 50
    assert json_size.scan(b'{"a": 1}') is None
    for odd in (b"\\" * 200_000 + b"," * 200_000, b'"' + b"," * 200_000, b"," * 99_999):
        with suppress(BadRequest):
            list(json_size.scan(odd) or ())


def test_a_hundred_views_of_two_organizations_leave_room_for_a_third() -> None:
    live = Subscriptions(per_org=50, most=100)
    opened = [live.subscribe("a") for _ in range(50)]
    for one in opened:
        one.__enter__()
    with pytest.raises(RateLimited, match="live views"):
        live.check_capacity("a")
    for one in (rest := [live.subscribe("b") for _ in range(25)]):
        one.__enter__()
    with pytest.raises(RateLimited):
        live.check_capacity("b")
    live.check_capacity("c")
    for one in (*opened, *rest):
        one.__exit__(None, None, None)


async def test_live_views_leave_the_control_plane_its_connections(tmp_path: Path) -> None:
    async def lines() -> Any:
        yield ": here you are\n\n"
        await asyncio.Event().wait()

    @get("/api/requests/stream")
    async def stream() -> Stream:
        return Stream(lines(), media_type="text/event-stream")

    @get("/api/rules")
    async def rules() -> dict[str, str]:
        return {"a": "b"}

    auth = Litestar([stream, rules], openapi_config=None, logging_config=None)
    async with (
        serve_http(auth, "127.0.0.1", 0, 0.1) as served,
        gateway_stack(tmp_path, auth_url=f"http://127.0.0.1:{served.port}") as stack,
        httpx.AsyncClient(timeout=10, limits=httpx.Limits(max_connections=None)) as client,
    ):
        views = [client.stream("GET", f"{stack.url}/api//requests/stream/") for _ in range(100)]
        for view in views:
            answer = await view.__aenter__()
            assert answer.status_code == 200
        answers = await asyncio.gather(*(client.get(f"{stack.url}/api/rules") for _ in range(20)))
        assert {answer.status_code for answer in answers} == {200}
        assert answers[0].headers["x-content-type-options"] == "nosniff"
        for view in views:
            await view.__aexit__(None, None, None)


@pytest.mark.parametrize(("asked", "times"), [({}, 1), ({"n": 3}, 3)])
async def test_a_reservation_is_the_model_s_own_cap_for_each_answer(
    asked: dict[str, int], times: int, stack: Stack
) -> None:
    models = catalog.load()
    stack.change(provider_keys=(*stack.principal.provider_keys, stack.seal("openai", "sk-own", models=("my-own",))))
    nano = {}
    for name in ("gpt-4o", "my-own"):
        body = json.dumps({"model": name, "messages": ASK, **asked}).encode()
        incoming = Incoming(
            request_id=new_id("req"), accepted=0, time_ms=1_795_000_000_000, api_key="", body=body, headers={}
        )
        nano[name] = expected(incoming, stack.principal, models)
    model = models.find("gpt-4o")
    assert model is not None
    assert nano["gpt-4o"] >= model.max_output_tokens * times * 10_000
    assert nano["my-own"] > 4_096 * times * 10_000


async def test_a_stampede_of_a_slow_provider_is_one_call_and_a_failure_one_more() -> None:
    now = 0.0
    flights, key = SingleFlight(lambda: now, 600.0), ("org", "a")
    first, _ = await flights.join(key)
    assert isinstance(first, InFlight)
    waiting = [asyncio.create_task(flights.join(key)) for _ in range(99)]
    await asyncio.sleep(0)
    now = 300.0
    first.resolve(None)
    while not (gone := [one for one in waiting if one.done()]):
        await asyncio.sleep(0)
    assert len(gone) == 1
    second, waited = gone[0].result()
    assert isinstance(second, InFlight)
    assert waited == 300.0
    now, answer = 590.0, hit()
    second.resolve(answer)
    assert [(await one)[0] for one in waiting if one is not gone[0]] == [answer] * 98


def hit() -> CacheHit:
    return CacheHit(
        kind="exact",
        entry_id="entry",
        similarity=1.0,
        answer=msgspec.Raw(b"{}"),
        served_model="gpt-4o",
        provider="openai",
        prompt_tokens=1,
        completion_tokens=1,
        request_id="req_1",
        stored_at_ms=1,
    )
