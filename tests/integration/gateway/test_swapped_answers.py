"""A provider that answers whole where a stream was asked for, and with a stream where none was: each client in its own format reads
what it asked for, under the ids that the provider gave.
"""

import json
from typing import Any

import pytest
from anthropic import AsyncAnthropic
from google.genai import types
from openai import AsyncOpenAI

from tests.fake_provider.script import Step
from tests.fixtures.gateway import Stack
from tests.fixtures.nats import until
from tests.fixtures.three_providers import MODELS, three  # noqa: F401 - the fixture

CALLS = [{"id": "call_1", "type": "function", "function": {"name": "tide", "arguments": '{"port": "Tórshavn"}'}}]
SCHEMA: Any = {"type": "object", "properties": {"port": {"type": "string"}}}
SAID = "The tide is\nlow at 6:10.\n\nAsk again."


@pytest.mark.parametrize("fault", ["swapped", None])
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("provider", ["anthropic", "openai", "google"])
async def test_what_was_asked_for_comes(three: Stack, provider: str, stream: bool, fault: str | None) -> None:  # noqa: F811
    model = MODELS[provider]
    three.provider.script.add(model, [Step(content=SAID, tool_calls=CALLS, fault=fault)])
    text, called = await {"anthropic": _message, "openai": _response, "google": _generated}[provider](
        three, model, stream
    )
    assert (text, called) == (SAID, ("tide", {"port": "Tórshavn"}))
    await until(lambda: three.finished)
    (event,) = three.finished
    assert (event.status, event.estimated) == ("success", False)
    assert event.actual_cost_nano == three.provider.ledger[0]["nano_usd"]
    assert len(three.provider.ledger) == 1


async def _message(stack: Stack, model: str, stream: bool) -> tuple[str, Any]:
    tools: Any = [{"name": "tide", "input_schema": SCHEMA}]
    asked: Any = {"max_tokens": 300, "messages": [{"role": "user", "content": "When?"}], "tools": tools}
    async with AsyncAnthropic(api_key=stack.api_key, base_url=stack.url, max_retries=0) as client:
        if stream:
            async with client.messages.stream(model=model, **asked) as events:
                found = await events.get_final_message()
        else:
            found = await client.messages.create(model=model, **asked)
    text, call = found.content[-2:]
    assert text.type == "text"
    assert call.type == "tool_use"
    return text.text, (call.name, call.input)


async def _response(stack: Stack, model: str, stream: bool) -> tuple[str, Any]:
    tools: Any = [{"type": "function", "name": "tide", "parameters": SCHEMA, "strict": False}]
    async with AsyncOpenAI(api_key=stack.api_key, base_url=f"{stack.url}/v1", max_retries=0) as client:
        if stream:
            async with client.responses.stream(model=model, input="When?", tools=tools) as events:
                found: Any = await events.get_final_response()
        else:
            found = await client.responses.create(model=model, input="When?", tools=tools)
    call = next(item for item in found.output if item.type == "function_call")
    return found.output_text, (call.name, json.loads(call.arguments))


async def _generated(stack: Stack, model: str, stream: bool) -> tuple[str, Any]:
    tools: Any = [{"function_declarations": [{"name": "tide", "parameters_json_schema": SCHEMA}]}]
    models = stack.google(api_version="v1beta").models
    config = types.GenerateContentConfig(tools=tools)
    if stream:
        answer = await models.generate_content_stream(model=model, contents="When?", config=config)
        chunks = [chunk async for chunk in answer]
    else:
        chunks = [await models.generate_content(model=model, contents="When?", config=config)]
    parts = [part for chunk in chunks for part in chunk.candidates[0].content.parts or ()]
    (call,) = [part.function_call for part in parts if part.function_call]
    return "".join(part.text or "" for part in parts), (call.name, call.args)
