"""Gemini's API: as it comes to Google, and answered by others, with Google's own client."""

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from google.genai import errors, types

from tests.fake_provider.script import Step
from tests.fixtures.gateway import Stack
from tests.fixtures.three_providers import MODELS, four_providers

GEMINI, GPT, CLAUDE, SERVER = MODELS["google"], MODELS["openai"], MODELS["anthropic"], "gpt-4o"
SURFACES = {GPT: "responses", CLAUDE: "messages", SERVER: "chat", GEMINI: "generate"}
BODY: dict[str, Any] = {"contents": [{"role": "user", "parts": [{"text": "What is the tide in Tórshavn?"}]}]}
TOOL = types.Tool(
    function_declarations=[
        types.FunctionDeclaration(
            name="tide",
            parameters_json_schema={"type": "object", "properties": {"port": {"type": "string"}}, "required": ["port"]},
        )
    ]
)
CALL = {"id": "call_1", "type": "function", "function": {"name": "tide", "arguments": '{"port": "Tórshavn"}'}}
_NUMBER = re.compile(rb"(?<=fake)\d+")


@pytest.fixture
async def four(tmp_path: Path) -> AsyncIterator[Stack]:
    async with four_providers(tmp_path, SERVER) as found:
        yield found


def raw(**more: Any) -> bytes:
    return json.dumps({**BODY, **more}, indent=1).encode()


async def post(stack: Stack, path: str, body: bytes, **headers: str) -> httpx.Response:
    own = {"content-type": "application/json"}
    if "key=" not in path:
        own["x-goog-api-key"] = stack.api_key
    async with httpx.AsyncClient(timeout=20) as client:
        return await client.post(f"{stack.url}{path}", content=body, headers={**own, **headers})


async def direct(stack: Stack, path: str, body: bytes) -> httpx.Response:
    headers = {"x-goog-api-key": "sk-google", "content-type": "application/json"}
    async with httpx.AsyncClient(timeout=20) as client:
        return await client.post(f"{stack.provider_url}{path}", content=body, headers=headers)


async def row(stack: Stack) -> Any:
    for _ in range(100):
        if stack.finished:
            break
        await asyncio.sleep(0.02)
    (found,) = stack.finished
    stack.finished.clear()
    return found


def same(one: bytes, other: bytes) -> bool:
    return _NUMBER.sub(b"", one) == _NUMBER.sub(b"", other)


@pytest.mark.parametrize("call", ["generateContent", "streamGenerateContent?alt=sse", "streamGenerateContent"])
async def test_4_7_1_a_request_and_its_answer_pass_unchanged(four: Stack, call: str) -> None:
    body, path = raw(), f"/v1beta/models/{GEMINI}:{call}"
    found = await post(four, path, body)
    assert found.status_code == 200, found.text
    sent = four.provider.ledger[-1]
    assert sent["sha256"] == hashlib.sha256(body).hexdigest()
    assert sent["target"] == path
    assert sent["headers"]["x-goog-api-key"] == "sk-google"
    assert same(found.content, (await direct(four, path, body)).content)
    event = await row(four)
    assert (event.kind, event.target_surface.split(":")[0], event.raw, event.status) == (
        "generate",
        "generate",
        True,
        "success",
    )
    assert event.tokens.input
    assert event.tokens.output
    assert event.actual_cost_nano


async def test_4_7_12_the_key_in_the_address_is_taken_and_goes_nowhere(four: Stack) -> None:
    found = await post(four, f"/v1beta/models/{GEMINI}:generateContent?key={four.api_key}&foo=1", raw())
    assert found.status_code == 200
    sent = four.provider.ledger[-1]
    assert sent["target"].endswith(":generateContent?foo=1")
    assert four.api_key not in json.dumps(sent["headers"])


@pytest.mark.parametrize("version", ["", "/v1"])
async def test_4_7_13_other_versions_are_served(four: Stack, version: str) -> None:
    found = await post(four, f"{version}/models/{GEMINI}:streamGenerateContent?alt=sse", raw())
    assert found.status_code == 200
    assert found.content.startswith(b"data: ")


@pytest.mark.parametrize("model", SURFACES)
async def test_4_7_14_a_stream_without_sse_is_a_json_list(four: Stack, model: str) -> None:
    four.provider.script.add(model, [Step(content="At noon. And at midnight.")])
    found = await post(four, f"/v1beta/models/{model}:streamGenerateContent", raw())
    said = "".join(part.get("text", "") for one in found.json() for part in one["candidates"][0]["content"]["parts"])
    assert "At noon. And at midnight." in said
    assert found.headers["content-type"].startswith("application/json")


@pytest.mark.parametrize("model", SURFACES)
async def test_4_7_15_a_failure_before_the_answer_has_googles_shape(four: Stack, model: str) -> None:
    four.provider.script.add(model, [Step(status=400, message="The image is broken.")] * 2)
    with pytest.raises(errors.ClientError) as caught:
        await four.google().models.generate_content(model=model, contents="Hi")
    assert (caught.value.code, caught.value.status) == (400, "INVALID_ARGUMENT")
    assert "The image is broken." in (caught.value.message or "")


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", SURFACES)
async def test_a_tool_loop_goes_round(four: Stack, model: str, stream: bool) -> None:
    four.provider.script.add(model, [Step(content="I look.", tool_calls=[CALL]), Step(content="At noon.")])
    config = types.GenerateContentConfig(
        tools=[TOOL], automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True)
    )
    models = four.google().models

    async def ask(contents: list[types.Content]) -> list[types.Part]:
        if not stream:
            answer = await models.generate_content(model=model, contents=contents, config=config)
            return list(answer.candidates[0].content.parts)
        return [
            part
            async for chunk in await models.generate_content_stream(model=model, contents=contents, config=config)
            for part in (chunk.candidates[0].content.parts or ())
        ]

    contents = [types.Content(role="user", parts=[types.Part(text="When is low tide?")])]
    parts = await ask(contents)
    (call,) = [part.function_call for part in parts if part.function_call]
    assert (call.name, call.args) == ("tide", {"port": "Tórshavn"})
    result = types.FunctionResponse(id=call.id, name="tide", response={"output": "noon"})
    contents += [
        types.Content(role="model", parts=parts),
        types.Content(role="user", parts=[types.Part(function_response=result)]),
    ]
    said = "".join(part.text or "" for part in await ask(contents) if not part.thought)
    assert said == "At noon."
    assert {entry["status"] for entry in four.provider.ledger} == {200}
    assert {event.status for event in four.finished} == {"success"}


@pytest.mark.parametrize("model", SURFACES)
async def test_4_7_7_a_stream_that_breaks_off_ends_with_a_bare_error(four: Stack, model: str) -> None:
    step = Step(content="one two three four five six seven", cut_after=6 if model == CLAUDE else 3, chunk_delay=0.02)
    four.provider.script.add(model, [step] * 2)
    found = await post(four, f"/v1beta/models/{model}:streamGenerateContent?alt=sse", raw())
    last = found.content.rstrip().rpartition(b"\n")[2]
    assert json.loads(last)["error"]["status"] == "UNAVAILABLE"
    event = await row(four)
    assert (event.status, event.error_code) == ("error", "upstream_truncated")


async def test_errors_have_googles_shape(four: Stack) -> None:
    path = f"/v1beta/models/{GEMINI}:generateContent"
    unknown = await post(four, path, raw(), **{"x-goog-api-key": "AIza-none"})
    missing = await post(four, "/v1beta/models/nobody-knows:generateContent", raw())
    broken = await post(four, path, b'{"contents":')
    no_method = await post(four, f"/v1beta/models/{GEMINI}:sing", raw())
    no_route = await post(four, "/v1beta/nothing", raw())
    kinds = []
    for found in (unknown, missing, broken, no_method, no_route):
        error = found.json()["error"]
        assert error["code"] == found.status_code
        assert error["message"]
        kinds.append((found.status_code, error["status"]))
    assert kinds == [
        (401, "UNAUTHENTICATED"),
        (404, "NOT_FOUND"),
        (400, "INVALID_ARGUMENT"),
        (404, "NOT_FOUND"),
        (404, "NOT_FOUND"),
    ]
