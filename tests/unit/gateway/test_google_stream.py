"""Gemini's streams as OpenAI's chunks; the events are written by Google's own models."""

import json
from typing import Any

import pytest

from services.gateway.domain.attempts import Failure
from services.gateway.translate.dialect import Chunks, Kept
from services.gateway.translate.either import EitherChunks
from services.gateway.translate.google import GOOGLE
from services.gateway.translate.openai_stream import OpenAIStream
from services.gateway.translate.sse import MAX_EVENT
from tests.unit.gateway.google_sdk import event

MODEL = "gemini-4-argon"


def reader() -> Chunks:
    return GOOGLE.chunks(model=MODEL, request_id="req_1", created=1700000000)


def says(*parts: dict[str, Any], finish: str | None = None, used: int | None = None, **more: Any) -> bytes:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": list(parts)}, "index": 0}
    reply: dict[str, Any] = {
        "candidates": [candidate],
        "modelVersion": "gemini-4-argon-001",
        "responseId": "r1",
        **more,
    }
    if finish is not None:
        candidate["finishReason"] = finish
    if used is not None:
        reply["usageMetadata"] = {"promptTokenCount": 9, "candidatesTokenCount": used, "totalTokenCount": 9 + used}
    return event(reply)


def chunks(body: bytes, chunked: Chunks | None = None) -> list[dict[str, Any]]:
    """The chunks of a whole body, `[DONE]` seen to be the last."""
    chunked = chunked or reader()
    out = [*chunked.feed(body), *chunked.end()]
    assert out[-1] == b"[DONE]"
    return [json.loads(chunk) for chunk in out[:-1]]


def deltas(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [chunk["choices"][0]["delta"] for chunk in found if chunk["choices"]]


ROLE = {"role": "assistant", "content": ""}


def test_text() -> None:
    found = chunks(says({"text": "Hel"}, used=1) + says({"text": "lo"}, finish="STOP", used=2))
    assert deltas(found) == [ROLE, {"content": "Hel"}, {"content": "lo"}, {}]
    assert [chunk["choices"][0]["finish_reason"] for chunk in found[:-1]] == [None, None, None, "stop"]
    assert found[-2]["choices"][0]["native_finish_reason"] == "STOP"
    assert found[-1]["choices"] == []
    assert (found[-1]["usage"]["prompt_tokens"], found[-1]["usage"]["completion_tokens"]) == (9, 2)
    assert all("usage" not in chunk for chunk in found[:-1])
    heads = {(chunk["id"], chunk["object"], chunk["created"], chunk["model"]) for chunk in found}
    assert heads == {("chatcmpl-r1", "chat.completion.chunk", 1700000000, "gemini-4-argon-001")}


def test_the_first_event_names_the_answer() -> None:
    first, second = says({"text": "a"}, modelVersion=None, responseId=None), says({"text": "b"}, finish="STOP")
    assert {(chunk["id"], chunk["model"]) for chunk in chunks(first + second)} == {("chatcmpl-req_1", MODEL)}


def test_calls_come_whole_and_the_finish_reason_may_come_later() -> None:
    body = (
        says({"text": "Hm", "thought": True}, {"text": "I look."})
        + says({"functionCall": {"id": "a", "name": "f", "args": {"x": "ü"}}, "thoughtSignature": "c2ln"})
        + says({"functionCall": {"name": "g"}})
        + says({"text": ""}, finish="STOP")
    )
    chunked = reader()
    found = chunks(body, chunked)
    first, second = list(chunked.kept)
    assert deltas(found) == [
        ROLE,
        {"reasoning_content": "Hm"},
        {"content": "I look."},
        {
            "tool_calls": [
                {
                    "index": 0,
                    "id": "a",
                    "type": "function",
                    "function": {"name": "f", "arguments": '{"x":"ü"}'},
                    "extra_content": {"google": {"thought_signature": "c2ln"}},
                }
            ]
        },
        {"tool_calls": [{"index": 1, "id": second, "type": "function", "function": {"name": "g", "arguments": "{}"}}]},
        {},
    ]
    assert found[-1]["choices"][0]["finish_reason"] == "tool_calls"
    assert chunked.kept == {first: Kept(served_model=MODEL, signature="c2ln"), second: Kept(served_model=MODEL)}


def test_a_signature_may_follow_its_call() -> None:
    chunked = reader()
    chunks(
        says({"functionCall": {"id": "a", "name": "f"}})
        + says({"text": "", "thoughtSignature": "c2ln"}, finish="STOP"),
        chunked,
    )
    assert chunked.kept == {"a": Kept(served_model=MODEL, signature="c2ln")}


def test_a_blocked_prompt() -> None:
    counts = {"promptTokenCount": 7, "totalTokenCount": 7}
    found = chunks(event({"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": counts}))
    assert deltas(found) == [ROLE, {}]
    ending = found[1]["choices"][0]
    assert (ending["finish_reason"], ending["native_finish_reason"]) == ("content_filter", "SAFETY")
    assert found[2]["usage"]["total_tokens"] == 7


def test_the_last_count_stands_wherever_it_comes() -> None:
    tail = event({"usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 4, "totalTokenCount": 13}})
    found = chunks(says({"text": "a"}, finish="STOP", used=1) + tail)
    assert found[-1]["usage"]["completion_tokens"] == 4
    assert "usage" not in chunks(says({"text": "a"}, finish="STOP"))[-1]


def test_an_event_without_its_empty_line_counts() -> None:
    assert chunks(says({"text": "a"}, finish="STOP").rstrip()) == chunks(says({"text": "a"}, finish="STOP"))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b": ping\n\n",
        says({"text": "half"}),
        says({"text": "half"}) + says({"text": "x"}, finish="STOP")[:-20],
        b"<html>",
    ],
)
def test_an_end_before_the_finish_reason_is_no_end(body: bytes) -> None:
    chunked = reader()
    chunked.feed(body)
    with pytest.raises(Failure) as failure:
        chunked.end()
    assert failure.value.kind == "truncated"


ERROR: dict[str, Any] = {"error": {"code": 429, "message": "Slow down.", "status": "RESOURCE_EXHAUSTED"}}


@pytest.mark.parametrize(
    "body",
    [
        b"data: " + json.dumps(ERROR).encode() + b"\n\n",
        b"data: " + json.dumps([ERROR]).encode() + b"\n\n",
        b"data: " + json.dumps([ERROR]).encode(),
        json.dumps([ERROR], indent=2).encode(),
        json.dumps(ERROR).encode(),
    ],
)
def test_an_error_instead_of_an_answer(body: bytes) -> None:
    chunked = EitherChunks(GOOGLE, model=MODEL, request_id="req_1", created=1700000000)
    with pytest.raises(Failure) as failure:
        chunked.feed(body) or chunked.end()
    assert (failure.value.kind, failure.value.status, failure.value.message) == ("status", 429, "Slow down.")


@pytest.mark.parametrize(
    ("broken", "kind"),
    [
        (b"data: " + json.dumps(ERROR).encode() + b"\n\n", "status"),
        (b"data: <html>\n\n", "malformed"),
        (b"data: [{}, {}]\n\n" + says({"text": "more"}), "malformed"),
        (says(finish="MALFORMED_FUNCTION_CALL"), "malformed"),
        (says({"text": "b"}, finish="MALFORMED_RESPONSE"), "malformed"),
    ],
)
def test_what_came_before_a_failure_is_given_out(broken: bytes, kind: str) -> None:
    chunked = reader()
    out = chunked.feed(says({"text": "a"}) + broken)
    assert json.loads(out[1])["choices"][0]["delta"] == {"content": "a"}
    for _ in range(2):
        with pytest.raises(Failure) as failure:
            chunked.end()
        assert failure.value.kind == kind
    with pytest.raises(Failure):
        chunked.feed(says({"text": "never"}))


def test_a_line_without_end_is_a_failure() -> None:
    chunked = reader()
    with pytest.raises(Failure) as failure:
        chunked.feed(b"data: " + b"x" * MAX_EVENT)
    assert failure.value.kind == "malformed"


def test_the_gateway_reads_these_chunks() -> None:
    relay = OpenAIStream(reader(), wants_usage=True)
    body = says({"text": "Hi"}) + says({"functionCall": {"id": "a", "name": "f"}}, finish="STOP", used=3)
    relay.feed(body)
    relay.end()
    assert relay.kept.keys() == {"a"}
    assert relay.complete
    assert relay.text == "Hi"
    assert relay.finish_reasons == {0: "tool_calls"}
    assert relay.usage is not None
    assert relay.usage.completion_tokens == 3
