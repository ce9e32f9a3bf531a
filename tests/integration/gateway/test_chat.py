"""A chat completion through the gateway, with the real OpenAI SDK."""

import httpx
import openai
import pytest

from libs.common.money import nano_from_usd
from tests.fake_provider.script import Step
from tests.fixtures.gateway import Stack
from tests.fixtures.nats import until

ASK = [{"role": "user", "content": "What is a monad?"}]


async def test_a_plain_answer_carries_the_provider_s_answer_and_metadata(stack: Stack) -> None:
    answer = await stack.client().chat.completions.create(model="gpt-4o", messages=ASK)  # type: ignore[arg-type]
    assert answer.choices[0].message.content
    assert answer.usage is not None
    extra = answer.model_extra
    assert extra is not None
    metadata = extra["promptly_metadata"]
    entry = stack.provider.ledger[0]
    assert metadata["baseline_model"] == metadata["routed_model"] == "gpt-4o"
    assert metadata["original_tokens"] == metadata["optimized_tokens"] == entry["prompt_tokens"]
    assert metadata["savings"] == 0
    assert metadata["cache_hit"] is False
    assert metadata["degraded"] == []
    await until(lambda: stack.finished)
    event = stack.finished[0]
    assert event.id == metadata["request_id"]
    assert event.status == "success"
    assert event.actual_cost_nano == event.baseline_cost_nano == entry["nano_usd"]


async def test_a_stream_is_the_provider_s_with_metadata_on_the_last_chunk(stack: Stack) -> None:
    stream = await stack.client().chat.completions.create(model="gpt-4o", messages=ASK, stream=True)  # type: ignore[call-overload]
    chunks = [chunk async for chunk in stream]
    assert all(chunk.choices for chunk in chunks), "a client that did not ask for usage sees no chunk without choices"
    assert all("usage" not in chunk.model_fields_set for chunk in chunks)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert chunks[-1].model_extra["promptly_metadata"]["optimized_tokens"] == stack.provider.ledger[0]["prompt_tokens"]
    assert all("promptly_metadata" not in (chunk.model_extra or {}) for chunk in chunks[:-1])
    plain = await stack.client().chat.completions.create(model="gpt-4o", messages=ASK)  # type: ignore[arg-type]
    assert text == plain.choices[0].message.content
    await until(lambda: len(stack.finished) == 2)
    assert stack.finished[0].stream
    assert stack.finished[0].actual_cost_nano == stack.provider.ledger[0]["nano_usd"]


async def test_usage_comes_in_a_chunk_of_its_own_to_who_asked(stack: Stack) -> None:
    stream = await stack.client().chat.completions.create(  # type: ignore[call-overload]
        model="gpt-4o", messages=ASK, stream=True, stream_options={"include_usage": True}
    )
    chunks = [chunk async for chunk in stream]
    assert [bool(chunk.choices) for chunk in chunks].count(False) == 1
    assert chunks[-1].usage.prompt_tokens == stack.provider.ledger[0]["prompt_tokens"]
    assert "promptly_metadata" in chunks[-1].model_extra


async def test_unknown_parameters_reach_the_provider(stack: Stack) -> None:
    seen: list[bytes] = []
    inner = stack.provider._chat

    async def spy(raw: bytes, *rest: object) -> None:
        seen.append(raw)
        await inner(raw, *rest)  # type: ignore[arg-type]

    stack.provider._chat = spy  # type: ignore[method-assign, assignment]
    body = {"model": "gpt-4o", "messages": ASK, "brand_new": {"a": [1, 2.50, "é"]}, "seed": 7}
    async with httpx.AsyncClient() as client:
        answer = await client.post(
            f"{stack.url}/v1/chat/completions", json=body, headers={"x-api-key": stack.api_key}, timeout=10
        )
    assert answer.status_code == 200
    assert b'"brand_new":{"a":[1,2.5,"\xc3\xa9"]}' in seen[0].replace(b" ", b"")


async def test_headers_name_the_request_the_cache_the_model_and_the_limit(stack: Stack) -> None:
    raw = await stack.client().chat.completions.with_raw_response.create(model="gpt-4o", messages=ASK)  # type: ignore[arg-type]
    assert raw.headers["x-promptly-request-id"].startswith("req_")
    assert raw.headers["x-promptly-cache"] == "off"
    assert raw.headers["x-promptly-model"].startswith("gpt-4o")
    assert raw.headers["x-ratelimit-limit-requests"] == "100000"
    assert raw.headers["x-ratelimit-remaining-requests"] == "99999"


async def test_a_dated_reply_is_priced_as_the_model_that_was_asked(stack: Stack) -> None:
    stack.provider.script.add("gpt-4o", [Step(content="x" * 10)])
    answer = await stack.client().chat.completions.create(model="gpt-4o", messages=ASK)  # type: ignore[arg-type]
    assert answer.model == "gpt-4o-2024-08-06"
    await until(lambda: stack.finished)
    used = answer.usage
    assert used is not None
    expected = nano_from_usd("0.0000025") * used.prompt_tokens + nano_from_usd("0.00001") * used.completion_tokens
    assert stack.finished[0].actual_cost_nano == expected


@pytest.mark.parametrize("key", ["none", "sk-promptly-nonsense", None])
async def test_a_bad_key_is_a_401_in_both_shapes(stack: Stack, key: str | None) -> None:
    headers = {} if key is None else {"authorization": f"Bearer {key}"}
    async with httpx.AsyncClient() as client:
        answer = await client.post(
            f"{stack.url}/v1/chat/completions", json={"model": "gpt-4o", "messages": ASK}, headers=headers
        )
    assert answer.status_code == 401
    body = answer.json()
    assert body["detail"] == body["error"]["message"]
    assert body["error"]["code"] == "invalid_api_key"
    assert answer.headers["x-promptly-request-id"].startswith("req_")


async def test_no_provider_key_says_what_to_do(stack: Stack) -> None:
    stack.change(provider_keys=())
    with pytest.raises(openai.BadRequestError) as caught:
        await stack.client().chat.completions.create(model="gpt-4o", messages=ASK)  # type: ignore[arg-type]
    body = caught.value.response.json()
    assert body["detail"] == "No valid provider key found. Please connect an API key in the dashboard."


async def test_an_unknown_model_names_those_at_hand(stack: Stack) -> None:
    with pytest.raises(openai.NotFoundError, match="gpt-4o-mini"):
        await stack.client().chat.completions.create(model="gpt-9", messages=ASK)  # type: ignore[arg-type]


async def test_the_limit_of_a_key_is_kept(stack: Stack) -> None:
    stack.change(rpm=3)
    client = stack.client()
    for _ in range(3):
        await client.chat.completions.create(model="gpt-4o", messages=ASK)  # type: ignore[arg-type]
    with pytest.raises(openai.RateLimitError) as caught:
        await client.chat.completions.create(model="gpt-4o", messages=ASK)  # type: ignore[arg-type]
    assert 1 <= int(caught.value.response.headers["retry-after"]) <= 120
    assert len(stack.provider.ledger) == 3
