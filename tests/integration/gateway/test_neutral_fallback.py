"""Another key, and another model's refusal, for clients of the Messages API."""

from typing import Any

import httpx

from libs.common.contracts.auth import OptimizationSettings
from libs.common.contracts.router import ROUTE, RouteReply, RouteRequest
from tests.fake_provider.script import Step
from tests.fixtures.gateway import Stack
from tests.fixtures.three_providers import MODELS, three  # noqa: F401
from tests.integration.gateway.test_messages_raw import raw, row

GPT, CLAUDE = MODELS["openai"], MODELS["anthropic"]
BODY: dict[str, Any] = {"model": CLAUDE, "max_tokens": 90, "messages": [{"role": "user", "content": "Hi"}]}


async def post(stack: Stack, **more: Any) -> httpx.Response:
    own = {"x-api-key": stack.api_key, "content-type": "application/json"}
    async with httpx.AsyncClient(timeout=20) as client:
        return await client.post(f"{stack.url}/v1/messages", content=raw({**BODY, **more}), headers=own)


async def test_a_second_key_is_tried_before_the_error_passes(three: Stack) -> None:  # noqa: F811
    second = three.seal("anthropic", "sk-second", base_url=three.provider_url)
    three.change(provider_keys=(*three.principal.provider_keys, second))
    three.provider.script.add(CLAUDE, [Step(status=429, message="Slow down.")])
    found = await post(three)
    assert found.status_code == 200
    assert [entry["key_end"] for entry in three.provider.ledger] == ["opic", "cond"]
    three.provider.script.add(CLAUDE, [Step(status=429, message="Slow down.", repeat=4)])
    refused = await post(three, system="x")
    assert refused.status_code == 429
    assert refused.json()["error"]["type"] == "rate_limit_error"


async def test_what_the_router_chose_and_failed_goes_out_as_it_came(three: Stack) -> None:  # noqa: F811
    async def route(_: RouteRequest) -> RouteReply:
        return RouteReply(model=GPT, provider="openai", reason="rule")

    await three.bus.serve(ROUTE, route)
    three.change(settings=OptimizationSettings(level="off", cache_enabled=False, routing_mode="auto"))
    for stream in (False, True):
        three.provider.ledger.clear()
        three.provider.script.add(GPT, [Step(status=400, message="This model cannot."), Step(status=400)])
        found = await post(three, stream=stream)
        assert found.status_code == 200
        assert [entry["model"] for entry in three.provider.ledger] == [GPT, CLAUDE]
        event = await row(three)
        assert (event.status, event.fallback_used, event.target_surface, event.raw) == (
            "fallback",
            True,
            "messages",
            True,
        )
        three.provider.script = type(three.provider.script)()
