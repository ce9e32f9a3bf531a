"""The Responses API where OpenAI serves: what goes out is what came in, what comes back is what OpenAI said, and state stays there."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from libs.common import ids
from tests.fake_provider.script import Step
from tests.fixtures.gateway import Stack
from tests.fixtures.responses import ANTHROPIC, OPENAI, call, row, sent, user
from tests.fixtures.three_providers import another_gateway, three  # noqa: F401

BODY: dict[str, Any] = {"model": OPENAI, "input": [user("What is the tide in Tórshavn?")]}
_NUMBER = re.compile(rb"(?<=fake)\d+|(?<=created_at\": )\d+|(?<=created_at\":)\d+")


def raw(**more: Any) -> bytes:
    """A body as a client may write it: spaces, escapes and the order of its keys are its own."""
    return json.dumps({**BODY, **more}, indent=1).encode()


def same(one: bytes, other: bytes) -> bool:
    return _NUMBER.sub(b"", one) == _NUMBER.sub(b"", other)


async def direct(stack: Stack, body: bytes) -> httpx.Response:
    return await call(stack, body, url=f"{stack.provider_url}/v1", key="sk-openai")


@pytest.mark.parametrize("stream", [False, True])
async def test_2_9_1_a_request_and_its_answer_pass_unchanged(three: Stack, stream: bool) -> None:  # noqa: F811
    three.provider.strict = False
    body = raw(stream=stream, store=False, foo={"unknown": [1.0, 2e3]}, client_metadata={"x": "y"})
    codex = {"originator": "codex_exec", "session-id": "s1", "thread-id": "t1", "x-codex-window-id": "w"}
    found = await call(three, body, **codex)
    assert found.status_code == 200, found.text
    went = three.provider.ledger[-1]
    assert went["sha256"] == hashlib.sha256(body).hexdigest()
    assert went["target"] == "/v1/responses"
    assert {name: went["headers"][name] for name in codex} == codex
    assert went["headers"]["authorization"] == "Bearer sk-openai"
    said = await direct(three, body)
    assert same(found.content, said.content)
    assert found.headers["x-promptly-model"] == OPENAI
    assert found.headers["x-request-id"]
    event = await row(three)
    assert (event.kind, event.target_surface, event.raw, event.status) == ("responses", "responses", True, "success")
    assert event.tokens.input
    assert event.tokens.output
    assert event.actual_cost_nano
    assert event.session is not None
    response_id = re.search(rb'"id": ?"(resp_[^"]+)"', found.content)
    assert response_id is not None
    missing = await call(three, method="GET", path=f"/{response_id[1].decode()}")
    assert missing.status_code == 404


@pytest.mark.parametrize("stream", [False, True])
async def test_follow_ups_and_routes_reach_the_account_that_stores(three: Stack, stream: bool, tmp_path: Path) -> None:  # noqa: F811
    keys = three.principal.provider_keys
    second = three.seal("openai", "sk-second")
    first = await call(three, raw(stream=stream))
    assert first.status_code == 200, first.text
    response_id = re.search(rb'"id": ?"(resp_[^"]+)"', first.content)
    assert response_id is not None
    name = response_id[1].decode()
    three.change(provider_keys=(second, *keys))
    async with another_gateway(three, tmp_path) as url:
        body = raw(previous_response_id=name)
        follow_up = await call(three, body, url=url)
        assert follow_up.status_code == 200, follow_up.text
        assert three.provider.ledger[-1]["sha256"] == hashlib.sha256(body).hexdigest()
        assert three.provider.ledger[-1]["headers"]["authorization"] == "Bearer sk-openai"
        for method, path, kind in (
            ("GET", f"/{name}", "response"),
            ("GET", f"/{name}/input_items?limit=5", "list"),
            ("POST", f"/{name}/cancel", "response"),
            ("DELETE", f"/{name}", "response"),
        ):
            found = await call(three, method=method, path=path, url=url)
            assert (found.status_code, found.json()["object"]) == (200, kind), found.text
            assert found.headers["x-request-id"]
        gone = await call(three, method="GET", path=f"/{name}", url=url)
        assert gone.status_code == 404
    refused = await call(three, raw(previous_response_id=name))
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "previous_response_not_found")


async def test_a_conversation_that_openai_stores_goes_nowhere_else(three: Stack) -> None:  # noqa: F811
    first = (await call(three, raw())).json()
    calls = len(three.provider.ledger)
    refused = await call(three, raw(model=ANTHROPIC, previous_response_id=first["id"]))
    assert refused.status_code == 400
    assert "send the full input" in refused.json()["error"]["message"]
    three.change(provider_keys=tuple(key for key in three.principal.provider_keys if key.provider != "openai"))
    lost = await call(three, raw(model=ANTHROPIC, previous_response_id=first["id"]))
    assert lost.json()["error"]["code"] == "previous_response_not_found"
    assert len(three.provider.ledger) == calls


async def test_2_9_11_reasoning_that_openai_refuses_is_left_out_once(three: Stack) -> None:  # noqa: F811
    reasoning = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAAold"}
    body = raw(input=[user("One"), reasoning, {"role": "assistant", "content": "Two"}, user("Three")], store=False)
    three.provider.strict = False
    refusal = Step(status=400, message="The encrypted content could not be verified.", code="invalid_encrypted_content")
    three.provider.script.add(OPENAI, [refusal, Step(content="Again.")])
    found = await call(three, body)
    assert found.status_code == 200, found.text
    assert [item.get("type") for item in sent(three)["input"]] == ["message", None, "message"]
    assert found.headers["x-promptly-dropped"] == "reasoning"
    event = await row(three)
    assert event.dropped == ("reasoning",)
    three.provider.script.add(OPENAI, [refusal, refusal, refusal])
    again = await call(three, body)
    said = await direct(three, body)
    assert again.status_code == 400
    assert same(again.content, said.content)


@pytest.mark.parametrize("stream", [False, True])
async def test_a_providers_error_passes_as_it_came(three: Stack, stream: bool) -> None:  # noqa: F811
    three.provider.script.add(OPENAI, [Step(status=400, message="Unsupported parameter: foo", param="foo")] * 2)
    found, said = await call(three, raw(stream=stream)), await direct(three, raw(stream=stream))
    assert found.status_code == 400
    assert same(found.content, said.content)
    assert (await row(three)).status == "error"


async def test_an_error_before_any_content_is_tried_again_and_after_it_ends_the_stream(three: Stack) -> None:  # noqa: F811
    three.provider.script.add(OPENAI, [Step(error_after=2), Step(content="Now.")])
    found = await call(three, raw(stream=True))
    assert found.content.count(b"event: response.created") == 1
    assert b"Now." in found.content
    assert (await row(three)).status == "success"
    three.provider.script.add(OPENAI, [Step(content="one two three four five", cut_after=8)])
    cut = await call(three, raw(stream=True))
    assert cut.content.count(b"event: response.failed") == 1
    assert b"[DONE]" not in cut.content
    failed = json.loads(cut.content.strip().rpartition(b"data: ")[2])
    numbers = [int(number) for number in re.findall(rb'"sequence_number": ?(\d+)', cut.content)]
    assert numbers == list(range(len(numbers)))
    assert failed["response"]["error"]["message"]
    event = await row(three)
    assert (event.status, event.error_code) == ("error", "upstream_truncated")
    assert event.tokens.output


async def test_another_organizations_responses_are_unknown(three: Stack) -> None:  # noqa: F811
    first = (await call(three, raw())).json()
    three.change(org_id=ids.new_id("org"))
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/cancel"), ("GET", "/input_items")):
        found = await call(three, method=method, path=f"/{first['id']}{path}")
        assert found.status_code == 404


async def test_openai_compacts_a_conversation_and_nobody_else(three: Stack) -> None:  # noqa: F811
    body = raw()
    found = await call(three, body, path="/compact")
    assert found.status_code == 200, found.text
    assert found.json()["object"] == "response.compaction"
    went = three.provider.ledger[-1]
    assert (went["target"], went["sha256"]) == ("/v1/responses/compact", hashlib.sha256(body).hexdigest())
    event = await row(three)
    assert (event.kind, event.status, event.tokens.output, event.stored) == ("responses", "success", 9, False)
    assert event.actual_cost_nano
    refused = await call(three, raw(model=ANTHROPIC), path="/compact")
    assert refused.status_code == 400
    assert "capability_rejected: compact" in refused.json()["error"]["message"]


async def test_a_compacted_conversation_comes_whole_whatever_is_asked_for(three: Stack) -> None:  # noqa: F811
    found = await call(three, raw(stream=True), path="/compact")
    assert (found.status_code, found.headers["content-type"].partition(";")[0]) == (200, "application/json")
    assert found.json()["object"] == "response.compaction"
    assert (await row(three)).tokens.output == 9


async def test_2_9_14_a_background_response_is_charged_once_when_it_is_finished(three: Stack) -> None:  # noqa: F811
    body = raw(background=True)
    begun = await call(three, body)
    assert (begun.status_code, begun.json()["status"]) == (200, "queued")
    assert three.provider.ledger[-1]["sha256"] == hashlib.sha256(body).hexdigest()
    event = await row(three)
    assert (event.stop, event.tokens.input, event.tokens.output, event.actual_cost_nano) == ("queued", 0, 0, 0)
    name = begun.json()["id"]
    stored, items = three.provider.side.responses[name]
    three.provider.side.responses[name] = ({**stored, "status": "in_progress"}, items)
    await call(three, method="GET", path=f"/{name}")
    assert three.finished == []
    three.provider.side.responses[name] = (stored, items)
    for _ in range(2):
        found = await call(three, method="GET", path=f"/{name}")
        assert found.json()["status"] == "completed"
    charged = await row(three)
    assert charged.tokens.output == stored["usage"]["output_tokens"]
    assert charged.actual_cost_nano
    assert (charged.kind, charged.stop, charged.baseline_model) == ("responses", "completed", OPENAI)
    assert ids.is_id(charged.id, "req")
    assert charged.id != event.id
