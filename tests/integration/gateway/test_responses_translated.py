"""The Responses API where another provider serves: its answers as responses, with every event in its place."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from openai import AsyncOpenAI

from tests.fake_provider.script import Step
from tests.fixtures.gateway import Stack
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
    types,
    user,
)
from tests.fixtures.three_providers import four_providers

OTHERS = (ANTHROPIC, GOOGLE, SERVER)


@pytest.fixture
async def four(tmp_path: Path) -> AsyncIterator[Stack]:
    async with four_providers(tmp_path, SERVER) as found:
        yield found


def client(stack: Stack) -> AsyncOpenAI:
    return stack.client()


@pytest.mark.parametrize("model", OTHERS)
async def test_a_text_comes_as_a_response_and_as_its_events(four: Stack, model: str) -> None:
    four.provider.script.add(model, [Step(content="Low at noon."), Step(content="Low at noon.")])
    body = {"model": model, "input": "When?", "instructions": "Be brief.", "metadata": {"a": "b"}}
    whole = (await call(four, body)).json()
    assert (whole["object"], whole["status"], whole["store"], whole["metadata"]) == (
        "response",
        "completed",
        True,
        {"a": "b"},
    )
    assert text_of(whole) == "Low at noon."
    assert whole["usage"]["output_tokens"] > 0
    assert whole["promptly_metadata"]
    event = await row(four)
    assert (event.kind, event.raw, event.status) == ("responses", False, "success")
    assert event.tokens.input
    found = await call(four, {**body, "stream": True})
    assert types(found) == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    assert found.content.endswith(b"\n\ndata: [DONE]\n\n")
    said = events(found)
    assert said[0]["response"]["id"] == said[-1]["response"]["id"] != whole["id"]
    assert text_of(said[-1]["response"]) == "Low at noon."
    assert (await row(four)).tokens.output


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", OTHERS)
async def test_a_tool_loop_through_the_sdk(four: Stack, model: str, stream: bool) -> None:
    four.provider.script.add(model, [Step(thinking="Hm.", tool_calls=[CALL]), Step(content="Noon.")])
    tools: Any = [TOOL]
    first: Any
    async with client(four) as sdk:
        history: list[Any] = [user("When is low tide?")]
        if stream:
            async with sdk.responses.stream(model=model, input=history, tools=tools, store=False) as opened:
                async for _ in opened:
                    pass
                first = await opened.get_final_response()
        else:
            first = await sdk.responses.create(model=model, input=history, tools=tools, store=False)
        (called,) = [item for item in first.output if item.type == "function_call"]
        assert (called.name, json.loads(called.arguments)) == ("lookup", {"q": "tide"})
        items = [item.model_dump(exclude_none=True) for item in first.output]
        history += [*items, output(called.call_id, "at noon")]
        second = await sdk.responses.create(model=model, input=history, tools=tools, store=False)
    assert second.output_text == "Noon."
    assert "at noon" in json.dumps(sent(four))


async def test_2_9_9_sealed_thinking_comes_back_to_its_model(four: Stack) -> None:
    four.provider.script.add(ANTHROPIC, [Step(thinking="Deep thoughts.", tool_calls=[CALL]), Step(content="Noon.")])
    body = {
        "model": ANTHROPIC,
        "input": [user("When?")],
        "tools": [TOOL],
        "include": ["reasoning.encrypted_content"],
        "reasoning": {"effort": "high", "summary": "auto"},
        "store": False,
    }
    first = (await call(four, body)).json()
    reasoning = first["output"][0]
    assert reasoning["encrypted_content"].startswith("pr1.")
    body["input"] = [user("When?"), *first["output"], output("call_1", "at noon")]
    second = await call(four, body)
    assert second.status_code == 200, second.text
    blocks = sent(four)["messages"][1]["content"]
    assert [block["type"] for block in blocks] == ["thinking", "tool_use"]
    assert blocks[0]["thinking"] == "Deep thoughts."
    assert blocks[0]["signature"]
    four.provider.script.add(OPENAI, [Step(content="Noon.")])
    other = await call(four, {**body, "model": OPENAI})
    assert other.status_code == 200, other.text
    assert "pr1." not in json.dumps(sent(four))


async def test_2_9_10_reasoning_of_openais_is_not_sent_to_another(four: Stack) -> None:
    reasoning = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAAold"}
    body = {
        "model": ANTHROPIC,
        "input": [user("One"), reasoning, {"role": "assistant", "content": "Two"}, user("Three")],
    }
    found = await call(four, body)
    assert found.status_code == 200, found.text
    assert "gAAAA" not in json.dumps(sent(four))


async def test_2_9_12_arguments_that_are_cut_off(four: Stack) -> None:
    cut = {"id": "call_1", "type": "function", "function": {"name": "lookup", "arguments": '{"q":"ti'}}
    four.provider.script.add(SERVER, [Step(tool_calls=[cut], finish_reason="length")])
    found = await call(four, {"model": SERVER, "input": "x", "tools": [TOOL], "stream": True})
    last = events(found)[-1]
    assert last["type"] == "response.incomplete"
    assert last["response"]["incomplete_details"] == {"reason": "max_output_tokens"}
    assert last["response"]["output"][-1]["status"] == "incomplete"


@pytest.mark.parametrize("model", OTHERS)
async def test_2_9_13_a_provider_that_dies(four: Stack, model: str) -> None:
    four.provider.script.add(model, [Step(content="one two three four five six " * 9, cut_after=8)])
    found = await call(four, {"model": model, "input": "x", "stream": True})
    last = events(found)[-1]
    assert last["type"] == "response.failed"
    assert last["response"]["error"]["code"] == "server_error"
    assert b"[DONE]" not in found.content
    event = await row(four)
    assert event.status == "error"
    assert event.tokens.output
    missing = await call(four, method="GET", path=f"/{last['response']['id']}")
    assert missing.status_code == 404


async def test_2_9_15_parallel_calls_come_one_after_the_other(four: Stack) -> None:
    second = {**CALL, "id": "call_2"}
    four.provider.script.add(SERVER, [Step(tool_calls=[CALL, second])])
    found = await call(four, {"model": SERVER, "input": "x", "tools": [TOOL], "stream": True})
    added = [event["output_index"] for event in events(found) if event["type"] == "response.output_item.added"]
    done = [event["output_index"] for event in events(found) if event["type"] == "response.output_item.done"]
    assert added == done == [0, 1]


@pytest.mark.parametrize("model", OTHERS)
async def test_2_9_16_a_schema(four: Stack, model: str) -> None:
    four.provider.script.add(model, [Step(content='{"a":1}')])
    schema = {
        "type": "object",
        "properties": {"a": {"type": "integer"}},
        "required": ["a"],
        "additionalProperties": False,
    }
    text = {"format": {"type": "json_schema", "name": "n", "schema": schema, "strict": True}}
    found = await call(four, {"model": model, "input": "x", "text": text})
    assert json.loads(text_of(found.json())) == {"a": 1}
    assert '"additionalProperties"' in json.dumps(sent(four))


@pytest.mark.parametrize("stream", [False, True])
async def test_2_9_17_too_long(four: Stack, stream: bool) -> None:
    step = Step(status=400, message="prompt is too long: 300000 tokens > 200000 maximum")
    four.provider.script.add(ANTHROPIC, [step])
    found = await call(four, {"model": ANTHROPIC, "input": "x", "stream": stream})
    assert found.status_code == 400
    assert found.json()["error"]["code"] == "context_length_exceeded"


@pytest.mark.parametrize("model", OTHERS)
@pytest.mark.parametrize(
    ("field", "value"),
    [("background", True), ("conversation", "conv_1"), ("prompt", {"id": "p"}), ("stream_id", "s")],
)
async def test_2_9_14_what_only_openai_does_is_refused(four: Stack, model: str, field: str, value: Any) -> None:
    calls = len(four.provider.ledger)
    found = await call(four, {"model": model, "input": "x", field: value})
    assert found.status_code == 400
    assert found.json()["error"]["param"] == field
    assert len(four.provider.ledger) == calls


async def test_2_9_3_a_custom_tool_there_and_back(four: Stack) -> None:
    patch = "*** Begin Patch\nÆ\n"
    made = {
        "id": "call_1",
        "type": "function",
        "function": {"name": "apply", "arguments": json.dumps({"input": patch})},
    }
    four.provider.script.add(ANTHROPIC, [Step(tool_calls=[made]), Step(content="Done.")])
    tool = {"type": "custom", "name": "apply", "description": "Applies a patch."}
    body = {"model": ANTHROPIC, "input": [user("Go")], "tools": [tool], "stream": True}
    said = events(await call(four, body))
    (item,) = said[-1]["response"]["output"]
    assert (item["type"], item["name"], item["input"]) == ("custom_tool_call", "apply", patch)
    assert "".join(e["delta"] for e in said if e["type"] == "response.custom_tool_call_input.delta") == patch
    result = {"type": "custom_tool_call_output", "call_id": "call_1", "output": "ok"}
    again = await call(four, {**body, "input": [user("Go"), item, result], "stream": False})
    assert again.status_code == 200, again.text
    assert [block["type"] for block in sent(four)["messages"][-1]["content"]] == ["tool_result"]


async def test_2_9_2_a_coding_agents_body(four: Stack) -> None:
    spawn = {"type": "function", "name": "spawn", "description": "Starts an agent.", "parameters": {"type": "object"}}
    body = {
        "model": ANTHROPIC,
        "input": [
            {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": text}]}
            for text in ("You write code.", "The sandbox is read-only.", "Be brief.")
        ]
        + [user("Start.")],
        "tools": [
            TOOL,
            {"type": "namespace", "name": "agents", "description": "Other agents.", "tools": [spawn]},
            {"type": "web_search"},
        ],
        "tool_choice": "auto",
        "parallel_tool_calls": False,
        "reasoning": {"effort": "medium", "summary": "auto"},
        "include": ["reasoning.encrypted_content"],
        "prompt_cache_key": "thread-1",
        "client_metadata": {"installation": "private-id"},
        "store": False,
        "stream": True,
    }
    called = {"id": "call_1", "type": "function", "function": {"name": "agents__spawn", "arguments": "{}"}}
    four.provider.script.add(ANTHROPIC, [Step(thinking="Hm.", tool_calls=[called])])
    found = await call(four, body, originator="codex_exec", **{"thread-id": "t1", "x-codex-window-id": "w1"})
    said = events(found)
    assert said[-1]["type"] == "response.completed", said[-1]
    items = said[-1]["response"]["output"]
    assert [item["type"] for item in items] == ["reasoning", "function_call"]
    assert (items[1]["name"], items[1]["namespace"]) == ("spawn", "agents")
    went = sent(four)
    assert [block["text"] for block in went["system"]] == ["You write code.", "The sandbox is read-only.", "Be brief."]
    assert [tool["name"] for tool in went["tools"]] == ["lookup", "agents__spawn"]
    assert "private-id" not in json.dumps(went)
    assert "x-codex-window-id" not in four.provider.ledger[-1]["headers"]
    assert found.headers["x-promptly-dropped"] == "web_search"
    event = await row(four)
    assert event.session is not None
    assert "t1" not in event.session


async def test_2_9_18_a_model_that_cannot_be_made_to_call_a_tool(four: Stack) -> None:
    four.provider.strict = True
    body = {"model": ANTHROPIC, "input": "x", "tools": [TOOL], "tool_choice": "required"}
    found = await call(four, {**body, "reasoning": {"effort": "high"}})
    assert found.status_code == 200, found.text


async def test_2_9_19_a_last_frame_of_many_megabytes_is_forwarded_and_counted(four: Stack) -> None:
    four.provider.script.add(OPENAI, [Step(content="x" * (12 << 20), completion_tokens=77)])
    found = await call(four, {"model": OPENAI, "input": "x", "stream": True})
    assert len(found.content) > 24 << 20
    event = await row(four)
    assert (event.status, event.tokens.output) == ("success", 77)
