"""The Messages API where OpenAI, Google or a server of the chat format answers, with Anthropic's own client."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from anthropic import APIStatusError, AsyncAnthropic
from anthropic.types import Message

from tests.fake_provider.script import Step
from tests.fixtures.gateway import Stack
from tests.fixtures.three_providers import MODELS, four_providers

GPT, GEMINI, SERVER = MODELS["openai"], MODELS["google"], "gpt-4o"
SURFACES = {GPT: "responses", GEMINI: "generate", SERVER: "chat"}
TOOL: Any = {
    "name": "tide",
    "description": "Looks up a tide.",
    "input_schema": {"type": "object", "properties": {"port": {"type": "string"}}, "required": ["port"]},
}
CALL = {"id": "call_1", "type": "function", "function": {"name": "tide", "arguments": '{"port": "Tórshavn"}'}}
ASKED: dict[str, Any] = {"max_tokens": 300, "messages": [{"role": "user", "content": "When is low tide?"}]}


@pytest.fixture
async def four(tmp_path: Path) -> AsyncIterator[Stack]:
    async with four_providers(tmp_path, SERVER) as found:
        yield found


def client(stack: Stack) -> AsyncAnthropic:
    return AsyncAnthropic(api_key=stack.api_key, base_url=stack.url, max_retries=0)


async def ask(stack: Stack, model: str, *, stream: bool, **fields: Any) -> Message:
    async with client(stack) as anthropic:
        if not stream:
            found: Message = await anthropic.messages.create(model=model, **{**ASKED, **fields})
            return found
        async with anthropic.messages.stream(model=model, **{**ASKED, **fields}) as events:
            return await events.get_final_message()


async def row(stack: Stack) -> Any:
    for _ in range(100):
        if stack.finished:
            break
        await asyncio.sleep(0.02)
    (found,) = stack.finished
    stack.finished.clear()
    return found


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", SURFACES)
async def test_an_answer_comes_as_a_message(four: Stack, model: str, stream: bool) -> None:
    four.provider.script.add(model, [Step(content="At noon.")])
    found = await ask(four, model, stream=stream)
    assert [block.text for block in found.content if block.type == "text"] == ["At noon."]
    assert (found.stop_reason, found.id[:4]) == ("end_turn", "msg_")
    assert found.model.startswith(model)
    assert found.usage.input_tokens
    assert found.usage.output_tokens
    event = await row(four)
    assert (event.kind, event.target_surface, event.raw, event.status) == (
        "messages",
        SURFACES[model],
        False,
        "success",
    )
    assert event.tokens.input == found.usage.input_tokens
    assert event.tokens.output == found.usage.output_tokens


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", SURFACES)
async def test_a_tool_loop_goes_round(four: Stack, model: str, stream: bool) -> None:
    four.provider.script.add(model, [Step(content="I look.", tool_calls=[CALL]), Step(content="At noon.")])
    first = await ask(four, model, stream=stream, tools=[TOOL])
    assert first.stop_reason == "tool_use"
    (call,) = [block for block in first.content if block.type == "tool_use"]
    assert (call.name, call.input) == ("tide", {"port": "Tórshavn"})
    messages = [
        *ASKED["messages"],
        {"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in first.content]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id, "content": "noon"}]},
    ]
    second = await ask(four, model, stream=stream, tools=[TOOL], messages=messages)
    assert [block.text for block in second.content if block.type == "text"] == ["At noon."]
    assert "noon" in json.dumps(four.provider.ledger[-1]["body"])
    assert {entry["status"] for entry in four.provider.ledger} == {200}


@pytest.mark.parametrize("model", SURFACES)
async def test_a_failure_before_the_answer_has_anthropics_shape(four: Stack, model: str) -> None:
    four.provider.script.add(model, [Step(status=400, message="The image is broken.")])
    with pytest.raises(APIStatusError) as caught:
        await ask(four, model, stream=True)
    assert caught.value.status_code == 400
    assert caught.value.body == {
        "type": "error",
        "error": {"type": "invalid_request_error", "message": "The image is broken."},
        "request_id": caught.value.response.headers["request-id"],
    }


@pytest.mark.parametrize("model", SURFACES)
async def test_a_stream_that_breaks_off_ends_with_an_error_event(four: Stack, model: str) -> None:
    four.provider.script.add(model, [Step(content="one two three four five six seven", cut_after=6)] * 2)
    with pytest.raises(APIStatusError) as caught:
        await ask(four, model, stream=True)
    assert "broke off" in str(caught.value)
    event = await row(four)
    assert (event.status, event.error_code) == ("error", "upstream_truncated")
    assert event.tokens.input
    assert event.tokens.output
