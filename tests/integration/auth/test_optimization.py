"""What levers would do, and what the cache did: asked of the optimizer, the request log and the cache."""

from typing import Any

import pytest
import pytest_asyncio

from libs.common.contracts import analytics, cache
from libs.common.contracts.events import CompletionFinished
from libs.common.contracts.optimizer import OPTIMIZE, OptimizeReply, OptimizeRequest
from libs.common.ids import new_id
from tests.fixtures import similarity
from tests.integration.auth.conftest import Auth, Org
from tests.integration.auth.test_relayed import _entry

pytestmark = pytest.mark.asyncio(loop_scope="module")
ENTRY = "0b4d2c1e-6a57-5a0f-9d53-1c7f6a0e5b21"


def chat(turns: int) -> dict[str, Any]:
    system = {"role": "system", "content": "Answer    briefly.\n\n\n\n\nAnswer in English."}
    said = [
        {"role": ("user", "assistant")[i % 2], "content": f"Remark {i} of a long talk about order {1000 + i}."}
        for i in range(turns)
    ]
    return {"model": "gpt-4o", "messages": [system, *said, {"role": "user", "content": "And now?"}], "temperature": 0}


async def preview(auth: Auth, org: Org, body: Any, level: str | None = None) -> Any:
    headers = {} if level is None else {"x-promptly-level": level}
    return await auth.call("POST", "/api/optimization/preview", org.token, json=body, headers=headers)


@pytest_asyncio.fixture(loop_scope="module")
async def optimizer(auth: Auth) -> list[OptimizeRequest]:
    """What the real optimizer was asked."""
    asked: list[OptimizeRequest] = []
    real = similarity.optimizer(16)

    async def answer(request: OptimizeRequest) -> OptimizeReply:
        asked.append(request)
        return real.answer(request)

    await auth.bus.serve(OPTIMIZE, answer)
    return asked


async def test_a_preview_is_what_the_optimizer_would_send(auth: Auth, optimizer: list[OptimizeRequest]) -> None:
    org = await auth.new_org()
    body = chat(30)
    shown = (await preview(auth, org, body)).json()
    assert optimizer[-1].explain
    assert (shown["level"], shown["model"]) == ("moderate", "gpt-4o")
    assert shown["tokens_saved"] == shown["original_tokens"] - shown["optimized_tokens"] > 0
    assert sum(lever["tokens_saved"] for lever in shown["levers"]) == shown["tokens_saved"]
    # gpt-4o costs $2.50 per million prompt tokens.
    assert shown["cost_before_usd"] == pytest.approx(shown["original_tokens"] * 2.5e-6)
    assert shown["savings_usd"] == pytest.approx(shown["tokens_saved"] * 2.5e-6)
    assert sum(lever["savings_usd"] for lever in shown["levers"]) == pytest.approx(shown["savings_usd"])
    assert [message["content"] for message in shown["messages"]][-1] == "And now?"

    # Read together, the changes are the request before and the request after.
    gone = [change for change in shown["diff"] if change["change"] != "added"]
    assert [change["position"] for change in gone] == list(range(len(body["messages"])))
    for change, message in zip(gone, body["messages"], strict=True):
        assert "".join(piece["text"] for piece in change["text"] if piece["op"] != "added") == message["content"]
    sent = [change for change in shown["diff"] if change["change"] != "removed"]
    for change, message in zip(sent, shown["messages"], strict=True):
        assert "".join(piece["text"] for piece in change["text"] if piece["op"] != "removed") == message["content"], (
            change
        )
    assert {change["change"] for change in shown["diff"]} == {"changed", "kept", "removed"}


async def test_another_level_can_be_tried_and_off_changes_nothing(auth: Auth, optimizer: list[OptimizeRequest]) -> None:
    org = await auth.new_org()
    body = chat(30)
    moderate, most, off = [(await preview(auth, org, body, level)).json() for level in (None, "aggressive", "off")]
    assert most["tokens_saved"] > moderate["tokens_saved"] > off["tokens_saved"] == 0
    assert (off["messages"], {change["change"] for change in off["diff"]}) == (body["messages"], {"kept"})
    assert (await preview(auth, org, body, "brutal")).status_code == 400
    assert (await preview(auth, org, {"model": "gpt-4o"})).json()["errors"][0]["field"] == "messages"
    assert (await preview(auth, org, {**body, "messages": ["hi"]})).status_code == 400
    unknown = (await preview(auth, org, {**body, "model": "my-own-model"})).json()
    assert (unknown["cost_before_usd"], unknown["savings_usd"], unknown["exact_tokens"]) == (None, None, False)


async def test_hits_are_pages_of_the_log_and_wrong_ones_are_taken_back(auth: Auth) -> None:
    org = await auth.new_org()
    served = [
        _entry(
            org,
            cache_entry_id=ENTRY,
            cache_pair_id=f"pair-{i % 2}",
            cache_source_id=new_id("req"),
            cache_similarity=0.96,
        )
        for i in range(3)
    ]
    asked: list[analytics.RequestQuery] = []
    gone: list[cache.ForgetEntry] = []

    async def page(query: analytics.RequestQuery) -> analytics.RequestPage:
        asked.append(query)
        found: tuple[CompletionFinished, ...] = tuple(served) if query.cache_entry_id in (None, ENTRY) else ()
        return analytics.RequestPage(requests=found, next_cursor=None)

    async def forget(wrong: cache.ForgetEntry) -> cache.Forgotten:
        gone.append(wrong)
        return cache.Forgotten(forgotten=wrong.entry_id == ENTRY)

    await auth.bus.serve(analytics.REQUESTS, page)
    await auth.bus.serve(cache.FORGET, forget)
    viewer = await auth.join(org, "viewer")
    listed = (await auth.call("GET", "/api/optimization/cache/hits", viewer, params={"limit": 10})).json()
    assert [hit["request_id"] for hit in listed["hits"]] == [entry.id for entry in served]
    assert listed["hits"][0]["source_request_id"] == served[0].cache_source_id
    assert (listed["hits"][0]["similarity"], listed["hits"][0]["entry_id"]) == (0.96, ENTRY)
    assert (asked[0].semantic, asked[0].limit, asked[0].org_id) == (True, 10, org.id)

    where = "/api/optimization/cache/feedback"
    said = await auth.call("POST", where, await auth.join(org, "member"), json={"entry_id": ENTRY, "wrong": True})
    assert (said.status_code, said.json()) == (200, {"entry_id": ENTRY, "evicted": True, "blocked_pairs": 2})
    assert gone == [cache.ForgetEntry(org_id=org.id, entry_id=ENTRY, pair_ids=("pair-0", "pair-1"))]
    unknown = {"entry_id": ENTRY.replace("0", "1"), "wrong": True}
    assert (await auth.call("POST", where, org.token, json=unknown)).status_code == 404
    for bad in ({"entry_id": ENTRY, "wrong": False}, {"entry_id": "x", "wrong": True}, {"entry_id": ENTRY}):
        assert (await auth.call("POST", where, org.token, json=bad)).status_code == 400


async def test_a_preview_says_what_would_become_of_tools_and_pictures(
    auth: Auth, optimizer: list[OptimizeRequest]
) -> None:
    org = await auth.new_org()
    wordy = "Look up a customer by name, postal code or telephone number, and return all fields known of the customer, newest first."
    function = {"name": "look_up", "description": wordy, "parameters": {"type": "object", "properties": {}}}
    body = {**chat(1), "tools": [{"type": "function", "function": function}]}
    shown = (await preview(auth, org, body, "aggressive")).json()
    steps = {step["lever"]: (step["outcome"], step["reason"]) for step in shown["steps"]}
    assert steps["tools"][0] == steps["images"][0] == "off"
    assert shown["definitions"] == []
    wanted = {"tool_definitions": "shadow", "images": "shadow"}
    await auth.call("PUT", "/api/optimization/settings", org.token, json=wanted)
    shown = (await preview(auth, org, body, "aggressive")).json()
    assert shown["definitions"] == [{"before": wordy, "after": wordy.replace("of the customer", "of customer")}]
    (line,) = (one for one in shown["levers"] if one["lever"] == "tools")
    assert line["savings_usd"] == pytest.approx(line["tokens_saved"] * 2.5e-6)
    steps = {step["lever"]: (step["outcome"], step["reason"]) for step in shown["steps"]}
    assert steps["images"] == ("nothing_found", "There are no pictures.")
    assert optimizer[-1].definitions == (wordy,)
