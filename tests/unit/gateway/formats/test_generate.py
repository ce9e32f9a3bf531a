"""The Gemini API as a client speaks it: its requests for other providers, and their answers in its format (endpoints.md, 4)."""

import json
from typing import Any

import pytest
from google.genai import types
from hypothesis import given
from hypothesis import strategies as st

from libs.common.errors import BadRequest
from services.gateway.domain.attempts import Failure
from services.gateway.endpoints.generate import request
from services.gateway.endpoints.generate.answer import (
    GenerateStream,
    GenerateWriting,
    generated,
    token_count,
)
from services.gateway.formats.blocks import Ask, Native
from services.gateway.formats.build import Target
from services.gateway.formats.deltas import Fail, StreamReader, read_whole
from services.gateway.formats.filters import ClientDeltas
from services.gateway.formats.keep_alive import KEEP_ALIVE
from services.gateway.formats.opaque import as_base64, from_base64, unseal
from services.gateway.providers.google import generate
from services.gateway.translate.google_contents import NO_SIGNATURE
from tests.fake_provider.answer import sign
from tests.unit.gateway.formats.judges import CLAUDE, GEMINI, OLD_CLAUDE, OLD_GPT, to_anthropic, to_chat, to_responses
from tests.unit.gateway.formats.recorded import parameters
from tests.unit.gateway.formats.streams import (
    ANTHROPIC,
    CIPHER,
    OPENAI,
    TEXT,
    THINKING,
    TOOL,
    anthropic_reader,
    called,
    message_stream,
    openai_reader,
    response_stream,
    said,
    sealer,
)

DECLARED = {
    "name": "weather",
    "parameters": {"type": "OBJECT", "properties": {"city": {"type": "STRING", "nullable": True}}},
}
TOOLS = [{"functionDeclarations": [DECLARED]}]
USER = {"role": "user", "parts": [{"text": "Hello"}]}


def ask_of(body: dict[str, Any], *, stream: bool = False) -> Ask:
    full = {"contents": [USER], **body}
    return request.ask(request.head(json.dumps(full).encode(), {}, model="gemini-x", stream=stream))


def call(name: str = "weather", **more: Any) -> dict[str, Any]:
    return {"functionCall": {"name": name, "args": {"city": "Porto"}, **more}}


def result(response: Any, name: str = "weather", **more: Any) -> dict[str, Any]:
    return {"functionResponse": {"name": name, "response": response, **more}}


RECORDED = [*parameters("gemini-cli", "treamGenerateContent"), *parameters("gemini-cli", ":generateContent")]


@pytest.mark.parametrize("body", RECORDED)
def test_4_7_1_a_recorded_body_comes_out_as_it_went_in(body: dict[str, Any]) -> None:
    ask = ask_of(body)
    assert json.loads(generate.build(ask, Target(model=GEMINI)).body) == body


@pytest.mark.parametrize("body", RECORDED)
def test_4_7_2_recorded_requests_can_be_served_by_every_provider(body: dict[str, Any]) -> None:
    ask = ask_of(body)
    for model in (CLAUDE, OLD_CLAUDE, "claude-sonnet-4-6"):
        sent, built = to_anthropic(ask, model)
        assert not {"temperature", "top_p", "top_k"} & set(built.dropped)
    assert to_anthropic(ask)[0]["thinking"] == {"type": "adaptive", "display": "summarized"}
    to_chat(ask)
    to_chat(ask, OLD_GPT)
    sent, built = to_responses(ask)
    assert not {"temperature", "top_p", "top_k"} & set(built.dropped)
    assert sent["reasoning"]["summary"] == "auto"
    to_responses(ask, OLD_GPT)


@pytest.mark.parametrize("body", parameters("gemini-cli", "countTokens"))
def test_4_7_11_counting(body: dict[str, Any]) -> None:
    for given_body in (body, {"generateContentRequest": {**body, "model": "models/x"}}):
        ask = request.count_ask(json.dumps(given_body).encode(), model="x")
        assert to_anthropic(ask)[0]["messages"][0]["role"] == "user"
    assert json.loads(token_count(9)) == {"totalTokens": 9}


def test_4_7_3_a_call_brings_back_the_thinking_of_its_model() -> None:
    thinking = {"type": "thinking", "thinking": "Hm.", "signature": sign("Hm.")}
    native = Native(provider="anthropic", kind="thinking", payload=json.dumps(thinking))
    signature = as_base64(sealer(ANTHROPIC).seal(native))
    contents = [
        USER,
        {"role": "model", "parts": [{**call(id="c1"), "thoughtSignature": signature}]},
        {"role": "user", "parts": [result({"output": "21"}, id="c1")]},
    ]
    ask = ask_of({"contents": contents, "tools": TOOLS})
    sent, _ = to_anthropic(unseal(ask, CIPHER, ANTHROPIC).ask)
    assert sent["messages"][1]["content"][0] == thinking
    found = unseal(ask, CIPHER, OPENAI)
    assert found.removed == 1
    sent, _ = to_responses(found.ask)
    assert [item["type"] for item in sent["input"]] == ["message", "function_call", "function_call_output"]
    own = json.loads(generate.build(found.ask, Target(model=GEMINI)).body)["contents"][1]["parts"][0]
    assert own == {**call(id="c1"), "thoughtSignature": NO_SIGNATURE}


def test_4_7_4_a_signature_that_is_none() -> None:
    contents = [
        USER,
        {"role": "model", "parts": [{**call(), "thoughtSignature": NO_SIGNATURE}]},
        {"role": "user", "parts": [result({"output": "21"})]},
    ]
    ask = ask_of({"contents": contents, "tools": TOOLS})
    assert [block["type"] for block in to_anthropic(ask)[0]["messages"][1]["content"]] == ["tool_use"]
    assert json.loads(generate.build(ask, Target(model=GEMINI)).body)["contents"] == contents


def test_4_7_8_and_9_responses_without_ids_and_failures() -> None:
    contents = [
        USER,
        {"role": "model", "parts": [call(), call()]},
        {"role": "user", "parts": [result({"output": "first"}), result({"error": "no such city"})]},
    ]
    sent, _ = to_anthropic(ask_of({"contents": contents, "tools": TOOLS}))
    calls, results = sent["messages"][1]["content"], sent["messages"][2]["content"]
    assert [block["tool_use_id"] for block in results] == [block["id"] for block in calls]
    assert results[0]["content"] == [{"type": "text", "text": "first"}]
    assert results[1]["is_error"] is True
    assert (
        to_chat(ask_of({"contents": contents, "tools": TOOLS}))[0]["messages"][-1]["content"] == "[error] no such city"
    )


def test_calls_that_were_never_answered_get_an_answer() -> None:
    contents = [USER, {"role": "model", "parts": [call(id="c1")]}, USER, {"role": "user", "parts": [result({"a": 1})]}]
    sent, _ = to_anthropic(ask_of({"contents": contents, "tools": TOOLS}))
    assert sent["messages"][2]["content"][0]["is_error"] is True
    to_chat(ask_of({"contents": contents, "tools": TOOLS}))


def test_4_7_10_schemas_are_json_schema_elsewhere() -> None:
    schema = {
        "type": "OBJECT",
        "properties": {
            "a": {"type": "STRING", "nullable": True, "enum": ["x"]},
            "type": {"type": "ARRAY", "items": {"type": "INTEGER"}, "minItems": "1"},
        },
        "propertyOrdering": ["a"],
    }
    expected = {
        "type": "object",
        "properties": {
            "a": {"type": ["string", "null"], "enum": ["x", None]},
            "type": {"type": "array", "items": {"type": "integer"}, "minItems": 1},
        },
    }
    for name in ("responseSchema", "responseJsonSchema", "response_schema"):
        config = {"responseMimeType": "application/json", name: schema}
        form = to_responses(ask_of({"generationConfig": config}))[0]["text"]["format"]
        assert form["schema"] == expected
        assert form["strict"] is False
    tool = to_chat(ask_of({"tools": TOOLS}))[0]["tools"][0]["function"]
    assert tool["parameters"]["properties"] == {"city": {"type": ["string", "null"]}}


def test_4_7_17_a_model_that_always_thinks() -> None:
    ask = ask_of({"generationConfig": {"thinkingConfig": {"thinkingBudget": 0}}})
    sent, built = to_anthropic(ask)
    assert sent["output_config"] == {"effort": "low"}
    assert built.dropped == ("thinkingConfig",)


def test_4_7_18_several_answers() -> None:
    ask = ask_of({"generationConfig": {"candidateCount": 2}})
    for build in (to_anthropic, to_responses):
        with pytest.raises(BadRequest, match="capability_rejected: candidateCount"):
            build(ask)
    assert to_chat(ask)[0]["n"] == 2
    assert b'"candidateCount": 2' in generate.build(ask, Target(model=GEMINI)).body


def test_4_7_19_names_with_underscores() -> None:
    camel = {
        "systemInstruction": {"parts": [{"text": "Help."}]},
        "contents": [
            {"role": "user", "parts": [{"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}}]},
            {"role": "model", "parts": [call(id="c1")]},
            {"role": "user", "parts": [result({"result": "21"}, id="c1")]},
        ],
        "tools": TOOLS,
        "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["weather"]}},
        "generationConfig": {"maxOutputTokens": 50, "topP": 0.5, "thinkingConfig": {"includeThoughts": True}},
    }
    text = json.dumps(camel).replace('{"parts": [{"text": "Help."}]}', '"Help."')
    for name in (
        *("systemInstruction", "inlineData", "mimeType", "functionCall", "functionResponse", "functionDeclarations"),
        *("toolConfig", "functionCallingConfig", "allowedFunctionNames", "generationConfig", "maxOutputTokens"),
        *("topP", "thinkingConfig", "includeThoughts"),
    ):
        snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
        text = text.replace(f'"{name}"', f'"{snake}"')
    snaked = request.ask(request.head(text.encode(), {}, model="gemini-x", stream=False))
    for build in (to_anthropic, to_chat, to_responses):
        assert build(snaked)[0] == build(ask_of(camel))[0]
    assert to_chat(snaked)[0]["tool_choice"] == {"type": "function", "function": {"name": "weather"}}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"cachedContent": "c"}, "cachedContent"),
        ({"generationConfig": {"responseModalities": ["IMAGE"]}}, "responseModalities"),
        ({"tools": [{"googleSearch": {}}]}, "tools"),
    ],
)
def test_what_only_google_does_is_refused_by_name(body: dict[str, Any], field: str) -> None:
    with pytest.raises(BadRequest, match=f"capability_rejected: {field}"):
        to_anthropic(ask_of(body))


def test_what_only_google_does_is_reported() -> None:
    body = {
        "tools": [*TOOLS, {"googleSearch": {}}],
        "safetySettings": [{"category": "x", "threshold": "y"}],
        "labels": {"a": "b"},
        "contents": [USER, {"role": "model", "parts": [{"executableCode": {"code": "1+1"}}]}, USER],
    }
    sent, built = to_anthropic(ask_of(body))
    assert set(built.dropped) == {"googleSearch", "safetySettings", "labels", "executableCode"}
    assert sent["messages"][1]["content"][0]["text"] == "1+1"


def written(reader: StreamReader, data: bytes, **more: Any) -> list[dict[str, Any]]:
    """The chunks that a client gets. Each is one of Google's own model of them."""
    out, listed = raw(reader, data, **more), more.get("listed")
    if listed:
        found: list[dict[str, Any]] = json.loads(out)
    else:
        frames = out.decode().split("\r\n\r\n")
        assert all(frame.startswith("data: {") for frame in frames[:-1])
        found = [json.loads(frame[6:]) for frame in frames[:-1]]
        if frames[-1]:
            found.append(json.loads(frames[-1]))
    for chunk in found:
        if "error" not in chunk:
            types.GenerateContentResponse.model_validate(chunk)
    return found


def raw(reader: StreamReader, data: bytes, **more: Any) -> bytes:
    source = ClientDeltas(reader, model="m")
    writer = GenerateStream(GenerateWriting(response_id="r1", model="m", **more))
    return b"".join(map(writer.write, [*source.feed(data), *source.end()]))


def test_a_message_becomes_chunks() -> None:
    data = message_stream(THINKING, TEXT, TOOL, stop="tool_use")
    found = written(anthropic_reader(), data, thoughts=True, sealer=sealer(ANTHROPIC))
    parts = [part for chunk in found for part in chunk["candidates"][0]["content"]["parts"]]
    signature = parts[4].pop("thoughtSignature")
    assert from_base64(signature).startswith("pr1.")
    assert from_base64(signature.replace("+", "-").replace("/", "_").rstrip("=")) == from_base64(signature)
    assert parts == [
        {"text": "First ", "thought": True},
        {"text": "this.", "thought": True},
        {"text": "Hel"},
        {"text": "lo"},
        {"functionCall": {"id": "toolu_1", "name": "weather", "args": {"city": "Porto"}}},
        {"text": ""},
    ]
    assert found[-1]["candidates"][0]["finishReason"] == "STOP"
    assert found[-1]["usageMetadata"] == {
        "promptTokenCount": 125,
        "cachedContentTokenCount": 100,
        "candidatesTokenCount": 30,
        "totalTokenCount": 155,
    }
    assert {chunk["responseId"] for chunk in found} == {"r1"}
    plain = written(anthropic_reader(), data)
    assert not any("thought" in part for chunk in plain for part in chunk["candidates"][0]["content"]["parts"])


def test_4_7_5_arguments_in_many_pieces_are_one_part() -> None:
    pieces = list(json.dumps({"city": "Porto" * 7}))
    found = written(openai_reader(), response_stream(*called(0, "c1", *pieces)))
    assert len(pieces) > 40
    assert len(found) == 2
    assert found[0]["candidates"][0]["content"]["parts"][0]["functionCall"]["args"] == {"city": "Porto" * 7}


def test_4_7_6_silence_is_a_blank_line() -> None:
    assert KEEP_ALIVE["generate"] == b"\n"


def test_4_7_7_an_error_is_bare_json() -> None:
    data = message_stream(TEXT).partition(b"event: content_block_stop")[0]
    found = written(anthropic_reader(), data)
    assert found[-1]["error"]["status"] == "UNAVAILABLE"
    assert found[-1]["error"]["code"] == 502
    listed = written(anthropic_reader(), data, listed=True)
    assert listed[-1] == found[-1]
    only = GenerateStream(GenerateWriting(response_id="r", model="m", listed=True))
    assert json.loads(only.write(Fail(Failure("timeout", "late"))))[0]["error"]["status"] == "DEADLINE_EXCEEDED"


def test_4_7_14_a_list_of_chunks() -> None:
    data = response_stream(*said(0, "Hel", "lo"), *called(1, "c1", "{}"))
    assert written(openai_reader(), data, listed=True) == written(openai_reader(), data)


def test_4_7_16_a_refusal_has_no_parts() -> None:
    refusing = [{"type": "response.refusal.delta", "output_index": 0, "content_index": 0, "delta": "No."}]
    found = written(openai_reader(), response_stream(*refusing))
    assert found[-1]["candidates"] == [{"index": 0, "finishReason": "SAFETY", "finishMessage": "No."}]
    after = written(anthropic_reader(), message_stream(TEXT, stop="refusal"))
    assert after[-1]["candidates"][0]["finishReason"] == "SAFETY"


def test_a_call_that_is_cut_off_is_none() -> None:
    found = written(anthropic_reader(), message_stream((TOOL[0], TOOL[1][:1]), stop="max_tokens"))
    assert len(found) == 1
    assert found[0]["candidates"][0]["finishReason"] == "MAX_TOKENS"


def test_a_whole_answer() -> None:
    data = message_stream(THINKING, TEXT, TOOL, stop="tool_use")
    answer = read_whole(anthropic_reader(), data)
    writing = GenerateWriting(response_id="r1", model="m", thoughts=True, sealer=sealer(ANTHROPIC))
    whole = json.loads(generated(answer, writing))
    types.GenerateContentResponse.model_validate(whole)
    candidate = whole["candidates"][0]
    assert [next(iter(part)) for part in candidate["content"]["parts"]] == ["text", "text", "functionCall"]
    assert candidate["finishReason"] == "STOP"


_PARTS = st.lists(
    st.sampled_from(
        (
            {"text": "a"},
            {"text": "b", "thought": True, "thoughtSignature": "c2ln"},
            {"inlineData": {"mimeType": "image/png", "data": "QQ=="}},
            {"fileData": {"fileUri": "files/1"}},
            call(),
            call(id="c1"),
            result({"output": "x"}),
            result({"a": 1}, id="c1"),
            {"executableCode": {"code": "x"}},
            {"somethingNew": 1},
            {},
        )
    ),
    max_size=3,
)
_CONTENTS = st.lists(
    st.builds(
        lambda role, parts: {**role, "parts": parts}, st.sampled_from(({}, {"role": "user"}, {"role": "model"})), _PARTS
    ),
    max_size=4,
)


@given(
    _CONTENTS | st.text(max_size=5), st.dictionaries(st.sampled_from(("labels", "store")), st.integers(), max_size=2)
)
def test_any_body_comes_out_as_it_went_in(contents: Any, more: dict[str, Any]) -> None:
    body = {"contents": contents, **more}
    ask = request.ask(request.head(json.dumps(body).encode(), {}, model="m", stream=False))
    assert json.loads(generate.build(ask, Target(model="m")).body) == body
