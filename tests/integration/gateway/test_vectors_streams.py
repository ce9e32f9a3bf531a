"""Streams that break, dribble, stall or lose their client. The numbers are those of the list of test vectors."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import httpx
import httpx2
import msgspec
import openai
import pytest

from tests.fake_provider.script import Step
from tests.fixtures.gateway import Stack
from tests.fixtures.nats import until
from tests.fixtures.three_providers import MODELS, OLDER, PROVIDERS, ask, three_providers

ASK: list[Any] = [{"role": "user", "content": "Tell me of the sea."}]
BROKEN = {
    "an error event": Step(error_after=8, message="Overloaded", code="overloaded_error", chunk_delay=0.01),
    "closed before the end": Step(end_after=8, chunk_delay=0.01),
    "cut": Step(cut_after=8, chunk_delay=0.01),
    "reset": Step(reset_after=8, chunk_delay=0.01),
}
EMOJI = "Naïve 👩‍👩‍👧‍👦 waves 🌊 roll, and ‘quotes’ — 你好 — end 🏁."
TORN = {
    "a byte at a time": Step(content=EMOJI, dribble=1),
    "three bytes at a time": Step(content=EMOJI, dribble=3),
    "CRLF": Step(content=EMOJI, crlf=True),
    "comments": Step(content=EMOJI, comments=True),
    "all of it": Step(content=EMOJI, dribble=1, crlf=True, comments=True),
}


async def raw_stream(stack: Stack, model: str) -> str:
    """What goes over the wire, to its end or to where it breaks."""
    body = {"model": model, "messages": ASK, "stream": True}
    found = b""
    async with (
        httpx.AsyncClient(timeout=10) as client,
        client.stream(
            "POST", f"{stack.url}/v1/chat/completions", json=body, headers={"x-api-key": stack.api_key}
        ) as answer,
    ):
        assert answer.status_code == 200
        async for piece in answer.aiter_raw():
            found += piece
    return found.decode()


@pytest.mark.parametrize("how", BROKEN)
@pytest.mark.parametrize("provider", PROVIDERS)
async def test_vector_5_a_stream_that_breaks_ends_in_an_error_and_never_in_a_finish(
    three: Stack, provider: str, how: str
) -> None:
    step = msgspec.structs.replace(BROKEN[how], content="wave " * 40)
    three.provider.script.add(MODELS[provider], [step, step])
    finishes: list[Any] = []
    text = ""
    with pytest.raises((openai.APIError, httpx2.HTTPError)):
        async with three.client() as client:
            async for chunk in await client.chat.completions.create(model=MODELS[provider], messages=ASK, stream=True):
                text += "".join(choice.delta.content or "" for choice in chunk.choices)
                finishes += [choice.finish_reason for choice in chunk.choices if choice.finish_reason]
    assert text.startswith("wave wave")
    assert finishes == []
    raw = await raw_stream(three, MODELS[provider])
    assert "[DONE]" not in raw
    assert '"finish_reason":"' not in raw
    last = json.loads(raw.strip().split("\n\n")[-1].removeprefix("data: "))
    assert last["error"]["message"]
    assert last["error"]["type"] == "upstream_error"
    await until(lambda: len(three.finished) == 2)
    for event in three.finished:
        assert (event.status, event.provider, event.stream) == ("error", provider, True)
        assert event.tokens.input > 0
        assert event.tokens.output > 0
        assert event.actual_cost_nano
    assert len(three.provider.ledger) == 2, "what was begun is not begun again"


@pytest.mark.parametrize("how", TORN)
@pytest.mark.parametrize("provider", PROVIDERS)
async def test_vector_6_bytes_come_as_they_like(three: Stack, provider: str, how: str) -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"of": "🌊é"}'}}
    tools = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}]
    step = TORN[how]
    with_call = msgspec.structs.replace(step, tool_calls=[call])
    for model in (MODELS[provider], OLDER[provider]):
        three.provider.script.add(model, [step, with_call])
        said = await ask(three, model, ASK, stream=True)
        assert (said.text, said.finish) == (EMOJI, "stop")
        said = await ask(three, model, ASK, stream=True, tools=tools)
        assert (said.text, said.called, said.finish) == (EMOJI, [("f", {"of": "🌊é"})], "tool_calls")
    await until(lambda: len(three.finished) == 4)
    assert [event.actual_cost_nano for event in three.finished] == [e["nano_usd"] for e in three.provider.ledger]


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_vector_6_a_whole_answer_may_dribble_too(three: Stack, provider: str) -> None:
    three.provider.script.add(MODELS[provider], [Step(content=EMOJI, dribble=1)])
    assert (await ask(three, MODELS[provider], ASK)).text == EMOJI


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_vector_14_a_client_that_leaves_hangs_up_on_the_provider(three: Stack, provider: str) -> None:
    step = Step(content="wave " * 200, chunk_delay=0.05)
    three.provider.script.add(MODELS[provider], [step])
    async with three.client() as client:
        stream = await client.chat.completions.create(model=MODELS[provider], messages=ASK, stream=True)
        seen = 0
        async for _ in stream:
            seen += 1
            if seen == 3:
                break
        await stream.close()
        left = time.monotonic()
        await until(lambda: three.provider.ledger[0]["closed_early"])
        assert time.monotonic() - left < 1
    await until(lambda: three.finished)
    event = three.finished[0]
    assert (event.status, event.status_code, event.provider) == ("cancelled", 499, provider)
    assert event.tokens.input > 0
    assert event.tokens.output > 0
    assert event.actual_cost_nano


async def test_vector_14_what_anthropic_had_counted_at_the_start_is_what_is_recorded(three: Stack) -> None:
    step = Step(content="wave " * 200, chunk_delay=0.05, prompt_tokens=5000, cached_tokens=4000)
    three.provider.script.add("claude-sonnet-5", [step])
    async with three.client() as client:
        stream = await client.chat.completions.create(model="claude-sonnet-5", messages=ASK, stream=True)
        async for chunk in stream:
            if "wave wave wave" in (chunk.choices[0].delta.content or "wave wave wave"):
                break
        await stream.close()
    await until(lambda: three.finished)
    assert (three.finished[0].tokens.uncached_input, three.finished[0].tokens.cache_read) == (1000, 4000)


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_vector_16_a_slow_stream_outlives_every_limit_but_that_between_two_pieces(
    tmp_path: Path, provider: str
) -> None:
    words = " ".join(f"word{number}" for number in range(14))
    windows = {"first_byte_timeout": 2.0, "idle_timeout": 2.0, "plain_timeout": 2.0, "keep_alive": 0.05}
    async with three_providers(tmp_path, **windows) as stack:
        step = Step(content=words, chunk_delay=0.2)
        stack.provider.script.add(MODELS[provider], [step, step])
        began = time.monotonic()
        said, raw = await asyncio.gather(
            ask(stack, MODELS[provider], ASK, stream=True), raw_stream(stack, MODELS[provider])
        )
        assert time.monotonic() - began > 2.0, "longer than the longest window"
        assert (said.text, said.finish) == (words, "stop")
        assert raw.count(": ping\n\n") >= 5
        assert raw.index("data: ") < raw.index(": ping"), "no comment comes before there is an answer"
        assert all(event.startswith(("data: ", ": ping")) for event in raw.strip().split("\n\n"))
        await until(lambda: len(stack.finished) == 2)
        assert {event.status for event in stack.finished} == {"success"}


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_vector_16_a_stream_that_stalls_does_not(tmp_path: Path, provider: str) -> None:
    async with three_providers(tmp_path, first_byte_timeout=0.5, idle_timeout=0.15) as stack:
        stack.provider.script.add(MODELS[provider], [Step(content="one two three four", chunk_delay=0.3)])
        with pytest.raises((openai.APIError, httpx2.HTTPError)):
            await ask(stack, MODELS[provider], ASK, stream=True)
        await until(lambda: stack.finished)
        assert stack.finished[0].error_code == "upstream_timeout"
