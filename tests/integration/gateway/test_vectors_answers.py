"""What the three providers say arrives as OpenAI would have said it. The numbers are those of the list of test vectors."""

from typing import Any

import pytest

from tests.fake_provider.script import Step
from tests.fixtures.gateway import Stack
from tests.fixtures.nats import until
from tests.fixtures.three_providers import MODELS, OLDER, PROVIDERS, ask, put_together

WEATHER = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS = [
    {"type": "function", "function": {"name": "weather", "description": "The weather.", "parameters": WEATHER}},
    {"type": "function", "function": {"name": "now", "parameters": {"type": "object", "properties": {}}}},
]
ASK: list[Any] = [{"role": "user", "content": "What is the weather in Malmö, and what time is it?"}]
EITHER = [False, True]


def called(name: str, arguments: str, identity: str) -> dict[str, Any]:
    return {"id": identity, "type": "function", "function": {"name": name, "arguments": arguments}}


BOTH = [called("weather", '{"city": "Malmö", "days": 3}', "toolu_01"), called("now", "", "toolu_02")]


@pytest.mark.parametrize("stream", EITHER)
@pytest.mark.parametrize("provider", PROVIDERS)
async def test_vector_1_two_calls_at_once_the_second_without_arguments(
    three: Stack, provider: str, stream: bool
) -> None:
    calls = [*BOTH[:1], called("now", "{}" if provider == "openai" else "", "toolu_02")]
    for model in {MODELS[provider], OLDER[provider]}:
        three.provider.script.add(model, [Step(tool_calls=calls)])
        said = await ask(three, model, ASK, tools=TOOLS, stream=stream)
        assert said.called == [("weather", {"city": "Malmö", "days": 3}), ("now", {})]
        assert len({call["id"] for call in said.calls}) == 2
        assert all(call["type"] == "function" for call in said.calls)
        assert said.message.get("content") in (None, "")
        assert said.finish == "tool_calls"


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_vector_1_openai_s_own_collector_of_streams_understands_it(three: Stack, provider: str) -> None:
    step = Step(tool_calls=[*BOTH[:1], called("now", "{}", "toolu_02")], content="Let me look.", thinking="Two things.")
    three.provider.script.add(MODELS[provider], [step])
    client = three.client()
    async with client.chat.completions.stream(model=MODELS[provider], messages=ASK, tools=TOOLS) as stream:
        async for _ in stream:
            pass
        found = (await stream.get_final_completion()).choices[0]
    assert found.message.content == "Let me look."
    assert [call.function.name for call in found.message.tool_calls or ()] == ["weather", "now"]
    assert found.finish_reason == "tool_calls"


@pytest.mark.parametrize("stream", EITHER)
@pytest.mark.parametrize("provider", PROVIDERS)
async def test_vector_2_text_and_a_call_in_one_message(three: Stack, provider: str, stream: bool) -> None:
    three.provider.script.add(MODELS[provider], [Step(content="Let me see.", tool_calls=BOTH[:1], thinking="Malmö.")])
    said = await ask(three, MODELS[provider], ASK, tools=TOOLS, stream=stream)
    assert said.text == "Let me see."
    assert said.called == [("weather", {"city": "Malmö", "days": 3})]
    assert said.message["reasoning_content"] == "Malmö."
    assert said.finish == "tool_calls"


async def test_vector_3_a_gemini_call_whose_finish_comes_in_the_next_chunk(three: Stack) -> None:
    three.provider.script.add("gemini-2.5-flash", [Step(tool_calls=BOTH[:1])])
    client = three.client()
    stream = await client.chat.completions.create(model="gemini-2.5-flash", messages=ASK, tools=TOOLS, stream=True)
    chunks = [chunk async for chunk in stream]
    with_call = [at for at, chunk in enumerate(chunks) if chunk.choices[0].delta.tool_calls]
    assert with_call
    assert with_call[-1] < len(chunks) - 1, "the finish reason comes after the call"
    assert all(not chunk.choices[0].delta.content for chunk in chunks)
    said = put_together(chunks)
    assert said.finish == "tool_calls", "Google itself says STOP"
    assert said.calls[0]["id"].startswith("call_"), "Gemini 2.5 gives calls no ids"


@pytest.mark.parametrize("stream", EITHER)
@pytest.mark.parametrize("provider", PROVIDERS)
async def test_vector_4_a_prompt_that_is_blocked_is_filtered_content(three: Stack, provider: str, stream: bool) -> None:
    three.provider.script.add(MODELS[provider], [Step(blocked=True)])
    said = await ask(three, MODELS[provider], ASK, stream=stream)
    assert (said.text, said.finish, said.calls) == ("", "content_filter", [])
    await until(lambda: three.finished)
    assert three.finished[0].status == "success"
    assert three.finished[0].actual_cost_nano == three.provider.ledger[0]["nano_usd"]
    assert len(three.provider.ledger) == 1, "a refusal is an answer, and not tried again"


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_vector_9_the_usage_chunk_is_for_who_asked(three: Stack, provider: str) -> None:
    client = three.client()

    async def chunks(**more: Any) -> list[Any]:
        stream = await client.chat.completions.create(model=MODELS[provider], messages=ASK, stream=True, **more)
        return [chunk async for chunk in stream]

    for options in ({}, {"stream_options": {"include_usage": False}}):
        silent = await chunks(**options)
        assert all(chunk.choices for chunk in silent)
        assert all(chunk.usage is None for chunk in silent)
    asked = await chunks(stream_options={"include_usage": True})
    assert [at for at, chunk in enumerate(asked) if not chunk.choices] == [len(asked) - 1]
    assert all("usage" in chunk.model_fields_set and chunk.usage is None for chunk in asked[:-1])
    used, entry = asked[-1].usage, three.provider.ledger[-1]
    assert (used.prompt_tokens, used.completion_tokens) == (entry["prompt_tokens"], entry["completion_tokens"])
    assert used.total_tokens == used.prompt_tokens + used.completion_tokens


@pytest.mark.parametrize("stream", EITHER)
@pytest.mark.parametrize("provider", PROVIDERS)
async def test_vector_15_an_answer_without_usage_is_counted_here_and_flagged(
    three: Stack, provider: str, stream: bool
) -> None:
    three.provider.script.add(MODELS[provider], [Step(usage=False, content="It is nine o'clock and the sun shines.")])
    said = await ask(three, MODELS[provider], ASK, stream=stream)
    assert said.text == "It is nine o'clock and the sun shines."
    assert said.metadata["usage_estimated"] is True
    await until(lambda: three.finished)
    event = three.finished[0]
    assert event.estimated
    assert event.status == "success"
    assert event.tokens.input > 10
    assert event.tokens.output > 5
    assert event.actual_cost_nano


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_vector_15_calls_are_part_of_the_estimate(three: Stack, provider: str) -> None:
    for stream in EITHER:
        three.provider.script.add(MODELS[provider], [Step(usage=False, tool_calls=BOTH[:1])])
        await ask(three, MODELS[provider], ASK, tools=TOOLS, stream=stream)
    await until(lambda: len(three.finished) == 2)
    plain, streamed = three.finished
    # Each provider writes arguments with blanks of its own, and whole answers are written anew.
    assert plain.tokens.output > 5
    assert streamed.tokens.output > 5
    assert plain.tokens.input == streamed.tokens.input
