"""Requests to every endpoint, plain and streamed, to all providers: the receipts are what the providers billed, and what analytics says."""

import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

import services.analytics.store
from libs.common.clock import SystemClock
from libs.common.contracts.analytics import Period, RequestQuery
from libs.common.contracts.auth import OptimizationSettings
from libs.common.db import connect, migrate
from services.analytics.figures import Figures
from services.analytics.requests import Requests
from services.analytics.store.unit_of_work import unit_of_work
from tests.fake_provider.prefix_cache import PrefixCache
from tests.fake_provider.script import Step
from tests.fixtures.gateway import Stack
from tests.fixtures.nats import until
from tests.fixtures.three_providers import MODELS, three_providers

MIGRATIONS = Path(services.analytics.store.__path__[0]) / "migrations"
LONG = "Every ship has a berth, a draught and a flag. " * 300
TURNS = 3
EMBEDDING_NANO = 20  # a token of text-embedding-3-small, at $0.02 a million


@pytest.fixture
async def levers(tmp_path: Path) -> AsyncIterator[Stack]:
    async with three_providers(tmp_path) as stack:
        stack.provider.prefix_cache = PrefixCache(time.monotonic)
        stack.change(settings=OptimizationSettings(routing_mode="manual"))
        stack.provider.script.add(MODELS["anthropic"], [Step(thinking="Hm.", reasoning_tokens=7)])
        stack.provider.script.add(MODELS["google"], [Step(cached_tokens=100, reasoning_tokens=5)])
        stack.provider.script.add(MODELS["openai"], [Step(cached_tokens=64, cache_write_tokens=32, reasoning_tokens=9)])
        yield stack


def conversation(model: str) -> list[tuple[str, dict[str, Any]]]:
    """The calls of conversations about the same, one in each API."""
    found: list[tuple[str, dict[str, Any]]] = []
    for turns in range(TURNS):
        said = [("user", "Which ship?"), ("assistant", "The Selma.")] * turns + [("user", f"And {turns} later?")]
        plain = [{"role": role, "content": text} for role, text in said]
        contents = [{"role": "user" if role == "user" else "model", "parts": [{"text": text}]} for role, text in said]
        system = {"role": "system", "content": LONG}
        stream = turns % 2 == 1
        found += [
            ("/v1/chat/completions", {"model": model, "messages": [system, *plain], "stream": stream}),
            ("/v1/messages", {"model": model, "max_tokens": 200, "system": LONG, "messages": plain, "stream": stream}),
            ("/v1/responses", {"model": model, "instructions": LONG, "input": plain, "stream": stream, "store": False}),
            (
                f"/v1beta/models/{model}:{'streamGenerateContent?alt=sse' if stream else 'generateContent'}",
                {"systemInstruction": {"parts": [{"text": LONG}]}, "contents": contents},
            ),
        ]
    return found


@pytest.mark.timeout(180)
async def test_every_nano_dollar_is_accounted_for(levers: Stack, database_url: str) -> None:
    asked = [one for model in MODELS.values() for one in conversation(model)]
    asked += [("/v1/embeddings", {"model": "text-embedding-3-small", "input": ["a ship", "a berth"]})] * 2
    asked += [("/v1/moderations", {"model": "omni-moderation-latest", "input": "a ship"})]
    headers = {"authorization": f"Bearer {levers.api_key}"}
    async with httpx.AsyncClient(base_url=levers.url, headers=headers, timeout=30) as client:
        for path, body in asked:
            answer = await client.post(path, json=body)
            assert answer.status_code == 200, (path, body.get("model"), answer.text)
    await until(lambda: len(levers.finished) == len(asked))
    events = levers.finished
    assert {event.kind for event in events} >= {"chat", "messages", "responses", "generate", "embedding", "passthrough"}
    for event in events:
        assert event.actual_cost_nano is not None, event
        assert event.baseline_cost_nano is not None, event
        assert sum(share.nano_usd or 0 for share in event.levers) == event.baseline_cost_nano - event.actual_cost_nano
    models = [event for event in events if event.kind not in ("embedding", "passthrough")]
    billed = [entry for entry in levers.provider.ledger if entry.get("kind") != "side"]
    for event, entry in zip(models, billed, strict=True):  # they were sent one after the other
        assert event.actual_cost_nano == entry["nano_usd"], (event, entry)
        assert msgspec.structs.asdict(event.tokens) == entry["tokens"], (event, entry)
    classes = {name for entry in billed for name, count in entry["tokens"].items() if count}
    assert classes >= {"uncached_input", "cache_read", "cache_write_5m", "output_text", "output_reasoning"}
    embedded = [event.actual_cost_nano for event in events if event.kind == "embedding"]
    counted = [entry["prompt_tokens"] for entry in levers.provider.ledger if entry.get("target") == "/v1/embeddings"]
    assert embedded == [tokens * EMBEDDING_NANO for tokens in counted]
    assert len(embedded) == 2
    assert [event.actual_cost_nano for event in events if event.kind == "passthrough"] == [0]
    assert any(share.lever == "cache_discount" and (share.nano_usd or 0) > 0 for e in models for share in e.levers)

    await migrate(database_url, "analytics", MIGRATIONS)
    async with connect(database_url) as database:
        uow, org_id = unit_of_work(database), levers.principal.org_id
        requests = Requests(uow, SystemClock(), timedelta(days=90))
        await requests.record(events)
        start = min(event.time_ms for event in events) // 3_600_000 * 3_600_000
        period = Period(org_id=org_id, from_ms=start, to_ms=start + 2 * 3_600_000)
        overview, shares = await Figures(uow).overview(period), await Figures(uow).levers(period)
        rows = (await requests.page(RequestQuery(org_id=org_id, limit=100))).requests
    assert overview.requests.total == len(asked)
    assert {row.id: (row.actual_cost_nano, row.baseline_cost_nano) for row in rows} == {
        event.id: (event.actual_cost_nano, event.baseline_cost_nano) for event in events
    }
    assert overview.cost_nano == sum(event.actual_cost_nano or 0 for event in events)
    assert overview.baseline_cost_nano == sum(event.baseline_cost_nano or 0 for event in events)
    assert shares.total_nano == overview.savings_nano == overview.baseline_cost_nano - overview.cost_nano
