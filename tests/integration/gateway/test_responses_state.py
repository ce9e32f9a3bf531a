"""Conversations that are stored here: gone on with by any provider and any gateway, shown, and removed."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from openai import BadRequestError, NotFoundError

from libs.common import ids
from libs.common.contracts.analytics import SPENT, RequestQuery, Spent
from libs.common.contracts.auth import OptimizationSettings
from libs.common.contracts.base import Bucket
from libs.common.contracts.cache import LOOKUP_EXACT, STORE, CacheHit, CacheMiss, ExactLookup, StoreAnswer, Stored
from libs.common.errors import NotConnected
from services.gateway.pipeline import conversations
from tests.fake_provider.script import Step
from tests.fixtures.gateway import PASSIVE, Stack
from tests.fixtures.responses import (
    ANTHROPIC,
    CALL,
    GOOGLE,
    OPENAI,
    SERVER,
    TOOL,
    call,
    events,
    output,
    row,
    sent,
    text_of,
    user,
)
from tests.fixtures.three_providers import another_gateway, four_providers

OTHERS = (ANTHROPIC, GOOGLE, SERVER)


@pytest.fixture
async def four(tmp_path: Path) -> AsyncIterator[Stack]:
    async with four_providers(tmp_path, SERVER) as found:
        yield found


async def create(stack: Stack, model: str, said: Any, **more: Any) -> Any:
    found = await call(stack, {"model": model, "input": said, **more})
    assert found.status_code == 200, found.text
    return found.json()


async def test_2_9_4_instructions_are_not_carried_over(four: Stack) -> None:
    first = await create(four, GOOGLE, "One", instructions="Speak Faroese.")
    await create(four, GOOGLE, "Two", previous_response_id=first["id"])
    body = sent(four)
    assert "systemInstruction" not in body
    assert "Faroese" not in json.dumps(body)
    assert [content["role"] for content in body["contents"]] == ["user", "model", "user"]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", OTHERS)
async def test_2_9_5_a_follow_up_reaches_another_gateway_at_once(
    four: Stack, tmp_path: Path, model: str, stream: bool
) -> None:
    four.provider.script.add(model, [Step(tool_calls=[CALL]), Step(content="Noon.")])
    found = await call(four, {"model": model, "input": "When is low tide?", "tools": [TOOL], "stream": stream})
    first = events(found)[-1]["response"] if stream else found.json()
    assert first["store"] is True
    assert (await row(four)).stored
    async with another_gateway(four, tmp_path) as url:
        body = {"model": model, "input": [output("call_1", "at noon")], "tools": [TOOL]}
        second = await call(four, {**body, "previous_response_id": first["id"]}, url=url)
        assert second.status_code == 200, second.text
        assert second.json()["previous_response_id"] == first["id"]
        assert text_of(second.json()) == "Noon."
    went = json.dumps(sent(four))
    assert "When is low tide?" in went
    assert "tide" in went
    assert "at noon" in went


async def test_2_9_6_unknown_expired_and_foreign_ids_are_the_same_error(four: Stack) -> None:
    first = await create(four, ANTHROPIC, "One")
    calls, found = len(four.provider.ledger), []
    names = [first["id"], f"resp_{'0' * 38}", "resp_67ccd2bed1ec8190b14f964abc0542670bb6a6b452d3795b", "x"]
    own, four.principal = four.principal, four.principal
    four.change(org_id=ids.new_id("org"))
    for name in names:
        answer = await call(four, {"model": ANTHROPIC, "input": "x", "previous_response_id": name})
        found.append((answer.status_code, answer.text.replace(name, "ID")))
    assert len(set(found)) == 1, found
    error = json.loads(found[0][1])["error"]
    assert (found[0][0], error["code"], error["param"]) == (
        400,
        "previous_response_not_found",
        "previous_response_id",
    )
    assert len(four.provider.ledger) == calls
    four.principal = own


@pytest.mark.parametrize("off", ["request", "organization"])
async def test_2_9_7_what_is_not_stored_is_not_found(four: Stack, off: str) -> None:
    if off == "organization":
        settings = {"level": "off", "cache_enabled": False, "routing_mode": "manual"}
        four.change(settings=OptimizationSettings(**settings, store_responses=False))  # type: ignore[arg-type]
    first = await create(four, ANTHROPIC, "One", **({"store": False} if off == "request" else {}))
    assert first["store"] is False
    assert not (await row(four)).stored
    four.change(settings=PASSIVE)
    found = await call(four, {"model": ANTHROPIC, "input": "x", "previous_response_id": first["id"]})
    assert found.json()["error"]["code"] == "previous_response_not_found"


@pytest.mark.parametrize("stream", [False, True])
async def test_a_store_that_fails_is_said(four: Stack, stream: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    async def put(bucket: Bucket, *_: Any, **__: Any) -> None:
        raise NotConnected("The bus is away.")

    monkeypatch.setattr(four.bus, "put", put)
    found = await call(four, {"model": ANTHROPIC, "input": "One", "stream": stream})
    assert found.status_code == 200
    response = events(found)[-1]["response"] if stream else found.json()
    assert response["store"] is False
    if not stream:
        assert found.headers["x-promptly-dropped"] == "store"
    event = await row(four)
    assert event.dropped == ("store",)
    assert not event.stored


async def test_2_9_8_items_that_are_only_named(four: Stack) -> None:
    four.provider.script.add(ANTHROPIC, [Step(thinking="Hm, deep.", content="Noon.")])
    first = await create(four, ANTHROPIC, [user("When?")], reasoning={"summary": "auto"})
    assert "encrypted_content" not in first["output"][0]
    named = [{"type": "item_reference", "id": item["id"]} for item in first["output"]]
    assert [item["id"].split("_")[0] for item in named] == ["rs", "msg"]
    await create(four, ANTHROPIC, [user("When?"), *named, user("Sure?")])
    blocks = [
        (m["role"], [b["type"] for b in m["content"]]) for m in sent(four)["messages"] if isinstance(m["content"], list)
    ]
    assert ("assistant", ["thinking", "text"]) in blocks
    assert sent(four)["messages"][1]["content"][0]["signature"]
    await create(four, OPENAI, [user("When?"), *named, user("Sure?")])
    body = sent(four)
    assert body["store"] is False
    assert [item["type"] for item in body["input"]] == ["message", "message", "message"]
    assert not any("id" in item for item in body["input"])
    missing = {"type": "item_reference", "id": f"msg_{'0' * 38}_1"}
    refused = await call(four, {"model": ANTHROPIC, "input": [missing, user("x")]})
    assert refused.status_code == 400
    assert f"Item with id '{missing['id']}' not found." in refused.json()["error"]["message"]


async def test_2_9_20_three_turns_by_three_providers_and_a_hole(four: Stack) -> None:
    one = await create(four, GOOGLE, "Turn one")
    four.provider.script.add(OPENAI, [Step(thinking="Secret.", content="Second answer.")])
    two = await create(four, OPENAI, "Turn two", previous_response_id=one["id"])
    body = sent(four)
    assert (body["store"], "previous_response_id" in body) == (False, False)
    assert "Turn one" in json.dumps(body)
    three = await create(four, ANTHROPIC, "Turn three", previous_response_id=two["id"])
    went = json.dumps(sent(four))
    assert [text in went for text in ("Turn one", "Turn two", "Second answer.", "Turn three")] == [True] * 4
    assert "Secret" not in went
    assert "pr1." not in went
    back = await create(four, OPENAI, "Turn four", previous_response_id=three["id"])
    items = sent(four)["input"]
    assert [item.get("encrypted_content", "")[:5] for item in items if item["type"] == "reasoning"] == ["gAAAA"]
    gone = await call(four, method="DELETE", path=f"/{one['id']}")
    assert gone.json() == {"id": one["id"], "object": "response", "deleted": True}
    refused = await call(four, {"model": ANTHROPIC, "input": "x", "previous_response_id": back["id"]})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "previous_response_not_found")


async def test_a_stored_response_is_shown_listed_and_removed(four: Stack) -> None:
    one = await create(four, ANTHROPIC, "Turn one", metadata={"a": "b"}, include=["reasoning.encrypted_content"])
    two = await create(four, ANTHROPIC, [user("Turn two")], previous_response_id=one["id"])
    shown = await call(four, method="GET", path=f"/{one['id']}")
    assert one.pop("promptly_metadata")
    for item in one["output"]:
        item.pop("encrypted_content", None)
    assert shown.json() == one
    page = (await call(four, method="GET", path=f"/{two['id']}/input_items?order=asc")).json()
    assert [item.get("role", item["type"]) for item in page["data"]] == ["user", "reasoning", "assistant", "user"]
    assert (page["first_id"], page["last_id"], page["has_more"]) == (
        page["data"][0]["id"],
        page["data"][-1]["id"],
        False,
    )
    newest = (await call(four, method="GET", path=f"/{two['id']}/input_items?limit=1")).json()
    assert (newest["data"], newest["has_more"]) == ([page["data"][-1]], True)
    rest = await call(four, method="GET", path=f"/{two['id']}/input_items?after={newest['last_id']}")
    assert rest.json()["data"] == page["data"][2::-1]
    async with four.client() as sdk:
        assert (await sdk.responses.retrieve(one["id"])).id == one["id"]
        listed = [item async for item in sdk.responses.input_items.list(two["id"], limit=1)]
        assert [item.id for item in listed] == [item["id"] for item in page["data"][::-1]]
        await sdk.responses.delete(one["id"])
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/cancel"), ("GET", "/input_items")):
        found = await call(four, method=method, path=f"/{one['id']}{path}")
        assert (found.status_code, found.json()["error"]["type"]) == (404, "invalid_request_error")
    cancelled = await call(four, method="POST", path=f"/{two['id']}/cancel")
    assert cancelled.status_code == 400
    streamed = await call(four, method="GET", path=f"/{two['id']}?stream=true")
    assert (streamed.status_code, streamed.json()["error"]["param"]) == (400, "stream")
    for query in ("starting_after=3", "stream=true&starting_after=0"):
        refused = await call(four, method="GET", path=f"/{two['id']}?{query}")
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, "stream")
    for query in ("stream=false", "stream=false&starting_after=0&include_obfuscation=true"):
        assert (await call(four, method="GET", path=f"/{two['id']}?{query}")).json()["id"] == two["id"]


@pytest.mark.parametrize("model", [ANTHROPIC, OPENAI])
@pytest.mark.parametrize("stream", [False, True])
async def test_a_cached_response_is_stored_under_its_own_id(four: Stack, model: str, stream: bool) -> None:
    kept: dict[str, StoreAnswer] = {}

    async def store(answer: StoreAnswer) -> Stored:
        kept[answer.fingerprint] = answer
        return Stored(entry_id="e")

    async def look(lookup: ExactLookup) -> CacheHit | CacheMiss:
        found = kept.get(lookup.fingerprint)
        if found is None:
            return CacheMiss()
        return CacheHit(
            kind="exact",
            entry_id="e",
            similarity=1.0,
            answer=found.answer,
            served_model=found.served_model,
            provider=found.provider,
            prompt_tokens=found.prompt_tokens,
            completion_tokens=found.completion_tokens,
            request_id=found.request_id,
            stored_at_ms=1,
        )

    await four.bus.serve(LOOKUP_EXACT, look)
    await four.bus.serve(STORE, store)
    four.change(settings=OptimizationSettings(level="off", routing_mode="manual"))
    four.provider.script.add(model, [Step(content="Cached words.")])
    first = await create(four, model, "One")
    async with asyncio.timeout(5):
        while not kept:
            await asyncio.sleep(0.01)
    found = await call(four, {"model": model, "input": "One", "stream": stream})
    assert found.headers["x-promptly-cache"] == "hit"
    hit = events(found)[-1]["response"] if stream else found.json()
    assert (text_of(hit), hit["store"]) == ("Cached words.", True)
    assert hit["id"] != first["id"]
    assert {item["id"] for item in hit["output"]}.isdisjoint(item["id"] for item in first["output"])
    await create(four, ANTHROPIC, "Two", previous_response_id=hit["id"])
    assert "Cached words." in json.dumps(sent(four))
    calls = len(four.provider.ledger)
    await create(four, ANTHROPIC, "Two", previous_response_id=hit["id"])
    assert len(four.provider.ledger) == calls + 1, "what goes on with a conversation is not cached"


async def test_what_is_too_large_is_answered_and_not_stored(four: Stack) -> None:
    found = await call(four, {"model": ANTHROPIC, "input": "x" * (1 << 20)})
    assert (found.status_code, found.json()["store"]) == (200, False)
    assert found.headers["x-promptly-dropped"] == "store"


async def test_a_conversation_has_an_end(four: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversations, "MAX_TURNS", 2)
    one = await create(four, SERVER, "One")
    two = await create(four, SERVER, "Two", previous_response_id=one["id"])
    three = await create(four, SERVER, "Three", previous_response_id=two["id"])
    refused = await call(four, {"model": SERVER, "input": "Four", "previous_response_id": three["id"]})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "conversation_too_long")
    assert refused.json()["error"]["param"] == "previous_response_id"


async def test_a_bus_that_is_away_is_no_unknown_response(four: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    one = await create(four, ANTHROPIC, "One")

    async def get(*_: Any) -> None:
        raise NotConnected("The bus is away.")

    monkeypatch.setattr(four.bus, "get", get)
    found = await call(four, {"model": ANTHROPIC, "input": "Two", "previous_response_id": one["id"]})
    assert found.status_code == 503
    assert found.headers["retry-after"]


async def test_a_session_is_its_conversations_first_response(four: Stack) -> None:
    one = await create(four, ANTHROPIC, "One")
    await row(four)
    sessions = []
    for before in (one["id"], one["id"]):
        await create(four, ANTHROPIC, "Two", previous_response_id=before)
        sessions.append((await row(four)).session)
    assert sessions[0] == sessions[1] is not None


@pytest.mark.parametrize("model", [OPENAI, ANTHROPIC, GOOGLE, SERVER])
async def test_tokens_are_counted_and_nothing_is_made(four: Stack, model: str) -> None:
    body = {"model": model, "input": "How many tokens are these?", "tools": [TOOL]}
    found = await call(four, body, path="/input_tokens")
    assert found.status_code == 200, found.text
    assert found.json()["object"] == "response.input_tokens"
    assert found.json()["input_tokens"] > 5
    assert found.headers.get("x-promptly-estimated") == ("1" if model == SERVER else None)
    assert not any(
        entry["target"].endswith(("/responses", "/messages", "generateContent")) for entry in four.provider.ledger
    )
    event = await row(four)
    assert (event.kind, event.tokens.output, event.actual_cost_nano) == ("count", 0, 0)


async def test_what_is_gone_on_with_is_counted_too(four: Stack) -> None:
    one = await create(four, ANTHROPIC, "word " * 500)
    short = await call(four, {"model": OPENAI, "input": "Two"}, path="/input_tokens")
    body = {"model": OPENAI, "input": "Two", "previous_response_id": one["id"]}
    found = await call(four, body, path="/input_tokens")
    assert found.status_code == 200, found.text
    assert found.json()["input_tokens"] > short.json()["input_tokens"] + 400


async def test_reasoning_is_requested_only_of_models_that_reason(four: Stack) -> None:
    one = await create(four, ANTHROPIC, "One")
    for model, wanted in ((OPENAI, True), ("gpt-4o", False)):
        await create(four, model, "Two", previous_response_id=one["id"])
        assert ("include" in sent(four)) is wanted


async def test_a_budget_is_held_against_the_whole_conversation(four: Stack) -> None:
    one = await create(four, ANTHROPIC, "word " * 20_000)

    async def spent(_: RequestQuery) -> Spent:
        return Spent(nano=0)

    await four.bus.serve(SPENT, spent)
    four.change(monthly_budget_nano=100_000_000)
    alone = await call(four, {"model": ANTHROPIC, "input": "Two", "max_output_tokens": 16})
    assert alone.status_code == 200
    found = await call(
        four, {"model": ANTHROPIC, "input": "Two", "max_output_tokens": 16, "previous_response_id": one["id"]}
    )
    assert (found.status_code, found.json()["error"]["code"]) == (402, "insufficient_quota")


@pytest.mark.parametrize("model", [OPENAI, ANTHROPIC])
async def test_a_conversation_through_the_sdk(four: Stack, model: str) -> None:
    four.provider.script.add(model, [Step(content="One."), Step(content="Two.")])
    async with four.client() as sdk:
        first = await sdk.responses.create(model=model, input="Count.")
        async with sdk.responses.stream(model=model, input="Go on.", previous_response_id=first.id) as opened:
            kinds = [event.type async for event in opened]
            second = await opened.get_final_response()
        assert (kinds[0], kinds[-1]) == ("response.created", "response.completed")
        assert (second.output_text, second.previous_response_id) == ("Two.", first.id)
        assert (await sdk.responses.retrieve(second.id)).output_text == "Two."
        assert (await sdk.responses.input_tokens.count(model=model, input="Count.")).input_tokens > 0
        compacted = await sdk.responses.compact(model=OPENAI, input="Count.")
        assert compacted.object == "response.compaction"
        await sdk.responses.delete(second.id)
        with pytest.raises(NotFoundError):
            await sdk.responses.retrieve(second.id)
        with pytest.raises(BadRequestError) as refused:
            await sdk.responses.create(model=model, input="More.", previous_response_id=second.id)
        assert refused.value.code == "previous_response_not_found"
