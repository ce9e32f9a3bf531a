"""How embeddings requests end: other keys, no cache, errors in OpenAI's shape, faults of ours, clients that leave."""

import asyncio
from typing import Any

import httpx
import openai
import pytest

from libs.common.contracts.analytics import SPENT, RequestQuery, Spent
from libs.common.contracts.auth import OptimizationSettings
from libs.common.contracts.cache import (
    LOOKUP_VECTORS,
)
from services.gateway.pipeline import embeddings
from tests.fake_provider.script import Step
from tests.fixtures.embeddings import SMALL, Embedding
from tests.fixtures.nats import until


async def test_another_key_of_the_same_server_is_tried(made: Embedding) -> None:
    stack = made.stack
    other = stack.seal("openai", "sk-other", base_url="http://127.0.0.1:9/v1")
    stack.change(provider_keys=(stack.seal("openai", "sk-wrong"), other, stack.seal("openai", "sk-provider-key")))
    assert (await made.post(input="x")).status_code == 200
    assert [entry["key_end"] for entry in stack.provider.ledger] == ["rong", "-key"]


async def test_without_the_cache_everything_goes_out(made: Embedding) -> None:
    made.stack.bus._served.pop(LOOKUP_VECTORS.subject)
    answer = await made.post(input="x")
    assert (answer.status_code, answer.headers["x-promptly-degraded"]) == (200, "cache")
    assert (await made.recorded()).degraded == ("cache",)
    made.stack.change(settings=OptimizationSettings(level="off", cache_enabled=False, routing_mode="manual"))
    assert (await made.post(input="x")).headers["x-promptly-cache"] == "off"


async def test_an_application_shares_only_with_itself(made: Embedding) -> None:
    async with httpx.AsyncClient(base_url=made.stack.url) as http:
        for scope in ("one", "two", "one"):
            headers = {"authorization": f"Bearer {made.stack.api_key}", "x-promptly-cache-scope": scope}
            await http.post("/v1/embeddings", json={"model": SMALL, "input": "x"}, headers=headers)
            await made.kept(1 if scope == "one" and len(made.cache.kept) < 2 else 2)
    assert len(made.sent) == 2


async def _nothing_spent(_: RequestQuery) -> Spent:
    return Spent(nano=0)


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"key": "pk-wrong"}, 401, "invalid_api_key"),
        ({"model": "embedding-of-tomorrow"}, 404, "model_not_found"),
        ({"model": "gpt-4o"}, 404, "model_not_found"),
        ({"budget": 1}, 402, "budget_exceeded"),
        ({"rpm": 0}, 429, "rate_limit_exceeded"),
        ({"size": 11 << 20}, 413, "payload_too_large"),
        ({"scopes": ("optimize",)}, 403, "forbidden"),
    ],
    ids=["401", "404", "404-chat", "402", "429", "413", "403"],
)
async def test_errors_are_in_openais_shape(made: Embedding, change: dict[str, Any], status: int, code: str) -> None:
    if "budget" in change:
        made.stack.change(monthly_budget_nano=change["budget"])
        await made.stack.bus.serve(SPENT, _nothing_spent)
    if "rpm" in change:
        made.stack.change(rpm=1)
        await made.post(input="x")
    if "scopes" in change:
        made.stack.change(scopes=change["scopes"])
    client = made.stack.client(**({"api_key": change["key"]} if "key" in change else {}))
    with pytest.raises(openai.APIStatusError) as refused:
        given = "word " * 300 if "size" not in change else "x" * change["size"]
        await client.embeddings.create(model=change.get("model", SMALL), input=given)
    assert refused.value.status_code == status
    assert (refused.value.code, refused.value.type is not None) == (code, True)
    assert refused.value.response.headers["x-request-id"]


async def test_a_fault_of_ours_is_500_and_one_record(made: Embedding, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> list[int]:
        raise ZeroDivisionError

    monkeypatch.setattr(embeddings, "scaled", broken)
    answer = await made.post(input="x")
    assert answer.status_code == 500
    assert "ZeroDivision" not in answer.text
    event = await made.recorded()
    assert (event.status, event.status_code, event.error_code) == ("error", 500, "internal_error")


async def test_a_client_that_leaves_is_recorded(made: Embedding) -> None:
    made.stack.provider.script.add("/v1/embeddings", [Step(delay=5)])
    waiting = asyncio.create_task(made.post(input="x"))
    await until(lambda: made.stack.provider.ledger)
    waiting.cancel()
    event = await made.recorded()
    assert (event.status, event.status_code, event.actual_cost_nano) == ("cancelled", 499, 20)
    assert event.estimated
