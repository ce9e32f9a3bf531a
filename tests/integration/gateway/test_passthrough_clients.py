"""OpenAI's own client through us, the ends of calls, and errors in OpenAI's shape."""

import asyncio
from typing import Any

import httpx
import openai
import pytest

from libs.common.contracts.analytics import SPENT, RequestQuery, Spent
from libs.common.contracts.gateway import CHECK_BATCH, CheckBatch
from tests.fake_provider.script import Step
from tests.fixtures.gateway import Stack
from tests.fixtures.nats import until

SOUND = ("a.m4a", bytes(range(256)) * 20)
PICTURE = ("a.png", b"\x89PNG" * 100)


async def test_moderations_images_and_sound(stack: Stack) -> None:
    client = stack.client()
    assert (await client.moderations.create(input="hello")).results[0].flagged is False
    image = await client.images.generate(model="gpt-image-1", prompt="A cat")
    assert image.data
    assert image.usage is not None
    assert (await client.images.edit(model="gpt-image-1", image=PICTURE, prompt="A hat")).data
    assert (await client.audio.transcriptions.create(model="whisper-1", file=SOUND)).text == "Heard 5120 bytes."
    assert (await client.audio.translations.create(model="whisper-1", file=SOUND)).text == "Heard 5120 bytes."
    speech = await client.audio.speech.create(model="tts-1", voice="alloy", input="Hello!")
    assert len(speech.content) == 32 * 64
    async with client.audio.speech.with_streaming_response.create(model="tts-1", voice="alloy", input="Hi") as stream:
        assert len(await stream.read()) == 32 * 64
    await until(lambda: len(stack.finished) == 7)
    assert {event.kind for event in stack.finished} == {"passthrough"}
    assert all(event.actual_cost_nano is not None for event in stack.finished)
    assert [event.baseline_model for event in stack.finished] == [
        *("moderations", "gpt-image-1", "gpt-image-1", "whisper-1", "whisper-1", "tts-1", "tts-1")
    ]


async def test_files_and_batches(stack: Stack) -> None:
    client = stack.client()
    file = await client.files.create(file=("in.jsonl", b'{"a":1}\n'), purpose="batch")
    assert (await client.files.retrieve(file.id)).filename == "in.jsonl"
    assert (await client.files.content(file.id)).content == b'{"a":1}\n'
    assert [one.id for one in (await client.files.list()).data] == [file.id]
    batch = await client.batches.create(input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h")
    assert (await client.batches.retrieve(batch.id)).status == "in_progress"
    assert (await client.batches.cancel(batch.id)).status == "cancelled"
    assert [one.id for one in (await client.batches.list()).data] == [batch.id]
    assert (await client.files.delete(file.id)).deleted
    with pytest.raises(openai.NotFoundError):
        await client.files.retrieve(file.id)


async def test_what_a_batch_made_belongs_to_whose_batch_it_is(stack: Stack) -> None:
    client = stack.client()
    file = await client.files.create(file=("in.jsonl", b"{}"), purpose="batch")
    batch = await client.batches.create(input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h")
    side = stack.provider.side
    side.files["file-output"] = ({"id": "file-output", "object": "file"}, b"answers")
    with pytest.raises(openai.NotFoundError):
        await client.files.content("file-output")
    side.finish(batch.id, "completed", "text-embedding-3-small", {"input_tokens": 1000, "output_tokens": 0})
    side.batches[batch.id]["output_file_id"] = "file-output"
    await client.batches.retrieve(batch.id)
    assert (await client.files.content("file-output")).content == b"answers"
    charged = [event for event in stack.finished if event.service_tier == "batch"]
    assert [event.actual_cost_nano for event in charged] == [1000 * 20 // 2]


async def test_an_object_stays_under_the_key_that_it_was_made_with(stack: Stack) -> None:
    client = stack.client()
    own = stack.principal.provider_keys
    file = await client.files.create(file=("in.jsonl", b"{}"), purpose="batch")
    stack.change(provider_keys=(stack.seal("openai", "sk-newer-key-00"), *own))
    await client.files.retrieve(file.id)
    assert stack.provider.ledger[-1]["key_end"] == "-key"
    await client.batches.create(input_file_id=file.id, endpoint="/v1/embeddings", completion_window="24h")
    assert stack.provider.ledger[-1]["key_end"] == "-key"
    stack.change(provider_keys=stack.principal.provider_keys[:1])
    with pytest.raises(openai.NotFoundError, match="is gone"):
        await client.files.retrieve(file.id)


async def test_our_key_at_fault_is_502_and_without_a_key_of_openai_it_is_404(stack: Stack) -> None:
    client = stack.client()
    stack.change(provider_keys=(stack.seal("openai", "sk-wrong-key"),))
    with pytest.raises(openai.InternalServerError) as refused:
        await client.moderations.create(input="x")
    assert (refused.value.status_code, refused.value.code) == (502, "provider_key_rejected")
    stack.change(provider_keys=(stack.seal("anthropic", "sk-ant-key"), stack.seal("openai_compatible", "sk-x")))
    with pytest.raises(openai.NotFoundError):
        await client.moderations.create(input="x")


async def test_a_provider_that_cannot_be_reached_is_tried_again_once(stack: Stack) -> None:
    stack.change(provider_keys=(stack.seal("openai", "sk-x", base_url="http://127.0.0.1:9/v1"),))
    with pytest.raises(openai.InternalServerError) as refused:
        await stack.client().moderations.create(input="x")
    assert refused.value.status_code == 502
    await until(lambda: len(stack.finished) == 1)
    assert (stack.finished[0].status, stack.finished[0].actual_cost_nano) == ("error", 0)


async def test_credentials_and_our_own_headers_stay_here(stack: Stack) -> None:
    stack.provider.record_bodies = True
    headers = {"x-promptly-tags": "a=b", "cookie": "c=d", "openai-organization": "org-x", "openai-beta": "y"}
    await stack.client().moderations.create(input="x", extra_headers=headers, extra_query={"key": "k", "a": "b"})
    (entry,) = stack.provider.ledger
    sent = entry["headers"]
    assert entry["target"] == "/v1/moderations?a=b"
    assert not {"cookie", "x-promptly-tags", "openai-organization"} & set(sent)
    assert sent["authorization"] == "Bearer sk-provider-key"
    assert (sent["openai-beta"], sent["accept-encoding"]) == ("y", "identity")


async def test_a_client_that_leaves_while_it_waits_is_recorded_and_hangs_up(stack: Stack) -> None:
    stack.provider.script.add("/v1/audio/speech", [Step(delay=5)])
    call = stack.client().audio.speech.create(model="tts-1", voice="alloy", input="x")
    waiting = asyncio.create_task(call)
    await until(lambda: stack.provider.ledger)
    waiting.cancel()
    await until(lambda: len(stack.finished) == 1)
    (event,) = stack.finished
    assert (event.status, event.status_code) == ("cancelled", 499)
    assert event.actual_cost_nano == 15_000, "it may have been billed"


async def _all_spent(_: RequestQuery) -> Spent:
    return Spent(nano=10**12)


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"key": "pk-wrong"}, 401, "invalid_api_key"),
        ({"budget": 1}, 402, "budget_exceeded"),
        ({"rpm": 1}, 429, "rate_limit_exceeded"),
        ({"size": 11 << 20}, 413, "payload_too_large"),
        ({"scopes": ("optimize",)}, 403, "forbidden"),
        ({"body": b"[]"}, 400, "invalid_request"),
    ],
    ids=["401", "402", "429", "413", "403", "400"],
)
async def test_errors_are_in_openais_shape(stack: Stack, change: dict[str, Any], status: int, code: str) -> None:
    if "budget" in change:
        stack.change(monthly_budget_nano=change["budget"])
        await stack.bus.serve(SPENT, _all_spent)
    if "rpm" in change:
        stack.change(rpm=1)
        await stack.client().moderations.create(input="x")
    if "scopes" in change:
        stack.change(scopes=change["scopes"])
    body = change.get("body", b'{"model":"tts-1","voice":"alloy","input":"%b"}' % (b"x" * change.get("size", 1)))
    headers = {"authorization": f"Bearer {change.get('key', stack.api_key)}", "content-type": "application/json"}
    async with httpx.AsyncClient(base_url=stack.url) as http:
        answer = await http.post("/v1/audio/speech", content=body, headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert answer.headers["x-request-id"]


async def test_other_methods_are_405_in_openais_shape(stack: Stack) -> None:
    async with httpx.AsyncClient(base_url=stack.url, headers={"authorization": f"Bearer {stack.api_key}"}) as http:
        answer = await http.put("/v1/files", content=b"{}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (405, "method_not_allowed")


async def test_a_fault_of_ours_is_500_and_one_record(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.gateway.pipeline.passthrough.to_openai", lambda _: 1 / 0)
    with pytest.raises(openai.InternalServerError) as refused:
        await stack.client().moderations.create(input="x")
    assert refused.value.status_code == 500
    assert "division" not in str(refused.value)
    await until(lambda: len(stack.finished) == 1)
    assert stack.finished[0].error_code == "internal_error"
    await asyncio.sleep(0)


async def test_while_the_bus_is_away_nothing_is_made_that_nobody_would_own(stack: Stack) -> None:
    stack.bus.connected = False
    try:
        with pytest.raises(openai.APIStatusError) as refused:
            await stack.client().files.create(file=("in.jsonl", b"{}"), purpose="batch")
    finally:
        stack.bus.connected = True
    assert refused.value.status_code == 503
    assert stack.provider.ledger == []


async def test_a_batch_that_nobody_polls_is_charged_when_analytics_has_it_looked_at(stack: Stack) -> None:
    client = stack.client()
    file = await client.files.create(file=("in.jsonl", b"{}"), purpose="batch")
    batch = await client.batches.create(input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h")
    await until(lambda: len(stack.finished) == 2)
    assert stack.finished[-1].upstream_request_id == batch.id
    look = CheckBatch(org_id=stack.org_id, batch_id=batch.id)
    assert not (await stack.bus.call(CHECK_BATCH, look)).over
    stack.provider.side.finish(batch.id, "completed", "gpt-4o", {"input_tokens": 1000, "output_tokens": 0})
    assert (await stack.bus.call(CHECK_BATCH, CheckBatch(org_id="org_other", batch_id=batch.id))).over
    for _ in range(2):
        assert (await stack.bus.call(CHECK_BATCH, look)).over
    await client.batches.retrieve(batch.id)
    await until(lambda: len(stack.finished) == 4)
    (charged,) = [event for event in stack.finished if event.service_tier == "batch"]
    assert charged.actual_cost_nano == 1000 * 2_500 // 2
