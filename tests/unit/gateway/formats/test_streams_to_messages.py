"""Providers' streams as a client of the Messages API gets them (endpoints.md, 1.3, 1.4, 1.8)."""

import json
from typing import Any

import anthropic.types as sdk
import pytest
from pydantic import TypeAdapter

from services.gateway.domain.attempts import Failure
from services.gateway.endpoints.messages.answer import MessageStream, MessageWriting, message
from services.gateway.formats.blocks import Native
from services.gateway.formats.deltas import Fail, StreamReader, collect
from services.gateway.formats.filters import ClientDeltas, client_answer
from services.gateway.formats.opaque import opened
from services.gateway.providers.google import answer as google
from services.gateway.providers.openai import answer as openai
from tests.unit.gateway.formats.streams import (
    CIPHER,
    GOOGLE,
    OPENAI,
    REASONED,
    TEXT,
    anthropic_reader,
    called,
    chat_reader,
    chunks,
    events,
    google_reader,
    message_stream,
    openai_reader,
    response_stream,
    said,
    sealer,
    sse,
)

_EVENT: TypeAdapter[Any] = TypeAdapter(sdk.RawMessageStreamEvent)


def written(reader: StreamReader, data: bytes, *, stop: tuple[str, ...] = (), **writing: Any) -> list[dict[str, Any]]:
    """The events that a client gets. Their types, and the rules of their order, are checked."""
    source = ClientDeltas(reader, model="m", stop=stop)
    writer = MessageStream(MessageWriting(message_id="msg_new", request_id="req_1", **writing))
    out = b"".join(writer.write(delta) for delta in [*source.feed(data), *source.end()])
    found = events(out)
    check(found)
    return found


def check(found: list[dict[str, Any]]) -> None:
    open_block, index = None, -1
    for event in found:
        if event["type"] not in ("ping", "error"):
            _EVENT.validate_python(event)
        match event["type"]:
            case "content_block_start":
                assert open_block is None
                index += 1
                open_block = index
                assert event["index"] == index
            case "content_block_delta":
                assert event["index"] == open_block
            case "content_block_stop":
                assert event["index"] == open_block
                open_block = None
            case "message_delta":
                assert open_block is None
    assert [event["type"] for event in found][:2] in (["message_start", "ping"], ["error"])
    assert found[-1]["type"] in ("message_stop", "error")


def outline(found: list[dict[str, Any]]) -> list[Any]:
    """What each event says, in short."""
    out: list[Any] = []
    for event in found:
        match event["type"]:
            case "content_block_start":
                out.append(("start", event["content_block"]["type"]))
            case "content_block_delta":
                delta = dict(event["delta"])
                del delta["type"]
                out += delta.values()
            case "message_delta":
                out.append(event["delta"]["stop_reason"])
            case kind:
                out.append(kind)
    return out


def test_a_response_becomes_a_message() -> None:
    data = response_stream(*REASONED, *said(1, "Hel", "lo"), *called(2, "call_1", '{"city": ', '"Porto"}'))
    found = written(openai_reader(), data, thinking=True, sealer=sealer(OPENAI), estimate=77)
    signature = next(event for event in found if event.get("delta", {}).get("type") == "signature_delta")["delta"]
    native = opened(signature["signature"], CIPHER, OPENAI)
    assert native is not None
    assert json.loads(native.payload) == {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [],
        "encrypted_content": "gAAAAenc",
    }
    assert outline(found) == [
        "message_start",
        "ping",
        ("start", "thinking"),
        "One.",
        "\n\nTwo.",
        signature["signature"],
        "content_block_stop",
        ("start", "text"),
        "Hel",
        "lo",
        "content_block_stop",
        ("start", "tool_use"),
        '{"city": ',
        '"Porto"}',
        "content_block_stop",
        "tool_use",
        "message_stop",
    ]
    assert found[0]["message"]["usage"]["input_tokens"] == 77
    usage = found[-2]["usage"]
    assert (usage["input_tokens"], usage["cache_read_input_tokens"], usage["cache_creation_input_tokens"]) == (
        30,
        60,
        10,
    )
    assert usage["output_tokens_details"] == {"thinking_tokens": 5}


def test_a_client_that_asked_for_no_thinking_gets_none() -> None:
    found = written(openai_reader(), response_stream(*REASONED, *said(1, "a")), sealer=sealer(OPENAI))
    assert ("start", "thinking") not in outline(found)


def test_reasoning_that_is_only_sealed_opens_an_empty_block() -> None:
    found = written(
        openai_reader(),
        response_stream(REASONED[0], REASONED[-1], *said(1, "a")),
        thinking=True,
        sealer=sealer(OPENAI),
    )
    assert [one for one in outline(found) if isinstance(one, tuple)] == [("start", "thinking"), ("start", "text")]


def test_1_8_8_interleaved_calls_come_one_after_the_other() -> None:
    first, second = called(1, "call_1", '{"a":', "1}"), called(2, "call_2", '{"b":', "2}")
    mixed = [first[0], second[0], first[1], second[1], second[2], first[2], second[3], first[3]]
    found = written(openai_reader(), response_stream(*mixed))
    assert outline(found)[2:-2] == [
        *(("start", "tool_use"), '{"a":', "1}", "content_block_stop"),
        *(("start", "tool_use"), '{"b":', "2}", "content_block_stop"),
    ]


def test_1_8_12_a_stop_sequence_is_cut_where_the_provider_takes_none() -> None:
    data = response_stream(*said(0, "ok\nHum", "an: x"))
    source = ClientDeltas(openai_reader(), model="m", stop=("\nHuman:",))
    writer = MessageStream(MessageWriting(message_id="m"))
    found = events(b"".join(map(writer.write, source.feed(data))))
    assert source.reached_stop
    check(found)
    assert outline(found)[2:] == [("start", "text"), "ok", "content_block_stop", "stop_sequence", "message_stop"]
    assert found[-2]["delta"]["stop_sequence"] == "\nHuman:"


def test_1_8_14_and_15_an_error_before_and_after_text() -> None:
    failing = sse({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})
    start = message_stream().partition(b"event: content_block_start")[0].partition(b"event: message_delta")[0]
    found = written(anthropic_reader(), start + failing)
    assert outline(found) == ["message_start", "ping", "error"]
    assert found[-1]["error"]["type"] == "overloaded_error"
    assert found[-1]["request_id"] == "req_1"
    text = message_stream(TEXT).partition(b"event: content_block_stop")[0]
    assert outline(written(anthropic_reader(), text + failing))[-2:] == ["content_block_stop", "error"]
    assert outline(written(anthropic_reader(), text))[-1] == "error"


def test_gemini_chunks_become_a_message() -> None:
    usage = {"promptTokenCount": 50, "cachedContentTokenCount": 20, "candidatesTokenCount": 7, "thoughtsTokenCount": 3}
    data = chunks(
        {"candidates": [{"content": {"parts": [{"text": "Hm.", "thought": True}]}}], "modelVersion": "gemini-x"},
        {
            "candidates": [
                {
                    "content": {
                        "parts": [
                            {"text": "I look."},
                            {"functionCall": {"id": "c1", "name": "weather", "args": {"city": "Porto"}}},
                            {"functionCall": {"name": "weather", "args": {}}},
                        ]
                    }
                }
            ]
        },
        {"candidates": [{"content": {"parts": []}, "finishReason": "STOP"}], "usageMetadata": usage},
    )
    source = ClientDeltas(google_reader(), model="gemini-3.8-flash")
    source.feed(data)
    source.end()
    assert list(source.kept) == ["c1", next(name for name in source.kept if name.startswith("call_"))]
    found = written(google_reader(), data, thinking=True, sealer=sealer(GOOGLE))
    # Thoughts that Gemini did not sign carry our mark, so that Anthropic never gets to see them.
    unsigned = sealer(GOOGLE).seal(Native(provider="", kind="none", payload=""))
    assert outline(found)[2:] == [
        *(("start", "thinking"), "Hm.", unsigned, "content_block_stop"),
        *(("start", "text"), "I look.", "content_block_stop"),
        *(("start", "tool_use"), '{"city":"Porto"}', "content_block_stop"),
        *(("start", "tool_use"), "{}", "content_block_stop"),
        *("tool_use", "message_stop"),
    ]
    assert found[0]["message"]["model"] == "gemini-x"
    assert found[-2]["usage"]["output_tokens"] == 10


def test_1_8_20_a_signature_of_geminis_is_kept_by_the_calls_id() -> None:
    part = {"functionCall": {"id": "c1", "name": "f", "args": {}}, "thoughtSignature": "c2ln"}
    data = chunks({"candidates": [{"content": {"parts": [part]}, "finishReason": "STOP"}]})
    source = ClientDeltas(google_reader(), model="gemini-3.8-flash")
    deltas = [*source.feed(data), *source.end()]
    assert source.kept["c1"].signature == "c2ln"
    assert source.kept["c1"].served_model == "gemini-3.8-flash"
    found = written(google_reader(), data, thinking=True, sealer=sealer(GOOGLE))
    assert outline(found)[2] == ("start", "tool_use")
    late = chunks(
        {"candidates": [{"content": {"parts": [{"functionCall": {"id": "c1", "name": "f", "args": {}}}]}}]},
        {"candidates": [{"content": {"parts": [{"text": "", "thoughtSignature": "bGF0"}]}, "finishReason": "STOP"}]},
    )
    source = ClientDeltas(google_reader(), model="g")
    source.feed(late)
    source.end()
    assert source.kept["c1"].signature == "bGF0"
    assert collect(deltas).stop == "tool_use"


@pytest.mark.parametrize(
    ("native", "expected"), [("SAFETY", "refusal"), ("MAX_TOKENS", "max_tokens"), ("STOP", "end_turn")]
)
def test_how_gemini_ends(native: str, expected: str) -> None:
    found = written(
        google_reader(), chunks({"candidates": [{"content": {"parts": [{"text": "a"}]}, "finishReason": native}]})
    )
    assert outline(found)[-2] == expected


def test_a_blocked_prompt_is_a_refusal_and_a_broken_call_a_failure() -> None:
    assert outline(written(google_reader(), chunks({"promptFeedback": {"blockReason": "SAFETY"}})))[-2] == "refusal"
    broken = chunks({"candidates": [{"finishReason": "MALFORMED_FUNCTION_CALL"}]})
    last = [*google_reader().feed(broken)][-1]
    assert isinstance(last, Fail)
    assert google.retried(last.failure)


def test_chat_chunks_become_a_message() -> None:
    head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o"}

    def chunk(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        return {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}

    function = {"name": "weather", "arguments": ""}
    data = chunks(
        chunk({"role": "assistant", "reasoning_content": "Hm."}),
        chunk({"content": "Hel"}),
        chunk({"content": "lo"}),
        chunk({"tool_calls": [{"index": 0, "id": "c1", "type": "function", "function": function}]}),
        chunk({"tool_calls": [{"index": 1, "id": "c2", "type": "function", "function": function}]}),
        chunk({"tool_calls": [{"index": 0, "function": {"arguments": '{"a":'}}]}),
        chunk({"tool_calls": [{"index": 1, "function": {"arguments": "{}"}}]}),
        chunk({"tool_calls": [{"index": 0, "function": {"arguments": "1}"}}]}),
        chunk({}, "tool_calls"),
        {**head, "choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}},
        done=True,
    )
    found = written(chat_reader(), data, thinking=True, sealer=sealer(OPENAI))
    assert outline(found)[2:] == [
        *(("start", "text"), "Hel", "lo", "content_block_stop"),
        *(("start", "tool_use"), '{"a":', "1}", "content_block_stop"),
        *(("start", "tool_use"), "{}", "content_block_stop"),
        "tool_use",
        "message_stop",
    ]
    assert found[-2]["usage"]["input_tokens"] == 9


def test_no_piece_of_arguments_ends_within_an_escape() -> None:
    data = response_stream(*called(0, "c", '{"a":"x\\', "u00", "50\\", '\\"}'))
    pieces = [event["delta"]["partial_json"] for event in written(openai_reader(), data)[3:-3]]
    assert pieces == ['{"a":"x', "\\u0050", '\\\\"}']


def test_a_call_that_is_cut_off_is_max_tokens() -> None:
    data = response_stream(
        called(0, "c", '{"a":"x')[0],
        called(0, "c", '{"a":"x')[1],
        status="incomplete",
        incomplete_details={"reason": "max_output_tokens"},
    )
    assert outline(written(openai_reader(), data))[-2:] == ["max_tokens", "message_stop"]


def test_a_whole_answer() -> None:
    data = json.dumps(
        {
            "id": "resp_1",
            "model": "gpt-6-sol",
            "status": "completed",
            "output": [REASONED[-1]["item"], said(1, "Hi")[-1]["item"], called(2, "c1", '{"a":1.0}')[-1]["item"]],
            "usage": {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15},
        }
    ).encode()
    answer, kept = client_answer(openai.read_answer(data, model="m", request_id="r"))
    assert kept["c1"].blocks[0]["type"] == "reasoning"
    found = json.loads(message(answer, MessageWriting(message_id="msg_1", thinking=True, sealer=sealer(OPENAI))))
    sdk.Message.model_validate(found)
    assert [block["type"] for block in found["content"]] == ["thinking", "text", "tool_use"]
    assert found["stop_reason"] == "tool_use"
    assert found["usage"]["input_tokens"] == 10


def test_a_call_without_a_json_object_is_no_answer() -> None:
    item = {**called(0, "c1")[-1]["item"], "arguments": '{"a":'}
    data = json.dumps({"id": "r", "status": "completed", "output": [item]}).encode()
    with pytest.raises(Failure):
        message(openai.read_answer(data, model="m", request_id="r"), MessageWriting(message_id="m"))


def test_refusals() -> None:
    refusing = [{"type": "response.refusal.delta", "output_index": 0, "content_index": 0, "delta": "No."}]
    found = written(openai_reader(), response_stream(*refusing))
    assert found[-2]["delta"]["stop_reason"] == "refusal"
    assert found[-2]["delta"]["stop_details"] == {"type": "refusal", "category": None, "explanation": "No."}


def test_a_call_that_is_whole_is_a_call_whatever_the_provider_says() -> None:
    cut: Any = {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
    data = response_stream(*called(0, "c", '{"a":1}'), **cut)
    assert outline(written(openai_reader(), data))[-2:] == ["tool_use", "message_stop"]
    data = response_stream(*called(0, "c", '{"a":1}'), *called(1, "d", '{"a":')[:2], **cut)
    assert outline(written(openai_reader(), data))[-2:] == ["max_tokens", "message_stop"]
