"""The real SDKs read what the provider writes: plain and streamed, tools, thoughts, usage and errors."""

from typing import Any

import anthropic
import openai
import pytest
from google.genai import errors, types

from tests.fake_provider.script import Step
from tests.integration.fake_provider.conftest import Upstream

ASK: list[Any] = [{"role": "user", "content": "Which weather is it in Oslo — and why? 🌦️"}]
CALLS = [
    {"id": "call_a", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Ålesund 🌊"}'}},
    {"id": "call_b", "type": "function", "function": {"name": "now", "arguments": "{}"}},
]
FULL = Step(content="One moment 🙂.", thinking="The user asks for two things.", tool_calls=CALLS)
COUNTED = Step(
    content="Short.",
    prompt_tokens=2_000,
    completion_tokens=50,
    cached_tokens=1_000,
    cache_write_tokens=200,
    cache_write_1h_tokens=100,
    reasoning_tokens=30,
)
CLAUDE, GEMINI = "claude-sonnet-4-6", "gemini-3.5-flash"


async def test_openai_plain_and_streamed_say_the_same(upstream: Upstream) -> None:
    upstream.play(FULL, FULL)
    chat = upstream.openai().chat.completions
    plain = await chat.create(model="gpt-6.1-terra", messages=ASK)
    assert plain.choices[0].finish_reason == "tool_calls"
    assert plain.choices[0].message.content == FULL.content
    assert [call.function.arguments for call in plain.choices[0].message.tool_calls or ()] == [
        call["function"]["arguments"] for call in CALLS
    ]
    options = {"include_usage": True}
    async with chat.stream(model="gpt-6.1-terra", messages=ASK, stream_options=options) as stream:
        async for _ in stream:
            pass
        streamed = await stream.get_final_completion()
    assert streamed.choices[0].message.content == plain.choices[0].message.content
    assert [call.id for call in streamed.choices[0].message.tool_calls or ()] == ["call_a", "call_b"]
    assert streamed.usage == plain.usage


async def test_anthropic_plain_and_streamed_say_the_same(upstream: Upstream) -> None:
    upstream.play(FULL, FULL)
    messages = upstream.anthropic().messages
    plain = await messages.create(model=CLAUDE, max_tokens=100, messages=ASK)
    async with messages.stream(model=CLAUDE, max_tokens=100, messages=ASK) as stream:
        names = [event.type async for event in stream]
        streamed = await stream.get_final_message()
    thinking, text, first, second = plain.content
    assert (thinking.type, text.type, text.text) == ("thinking", "text", FULL.content)
    assert (first.name, first.input, second.name, second.input) == ("weather", {"city": "Ålesund 🌊"}, "now", {})
    assert plain.stop_reason == streamed.stop_reason == "tool_use"
    assert [block.model_dump(exclude={"parsed_output"}) for block in streamed.content] == [
        block.model_dump() for block in plain.content
    ]
    assert streamed.usage.output_tokens == plain.usage.output_tokens == upstream.last["completion_tokens"]
    assert (names[0], names[-1]) == ("message_start", "message_stop")


async def test_google_plain_and_streamed_say_the_same(upstream: Upstream) -> None:
    upstream.play(FULL, FULL)
    models = upstream.google().aio.models
    plain = await models.generate_content(model=GEMINI, contents="Weather?")
    chunks = [chunk async for chunk in await models.generate_content_stream(model=GEMINI, contents="Weather?")]
    parts = [part for chunk in chunks for part in chunk.candidates[0].content.parts]
    assert "".join(part.text or "" for part in parts if not part.thought) == FULL.content
    assert "".join(part.text or "" for part in parts if part.thought) == FULL.thinking
    calls = [part for part in parts if part.function_call]
    assert [call.function_call.args for call in calls] == [{"city": "Ålesund 🌊"}, {}]
    assert [call.thought_signature is not None for call in calls] == [True, False]
    assert calls[0].thought_signature == plain.candidates[0].content.parts[2].thought_signature
    assert plain.candidates[0].finish_reason == types.FinishReason.STOP
    assert [chunk.candidates[0].finish_reason for chunk in chunks[-2:]] == [None, types.FinishReason.STOP]
    assert all(chunk.usage_metadata for chunk in chunks)
    assert chunks[-1].usage_metadata == plain.usage_metadata


async def test_the_usage_of_openai(upstream: Upstream) -> None:
    upstream.play(COUNTED)
    used = (await upstream.openai().chat.completions.create(model="gpt-6.1-terra", messages=ASK)).usage
    assert (used.prompt_tokens, used.completion_tokens, used.total_tokens) == (2_000, 50, 2_050)
    assert used.prompt_tokens_details.cached_tokens == 1_000
    assert used.prompt_tokens_details.model_dump()["cache_write_tokens"] == 300
    assert used.completion_tokens_details.reasoning_tokens == 30
    assert upstream.last["nano_usd"] == 700 * 1_000 + 1_000 * 50 + 300 * 1_250 + 50 * 5_000


async def test_the_usage_of_anthropic(upstream: Upstream) -> None:
    upstream.play(COUNTED)
    used = (await upstream.anthropic().messages.create(model="claude-opus-5-5", max_tokens=9, messages=ASK)).usage
    assert (used.input_tokens, used.cache_read_input_tokens, used.cache_creation_input_tokens) == (700, 1_000, 300)
    assert (used.cache_creation.ephemeral_5m_input_tokens, used.cache_creation.ephemeral_1h_input_tokens) == (200, 100)
    assert (used.output_tokens, used.output_tokens_details.thinking_tokens) == (50, 30)
    assert upstream.last["nano_usd"] == 700 * 4_000 + 1_000 * 200 + 200 * 5_000 + 100 * 8_000 + 50 * 20_000


@pytest.mark.parametrize(("inclusive", "candidates"), [(False, 20), (True, 50)])
async def test_the_usage_of_google(upstream: Upstream, inclusive: bool, candidates: int) -> None:
    upstream.play(
        Step(
            prompt_tokens=2_000,
            cached_tokens=500,
            completion_tokens=50,
            reasoning_tokens=30,
            thoughts_inclusive=inclusive,
        )
    )
    found = await upstream.google().aio.models.generate_content(model=GEMINI, contents="Weather?")
    used = found.usage_metadata
    assert (used.prompt_token_count, used.cached_content_token_count, used.thoughts_token_count) == (2_000, 500, 30)
    assert (used.candidates_token_count, used.total_token_count) == (candidates, 2_050)
    assert upstream.last["nano_usd"] == 1_500 * 1_500 + 500 * 150 + 50 * 9_000


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, openai.BadRequestError),
        (404, openai.NotFoundError),
        (429, openai.RateLimitError),
        (500, openai.InternalServerError),
    ],
)
async def test_errors_of_openai(upstream: Upstream, status: int, error: type[openai.APIStatusError]) -> None:
    upstream.play(Step(status=status, message="No.", code="some_code", param="x", retry_after=7))
    with pytest.raises(error, match=r"No\.") as caught:
        await upstream.openai().chat.completions.create(model="gpt-4o", messages=ASK)
    assert (caught.value.code, caught.value.param) == ("some_code", "x")
    assert caught.value.request_id
    assert caught.value.response.headers["retry-after"] == "7"


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, "invalid_request_error"), (402, "billing_error"), (429, "rate_limit_error"), (529, "overloaded_error")],
)
async def test_errors_of_anthropic(upstream: Upstream, status: int, kind: str) -> None:
    upstream.play(Step(status=status, message="No."))
    with pytest.raises(anthropic.APIStatusError) as caught:
        await upstream.anthropic().messages.create(model=CLAUDE, max_tokens=9, messages=ASK)
    assert caught.value.status_code == status
    body: Any = caught.value.body
    assert body["error"] == {"type": kind, "message": "No."}
    assert body["request_id"] == caught.value.request_id


async def test_errors_of_google(upstream: Upstream) -> None:
    upstream.play(Step(status=429, message="Slow down.", retry_after=27))
    with pytest.raises(errors.ClientError) as caught:
        await upstream.google().aio.models.generate_content(model=GEMINI, contents="Weather?")
    assert (caught.value.code, caught.value.status) == (429, "RESOURCE_EXHAUSTED")
    assert caught.value.details["error"]["details"][-1]["retryDelay"] == "27s"


async def test_a_wrong_key_is_refused_as_each_provider_refuses_it(upstream: Upstream) -> None:
    with pytest.raises(openai.AuthenticationError) as of_openai:
        await upstream.openai("sk-wrong").chat.completions.create(model="gpt-4o", messages=ASK)
    assert of_openai.value.code == "invalid_api_key"
    with pytest.raises(anthropic.AuthenticationError, match="invalid x-api-key"):
        await upstream.anthropic("sk-wrong").messages.create(model=CLAUDE, max_tokens=9, messages=ASK)
    with pytest.raises(errors.ClientError) as of_google:
        await upstream.google("sk-wrong").aio.models.generate_content(model=GEMINI, contents="Weather?")
    assert of_google.value.code == 400
    assert of_google.value.details["error"]["details"][0]["reason"] == "API_KEY_INVALID"


async def test_the_lists_of_models(upstream: Upstream) -> None:
    assert "gpt-6.1-sol" in [model.id async for model in await upstream.openai().models.list()]
    assert "claude-opus-5-5" in [model.id async for model in await upstream.anthropic().models.list()]
    assert "models/gemini-4-argon" in [model.name async for model in await upstream.google().aio.models.list()]


async def test_a_blocked_prompt(upstream: Upstream) -> None:
    upstream.play(*[Step(blocked="PROHIBITED_CONTENT")] * 4)
    chat = await upstream.openai().chat.completions.create(model="gpt-4o", messages=ASK)
    assert (chat.choices[0].finish_reason, chat.choices[0].message.content) == ("content_filter", "")
    message = await upstream.anthropic().messages.create(model=CLAUDE, max_tokens=9, messages=ASK)
    assert (message.stop_reason, message.stop_details.type, message.content) == ("refusal", "refusal", [])
    models = upstream.google().aio.models
    plain = await models.generate_content(model=GEMINI, contents="Weather?")
    streamed = [chunk async for chunk in await models.generate_content_stream(model=GEMINI, contents="Weather?")]
    for found in (plain, *streamed):
        assert found.candidates is None
        assert found.prompt_feedback.block_reason == types.BlockedReason.PROHIBITED_CONTENT


@pytest.mark.parametrize("native", ["pause_turn", "model_context_window_exceeded"])
async def test_a_native_reason_is_forced(upstream: Upstream, native: str) -> None:
    upstream.play(Step(native_finish=native))
    message = await upstream.anthropic().messages.create(model=CLAUDE, max_tokens=9, messages=ASK)
    assert message.stop_reason == native


async def test_a_model_that_always_thinks_opens_with_an_empty_thought(upstream: Upstream) -> None:
    message = await upstream.anthropic().messages.create(model="claude-opus-5-5", max_tokens=9, messages=ASK)
    assert [block.type for block in message.content] == ["thinking", "text"]
    assert (message.content[0].thinking, bool(message.content[0].signature)) == ("", True)


async def test_usage_can_be_left_out(upstream: Upstream) -> None:
    upstream.play(*[Step(usage=False)] * 3)
    assert (await upstream.openai().chat.completions.create(model="gpt-4o", messages=ASK)).usage is None
    message = await upstream.anthropic().messages.create(model=CLAUDE, max_tokens=9, messages=ASK)
    assert getattr(message, "usage", None) is None
    found = await upstream.google().aio.models.generate_content(model=GEMINI, contents="Weather?")
    assert found.usage_metadata is None
    assert all(entry["nano_usd"] for entry in upstream.provider.ledger)
