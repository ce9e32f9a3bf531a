"""The real SDKs read the Responses API, embeddings, counts, files, images and sound as the provider writes them."""

import base64
import json
from typing import Any

import openai
import pytest
from google.genai import types

from tests.fake_provider.script import Step
from tests.integration.fake_provider.conftest import Upstream
from tests.integration.fake_provider.test_sdk_clients import CALLS, CLAUDE, COUNTED, FULL, GEMINI

MODEL = "gpt-6.1-terra"


async def test_responses_plain_and_streamed_say_the_same(upstream: Upstream) -> None:
    upstream.provider.strict = True
    upstream.play(FULL, FULL)
    responses = upstream.openai().responses
    include: Any = ["reasoning.encrypted_content"]
    plain = await responses.create(model=MODEL, input="Which weather is it?", include=include)
    assert [item.type for item in plain.output] == ["reasoning", "message", "function_call", "function_call"]
    assert plain.output_text == FULL.content
    async with responses.stream(model=MODEL, input="Which weather is it?", include=include) as stream:
        events = [event async for event in stream]
        streamed = await stream.get_final_response()
    numbers = [event.sequence_number for event in events if hasattr(event, "sequence_number")]
    assert numbers == sorted(set(numbers))
    assert [item.type for item in streamed.output] == [item.type for item in plain.output]
    assert (streamed.output_text, streamed.output[0].encrypted_content) == (
        plain.output_text,
        plain.output[0].encrypted_content,
    )
    assert streamed.usage == plain.usage
    assert [item.arguments for item in plain.output if item.type == "function_call"] == [
        call["function"]["arguments"] for call in CALLS
    ]


async def test_a_response_is_kept_and_can_be_gone_on_from(upstream: Upstream) -> None:
    client = upstream.openai()
    first = await client.responses.create(model=MODEL, input="One.")
    second = await client.responses.create(model=MODEL, input="Two.", previous_response_id=first.id)
    listed = await client.responses.input_items.list(second.id)
    assert [item.type for item in listed.data] == ["message"] * 3
    assert (await client.responses.retrieve(first.id)).id == first.id
    await client.responses.delete(first.id)
    with pytest.raises(openai.NotFoundError):
        await client.responses.retrieve(first.id)
    with pytest.raises(openai.BadRequestError) as refused:
        await client.responses.create(model=MODEL, input="Three.", previous_response_id=first.id)
    assert refused.value.code == "previous_response_not_found"


async def test_what_the_response_says_of_money_and_ends(upstream: Upstream) -> None:
    upstream.play(COUNTED, Step(content="Cut off", finish_reason="length"), Step(blocked=True))
    responses = upstream.openai().responses
    used = (await responses.create(model=MODEL, input="x")).usage
    assert used is not None
    assert (used.input_tokens, used.output_tokens, used.total_tokens) == (2_000, 50, 2_050)
    assert (used.input_tokens_details.cached_tokens, used.output_tokens_details.reasoning_tokens) == (1_000, 30)
    cut = await responses.create(model=MODEL, input="x")
    assert (cut.status, cut.incomplete_details and cut.incomplete_details.reason) == ("incomplete", "max_output_tokens")
    assert (await responses.create(model=MODEL, input="x")).output[0].content[0].type == "refusal"


@pytest.mark.parametrize(
    "wrong",
    [
        {"input": [{"type": "function_call_output", "call_id": "a", "output": "x"}]},
        {"input": [{"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "theirs"}]},
        {"input": "x", "max_output_tokens": 3},
        {"input": "x", "surprise": 1},
        {"input": [{"role": "user", "content": [{"type": "text", "text": "x"}]}]},
    ],
)
async def test_strict_mode_refuses_what_openai_refuses(upstream: Upstream, wrong: dict[str, Any]) -> None:
    upstream.provider.strict = True
    found = await upstream.post("/v1/responses", {"model": MODEL, **wrong}, {"authorization": "Bearer sk-x"})
    assert found.status_code == 400, found.text


async def test_embeddings_come_as_the_client_asks(upstream: Upstream) -> None:
    client = upstream.openai()
    usual = await client.embeddings.create(model="text-embedding-3-small", input=["a", "b"])
    assert [len(row.embedding) for row in usual.data] == [1536, 1536]
    plain = await upstream.post(
        "/v1/embeddings", {"model": "text-embedding-3-small", "input": "a"}, {"authorization": "Bearer sk-x"}
    )
    assert plain.json()["data"][0]["embedding"] == pytest.approx(usual.data[0].embedding)
    short = await client.embeddings.create(model="text-embedding-3-large", input=[[1, 2]], dimensions=256)
    assert len(short.data[0].embedding) == 256
    assert short.usage.prompt_tokens == 2


async def test_google_embeds_and_counts(upstream: Upstream) -> None:
    models = upstream.google().aio.models
    made = await models.embed_content(model="gemini-embedding-001", contents=["a", "b"])
    assert [len(one.values) for one in made.embeddings] == [3072, 3072]
    counted = await models.count_tokens(model=GEMINI, contents="Hello there")
    assert counted.total_tokens
    asked = types.EmbedContentConfig(output_dimensionality=64)
    short = await models.embed_content(model="gemini-embedding-001", contents="a", config=asked)
    assert len(short.embeddings[0].values) == 64


async def test_anthropic_and_openai_count(upstream: Upstream) -> None:
    asked: list[Any] = [{"role": "user", "content": "Hello there"}]
    assert (await upstream.anthropic().messages.count_tokens(model=CLAUDE, messages=asked)).input_tokens > 0
    assert (await upstream.openai().responses.input_tokens.count(model=MODEL, input="Hello there")).input_tokens > 0
    assert {entry["kind"] for entry in upstream.provider.ledger} == {"side"}


async def test_files_batches_images_and_sound(upstream: Upstream) -> None:
    client = upstream.openai()
    file = await client.files.create(file=("in.jsonl", b"{}\n"), purpose="batch")
    assert (await client.files.content(file.id)).content == b"{}\n"
    batch = await client.batches.create(input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h")
    used = {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}
    upstream.provider.side.finish(batch.id, "completed", "gpt-4o", used)
    assert (await client.batches.retrieve(batch.id)).status == "completed"
    assert not (await client.moderations.create(input="a flower")).results[0].flagged
    picture = await client.images.generate(model="gpt-image-1", prompt="a flower")
    assert base64.b64decode(picture.data[0].b64_json).startswith(b"\x89PNG")
    heard = await client.audio.transcriptions.create(model="whisper-1", file=("a.mp3", b"12345"))
    assert heard.text == "Heard 5 bytes."
    spoken = await client.audio.speech.create(model="tts-1", voice="alloy", input="Hello")
    assert len(spoken.content) == 2_048
    assert (await client.files.delete(file.id)).deleted
    assert json.dumps(upstream.provider.ledger)
