"""What is asked of other services on behalf of a caller: previews, tests of provider keys, and how everybody is."""

from typing import Any

import msgspec
import pytest

from libs.common import catalog
from libs.common.clock import SystemClock
from libs.common.contracts import gateway
from libs.common.contracts.router import ROUTE, RouteReply, RouteRequest
from libs.common.contracts.status import SERVICES, AskStatus, Status, status_of
from libs.common.errors import UpstreamFailed
from services.router.pipeline import Router
from services.router.ports import NoNearestNeighbors, ShippedCalibrations
from services.router.weights import load_weights
from tests.integration.auth.conftest import Auth
from tests.integration.auth.test_keys import OPENAI_KEY

pytestmark = pytest.mark.asyncio(loop_scope="module")
CHAT = {"model": "gpt-4o", "messages": [{"role": "user", "content": "What is 2 + 2?"}], "temperature": 0.2, "x": 1}
CONNECT = {"provider": "openai", "api_key": OPENAI_KEY}


async def _preview(auth: Auth, token: str, body: Any = CHAT) -> Any:
    return await auth.call("POST", "/api/routing/preview", token, json=body)


async def test_a_preview_is_what_the_router_says_of_the_callers_own_settings(auth: Auth) -> None:
    weights = load_weights()
    router = Router(catalog.load(), weights, ShippedCalibrations(weights.prior), NoNearestNeighbors(), SystemClock())
    await auth.bus.serve(ROUTE, router.route)
    org, viewer = await auth.new_org(), ""
    refused = await _preview(auth, org.token)
    assert (refused.status_code, refused.json()["detail"]) == (
        400,
        "No valid provider key found. Please connect an API key in the dashboard.",
    )
    await auth.call("POST", "/api/keys/providers", org.token, json=CONNECT)
    viewer = await auth.join(org, "viewer")
    plain = await _preview(auth, viewer)
    assert plain.status_code == 200
    body = plain.json()
    assert set(body) == {
        *("model", "provider", "tier", "score", "reason", "rule", "signals", "skipped_rules", "shadow_model", "simple")
    }
    assert (body["model"], body["provider"], body["tier"], body["rule"]) == ("gpt-4o-mini", "openai", "simple", None)
    assert body["simple"] is True

    for name, model in (("elsewhere", "claude-sonnet"), ("sums", "gpt-4.1")):
        rule = {
            "name": name,
            "condition_type": "keyword",
            "condition_value": {"keywords": ["2 + 2"]},
            "action": "use_model",
            "action_value": model,
            "priority": 5,
        }
        made = await auth.call("POST", "/api/routing/rules", org.token, json=rule)
        assert made.status_code == 201, made.text
    ruled = (await _preview(auth, viewer)).json()
    assert (ruled["model"], ruled["reason"], ruled["rule"]["name"]) == ("gpt-4.1", "rule", "sums")
    assert ruled["skipped_rules"] == ["elsewhere"]
    unknown = await _preview(
        auth, viewer, {**CHAT, "model": "no-such-model", "messages": [{"role": "user", "content": ""}]}
    )
    assert unknown.status_code == 400


async def test_a_preview_asks_what_the_gateway_would(auth: Auth) -> None:
    asked: list[RouteRequest] = []

    async def route(request: RouteRequest) -> RouteReply:
        asked.append(request)
        return RouteReply(model="m", provider="p", reason="classifier")

    await auth.bus.serve(ROUTE, route)
    org = await auth.new_org()
    server = {
        "provider": "openai_compatible",
        "api_key": "none",
        "base_url": "http://127.0.0.1:9999/v1",
        "models": ["l"],
    }
    for key in (CONNECT, server):
        await auth.call("POST", "/api/keys/providers", org.token, json=key)
    await auth.call("PUT", "/api/routing/config", org.token, json={"tiers": {"openai": {"simple": "mini"}}})
    picture = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    body = {
        "model": "gpt-4o",
        "n": 2,
        "tools": [{"type": "function"}],
        "response_format": {"type": "json_schema", "json_schema": {}},
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "What is this?"}, picture]},
            {"role": "assistant", "content": None, "tool_calls": []},
        ],
    }
    assert (await _preview(auth, org.token, body)).status_code == 200
    (request,) = asked
    assert (request.prompt, request.texts, request.turns) == ("What is this?", ("Be brief.", "What is this?"), 1)
    assert request.reachable == {"openai": (), "openai_compatible": ("l",)}
    assert request.tiers == {"openai": {"simple": "mini"}}
    needs = request.needs
    assert (needs.vision, needs.tools, needs.json_schema, needs.multiple_choices) == (True, True, True, True)
    misfits: list[Any] = [{}, {"model": "gpt-4o", "messages": []}, {**CHAT, "messages": ["hi"]}, []]
    for broken in misfits:
        assert (await _preview(auth, org.token, broken)).status_code == 400


async def test_a_provider_key_is_tested_sealed(auth: Auth) -> None:
    org, other = await auth.new_org(), await auth.new_org()
    key = (await auth.call("POST", "/api/keys/providers", org.token, json=CONNECT)).json()
    path = f"/api/keys/providers/{key['id']}/test"
    assert (await auth.call("POST", path, org.token)).status_code == 503
    asked: list[gateway.TestProviderKey] = []

    async def test(request: gateway.TestProviderKey) -> gateway.ProviderKeyTested:
        asked.append(request)
        return gateway.ProviderKeyTested(ok=True, detail="The key works.", latency_ms=12.5)

    await auth.bus.serve(gateway.TEST_PROVIDER_KEY, test)
    answer = await auth.call("POST", path, org.token)
    assert answer.json() == {"ok": True, "detail": "The key works.", "latency_ms": 12.5}
    (request,) = asked
    assert (request.org_id, request.key.id) == (org.id, key["id"])
    assert OPENAI_KEY.encode() not in msgspec.json.encode(request)
    assert (await auth.call("POST", path, other.token)).status_code == 404

    async def fail(_: gateway.TestProviderKey) -> gateway.ProviderKeyTested:
        raise UpstreamFailed("The provider cannot be reached.")

    await auth.bus.serve(gateway.TEST_PROVIDER_KEY, fail)
    assert (await auth.call("POST", path, org.token)).status_code == 502


async def test_the_status_says_who_is_up_degraded_and_down(auth: Auth) -> None:
    org = await auth.new_org()

    async def serve(service: str, **state: Any) -> None:
        async def answer(_: AskStatus) -> Status:
            return Status(version="1.2.3", **state)

        await auth.bus.serve(status_of(service), answer)

    for service in ("gateway", "auth", "optimizer", "router", "analytics"):
        await serve(service)
    await serve("cache", degraded=("qdrant",))
    await serve("analytics", missing=("postgres",))
    body = (await auth.call("GET", "/api/status", org.token)).json()
    assert set(body["services"]) == set(SERVICES)
    assert {name: state["status"] for name, state in body["services"].items()} == {
        **dict.fromkeys(("gateway", "auth", "optimizer", "router"), "up"),
        "cache": "degraded",
        "analytics": "down",
        "alerts": "down",
    }
    assert body["services"]["cache"]["degraded"] == ["qdrant"]
    assert body["services"]["gateway"]["version"] == "1.2.3"
    assert (body["status"], body["bus"]) == ("degraded", "up")
    assert body["services"]["analytics"]["event_lag"] == 0

    auth.bus.connected = False
    body = (await auth.call("GET", "/api/status", org.token)).json()
    auth.bus.connected = True
    assert body["bus"] == "down"
    assert body["services"]["auth"]["status"] == "degraded"
    assert body["services"]["router"]["status"] == "down"


async def test_a_keys_budget_is_exact_and_reaches_the_gateway(auth: Auth) -> None:
    org = await auth.new_org()
    for text, nano in (("0.1", 100_000_000), ("12.345678901", 12_345_678_901), ('"25.00"', 25_000_000_000)):
        made = await auth.call(
            "POST", "/api/keys/platform", org.token, content=f'{{"name": "k", "monthly_budget_usd": {text}}}'
        )
        assert made.status_code == 201, made.text
        assert (await auth.verify(made.json()["api_key"])).monthly_budget_nano == nano
        assert made.json()["monthly_budget_usd"] == nano / 1_000_000_000
    assert (await auth.verify(org.api_key)).monthly_budget_nano is None
    for text in ("0", "-1", '"NaN"', '"Infinity"', "1e400", "1e10", '"a"', "true", "1e-12", "[]"):
        body = f'{{"name": "k", "monthly_budget_usd": {text}}}'
        answer = await auth.call("POST", "/api/keys/platform", org.token, content=body)
        assert answer.status_code == 400, text
        assert [error["field"] for error in answer.json()["errors"]] == ["monthly_budget_usd"], text
