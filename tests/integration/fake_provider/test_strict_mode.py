"""Strict mode: what each provider refuses, row by row, and what it takes."""

import json
from typing import Any

import anthropic
import openai
import pytest
from google.genai import errors, types
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fake_provider import sdk_keys, strict
from tests.fake_provider.answer import sign
from tests.fake_provider.strict import Sent
from tests.integration.fake_provider.conftest import Upstream
from tests.integration.fake_provider.strict_cases import (
    ANTHROPIC,
    CLAUDE_TOOL,
    GEMINI,
    GIVEN,
    GOOGLE,
    HI,
    NEW,
    OLD,
    OPENAI,
    SCHEMA,
    TEXT,
    USER,
    Row,
    config,
    contents,
    turns,
)


def refused(
    provider: str, model: str, body: dict[str, Any], *, stream: bool = False, version: str = "2023-06-01"
) -> Any:
    found = strict.refusal(provider, Sent(model, body, {"anthropic-version": version}, stream))
    return found and found.message


def ids(rows: list[Row]) -> list[str]:
    return [f"{model}-{expected or 'taken'}" for model, _, expected in rows]


@pytest.mark.parametrize(("model", "more", "expected"), OPENAI, ids=ids(OPENAI))
def test_openai(model: str, more: dict[str, Any], expected: str | None) -> None:
    found = refused("openai", model, {"model": model, "messages": [USER], **more})
    assert found is None if expected is None else expected in found


@pytest.mark.parametrize(("model", "more", "expected"), ANTHROPIC, ids=ids(ANTHROPIC))
def test_anthropic(model: str, more: dict[str, Any], expected: str | None) -> None:
    found = refused("anthropic", model, {"model": model, "max_tokens": 9, "messages": [USER], **more})
    assert found is None if expected is None else expected in found


@pytest.mark.parametrize(("model", "more", "expected"), GOOGLE, ids=ids(GOOGLE))
def test_google(model: str, more: dict[str, Any], expected: str | None) -> None:
    found = refused("google", model, {**contents(HI), **more})
    assert found is None if expected is None else expected in found


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"temperature": 1}, "temperature: Extra inputs"),
        ({"top_k": 1}, "top_k: Extra inputs"),
        (turns([{**TEXT, "citations": [{"type": "char_location"}]}]), "citations: Extra inputs"),
        (turns("Hi", [{"type": "document", "source": {}}], "Go on"), "document blocks are not permitted"),
    ],
)
def test_the_newest_version_of_anthropic_s_api_refuses_more(more: dict[str, Any], expected: str) -> None:
    body = {"model": OLD, "max_tokens": 9, "messages": [USER], **more}
    assert refused("anthropic", OLD, body) is None
    assert expected in refused("anthropic", OLD, body, version="2026-10-21")
    assert "not a valid version" in refused("anthropic", OLD, body, version="2024-01-01")


def test_several_candidates_are_refused_in_a_stream_only() -> None:
    body = {**contents(HI), **config(candidateCount=2)}
    assert refused("google", GEMINI, body) is None
    assert "streaming" in refused("google", GEMINI, body, stream=True)


@settings(deadline=None)  # the first count loads a vocabulary
@given(
    provider=st.sampled_from(["openai", "anthropic", "google"]),
    value=st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    ),
)
def test_what_makes_no_sense_is_refused_and_never_an_exception(provider: str, value: Any) -> None:
    model = {"openai": "gpt-4o", "anthropic": OLD, "google": GEMINI}[provider]
    name = "contents" if provider == "google" else "messages"
    assert refused(provider, model, {"model": model, "max_tokens": 9, name: value})
    whole = contents(HI) if provider == "google" else {"model": model, "max_tokens": 9, "messages": [USER]}
    assert refused(provider, model, {**whole, "tools": value}) or not value or not any(value)


def test_the_keys_are_those_of_the_sdks() -> None:
    assert json.loads(sdk_keys.PATH.read_text()) == sdk_keys.collect()


async def test_strict_mode_is_switched_on_and_refuses_with_each_sdk_s_own_error(upstream: Upstream) -> None:
    await upstream.openai().chat.completions.create(model="gpt-5", messages=[USER], max_tokens=9)
    await upstream.post("/_control/strict", {"on": True}, {})
    with pytest.raises(openai.BadRequestError) as of_openai:
        await upstream.openai().chat.completions.create(model="gpt-5", messages=[USER], max_tokens=9)
    assert (of_openai.value.code, of_openai.value.param) == ("unsupported_parameter", "max_tokens")
    with pytest.raises(openai.NotFoundError):
        await upstream.openai().chat.completions.create(model="gpt-9", messages=[USER])
    with pytest.raises(anthropic.BadRequestError, match="prefill"):
        await upstream.anthropic().messages.create(model=NEW, max_tokens=9, messages=turns("Hi", "Ho")["messages"])
    with pytest.raises(errors.ClientError, match="INVALID_ARGUMENT"):
        await upstream.google().aio.models.generate_content(
            model=GEMINI,
            contents="Hi",
            config=types.GenerateContentConfig(stop_sequences=list("abcdef")),
        )
    assert [entry["status"] for entry in upstream.provider.ledger] == [200, 400, 404, 400, 400]


async def test_a_tool_loop_of_each_sdk_is_taken(upstream: Upstream) -> None:
    """History that went through the SDK, signatures included, is what the provider wants back."""
    upstream.provider.strict = True
    step = {"tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}]}
    await upstream.post("/_control/script", {"*": [step | {"thinking": "Hm.", "repeat": 2}]}, {})
    claude = upstream.anthropic().messages
    asked: dict[str, Any] = {"model": NEW, "max_tokens": 99, "tools": [CLAUDE_TOOL], "thinking": {"type": "adaptive"}}
    first = await claude.create(messages=[USER], **asked)
    answered = {"role": "user", "content": [{**GIVEN, "tool_use_id": "call_1"}]}
    history = [USER, {"role": "assistant", "content": first.content}, answered]
    assert (await claude.create(messages=history, **asked)).stop_reason == "tool_use"
    assert upstream.last["signatures"] == [sign("Hm.")]
    await upstream.post("/_control/script", {"*": [step]}, {})
    models = upstream.google().aio.models
    tool = types.Tool(function_declarations=[types.FunctionDeclaration(name="f", parameters_json_schema=SCHEMA)])
    options = types.GenerateContentConfig(
        tools=[tool], automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True)
    )
    user = types.Content(role="user", parts=[types.Part(text="Hi")])
    reply = await models.generate_content(model=GEMINI, contents=[user], config=options)
    given = types.Content(role="user", parts=[types.Part.from_function_response(name="f", response={"output": 1})])
    turn = [user, reply.candidates[0].content, given]
    assert (await models.generate_content(model=GEMINI, contents=turn, config=options)).text
    assert upstream.last["signatures"]
