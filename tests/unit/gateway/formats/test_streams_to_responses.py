"""Providers' streams as a client of the Responses API gets them (endpoints.md, 2.3, 2.6, 2.9)."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai import omit
from openai.lib.streaming.responses._responses import ResponseStreamState
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from services.gateway.domain.attempts import Failure
from services.gateway.endpoints.responses.answer import ResponseStream, ResponseWriting, response, token_count
from services.gateway.endpoints.responses.free_text import TextValue
from services.gateway.formats.deltas import Fail, StreamReader, read_whole
from services.gateway.formats.filters import ClientDeltas
from services.gateway.formats.json_fields import encode
from services.gateway.formats.opaque import opened
from services.gateway.formats.tool_names import ToolName
from tests.unit.gateway.formats.streams import (
    ANTHROPIC,
    CIPHER,
    TEXT,
    THINKING,
    TOOL,
    anthropic_reader,
    chat_reader,
    chunks,
    events,
    google_reader,
    message_stream,
    sealer,
    sse,
)

_EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
_PATCH = ToolName(name="apply_patch", kind="custom")


def writing(**more: Any) -> ResponseWriting:
    top = {"model": encode("gpt-5.2"), "tools": encode([]), "store": encode(False)}
    named: dict[str, Any] = {"response_id": "resp_ab", "created": 1_800_000_000, "model": "m", "top": top}
    return ResponseWriting(**{**named, **more})


def written(reader: StreamReader, data: bytes, *, names: Any = None, **more: Any) -> list[dict[str, Any]]:
    """The events that a client gets, judged by OpenAI's own types and by its helper for streams."""
    source = ClientDeltas(reader, model="m", back=names)
    writer = ResponseStream(writing(**more))
    return check(b"".join(writer.write(delta) for delta in [*source.feed(data), *source.end()]), "resp_ab")


def check(out: bytes, response_id: str) -> list[dict[str, Any]]:
    """The events of a stream that keeps all rules of the order, of numbers and of ids."""
    found = events(out)
    state: Any = ResponseStreamState(input_tools=omit, text_format=omit)
    for event in found:
        state.handle_event(_EVENT.validate_python(_typed(event)))
    assert [event["sequence_number"] for event in found] == list(range(len(found)))
    assert [event["type"] for event in found][:2] == ["response.created", "response.in_progress"]
    failed = found[-1]["type"] == "response.failed"
    assert out.endswith(b"data: [DONE]\n\n") is not failed
    done = [event["item"] for event in found if event["type"] == "response.output_item.done"]
    if not failed:
        assert found[-1]["response"]["output"] == done
    assert {event["response"]["id"] for event in found if "response" in event} == {response_id}
    return found


def _typed(event: dict[str, Any]) -> dict[str, Any]:
    """The event with a code of the SDK's types: clients act on one that its types do not have."""
    failed = event.get("response", {}).get("error")
    if failed is None or failed["code"] != "context_length_exceeded":
        return event
    return {**event, "response": {**event["response"], "error": {**failed, "code": "server_error"}}}


def kinds(found: list[dict[str, Any]]) -> list[str]:
    return [event["type"].removeprefix("response.") for event in found]


_REASONING = [
    "output_item.added",
    "reasoning_summary_part.added",
    "reasoning_summary_text.delta",
    "reasoning_summary_text.delta",
    "reasoning_summary_text.done",
    "reasoning_summary_part.done",
    "output_item.done",
]
_MESSAGE = [
    "output_item.added",
    "content_part.added",
    "output_text.delta",
    "output_text.delta",
    "output_text.done",
    "content_part.done",
    "output_item.done",
]
_CALL = [
    "output_item.added",
    "function_call_arguments.delta",
    "function_call_arguments.delta",
    "function_call_arguments.done",
    "output_item.done",
]


def test_a_message_becomes_a_response() -> None:
    data = message_stream(THINKING, TEXT, TOOL, stop="tool_use")
    found = written(anthropic_reader(), data, sealer=sealer(ANTHROPIC))
    assert kinds(found) == ["created", "in_progress", *_REASONING, *_MESSAGE, *_CALL, "completed"]
    final = found[-1]["response"]
    Response.model_validate(final)
    assert [item["id"] for item in final["output"]] == ["rs_ab_0", "msg_ab_1", "fc_ab_2"]
    native = opened(final["output"][0]["encrypted_content"], CIPHER, ANTHROPIC)
    assert native is not None
    assert json.loads(native.payload) == {"type": "thinking", "thinking": "First this.", "signature": "c2ln"}
    assert final["output"][2]["arguments"] == '{"city": "Porto"}'
    assert final["output"][2]["call_id"] == "toolu_1"
    assert final["usage"] == {
        "input_tokens": 125,
        "input_tokens_details": {"cached_tokens": 100, "cache_write_tokens": 5},
        "output_tokens": 30,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 155,
    }
    assert final["model"] == "claude-opus-5-5"


def test_texts_that_follow_each_other_are_one_message() -> None:
    cited = {"type": "web_search_result_location", "url": "https://x.example", "title": "X", "cited_text": "lo"}
    second = (TEXT[0], [*TEXT[1], {"type": "citations_delta", "citation": cited}])
    search: Any = ({"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}, [])
    found = written(anthropic_reader(), message_stream(TEXT, search, second))
    output = found[-1]["response"]["output"]
    assert len(output) == 1
    assert output[0]["content"][0]["text"] == "HelloHello"
    annotation = output[0]["content"][0]["annotations"][0]
    assert (annotation["start_index"], annotation["end_index"], annotation["url"]) == (5, 10, "https://x.example")


def test_2_9_3_a_free_text_is_decoded_while_it_arrives() -> None:
    block = {"type": "tool_use", "id": "t", "name": "apply_patch", "input": {}}
    pieces = ['{"inp', 'ut": "*** Begin \\u', "0050atch\\", "n\\ud83d", '\\ude00"', "}"]
    deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
    found = written(anthropic_reader(), message_stream((block, deltas), stop="tool_use"), names={"apply_patch": _PATCH})
    assert [event["delta"] for event in found if event["type"].endswith("input.delta")] == [
        "*** Begin ",
        "Patch",
        "\n",
        "😀",
    ]
    item = found[-1]["response"]["output"][0]
    assert (item["type"], item["input"], item["id"]) == ("custom_tool_call", "*** Begin Patch\n😀", "ctc_ab_0")


@given(st.text(max_size=20), st.booleans(), st.lists(st.integers(0, 60), max_size=6), st.sampled_from(("", " ", "\n")))
def test_a_free_text_may_be_cut_anywhere(text: str, ascii_only: bool, places: list[int], blank: str) -> None:
    data = json.dumps({"input": text}, ensure_ascii=ascii_only).replace('": "', f'":{blank}"')
    value = TextValue()
    cuts = sorted({0, len(data), *(min(place, len(data)) for place in places)})
    found = [value.feed(data[begin:end]) for begin, end in zip(cuts, cuts[1:], strict=False)]
    assert "".join(found) + value.rest() == text


def test_a_free_text_that_the_model_wrapped_otherwise() -> None:
    for data, expected in (
        ('{"patch": "x"}', '{"patch": "x"}'),
        ('{"a": 1, "input": "x"}', "x"),
        ("no json", "no json"),
    ):
        value = TextValue()
        assert value.feed(data) + value.rest() == expected


def test_the_clients_names_come_back() -> None:
    block = {"type": "tool_use", "id": "t", "name": "agents__close", "input": {}}
    names = {"agents__close": ToolName(name="close", namespace="agents")}
    found = written(anthropic_reader(), message_stream((block, []), stop="tool_use"), names=names)
    item = found[-1]["response"]["output"][0]
    assert (item["name"], item["namespace"], item["arguments"]) == ("close", "agents", "{}")


@pytest.mark.parametrize(
    ("kind", "arguments", "expected"),
    [
        ("local_shell", {"command": ["ls"]}, {"action": {"type": "exec", "command": ["ls"], "env": {}}}),
        (
            "shell",
            {"commands": ["ls"]},
            {"action": {"commands": ["ls"], "timeout_ms": None, "max_output_length": None}},
        ),
        (
            "apply_patch",
            {"operation": {"type": "delete_file", "path": "a"}},
            {"operation": {"type": "delete_file", "path": "a"}},
        ),
        ("tool_search", {"query": "q"}, {"arguments": {"query": "q"}, "execution": "client"}),
    ],
)
def test_tools_that_only_openai_has_a_type_for(kind: Any, arguments: Any, expected: Any) -> None:
    block = {"type": "tool_use", "id": "t", "name": kind, "input": {}}
    deltas = [{"type": "input_json_delta", "partial_json": json.dumps(arguments)}]
    names = {kind: ToolName(name=kind, kind=kind)}
    found = written(anthropic_reader(), message_stream((block, deltas), stop="tool_use"), names=names)
    item = found[-1]["response"]["output"][0]
    assert item["type"] == f"{kind}_call"
    assert {name: item[name] for name in expected} == expected
    assert kinds(found)[2:-1] == ["output_item.added", "output_item.done"]


def test_2_9_12_arguments_that_are_cut_off() -> None:
    block = (TOOL[0], TOOL[1][:1])
    found = written(anthropic_reader(), message_stream(block, stop="max_tokens"))
    assert found[-1]["type"] == "response.incomplete"
    assert found[-1]["response"]["incomplete_details"] == {"reason": "max_output_tokens"}
    assert found[-1]["response"]["output"][0]["status"] == "incomplete"
    assert next(event for event in found if event["type"].endswith("arguments.done"))["arguments"] == '{"city": '
    cut = written(anthropic_reader(), message_stream(TEXT, stop="max_tokens"))
    assert cut[-1]["response"]["output"][0]["status"] == "incomplete"


def test_2_9_13_a_provider_that_dies() -> None:
    data = message_stream(TEXT).partition(b"event: content_block_stop")[0]
    found = written(anthropic_reader(), data)
    assert found[-1]["type"] == "response.failed"
    failed = found[-1]["response"]
    assert (failed["status"], failed["error"]["code"]) == ("failed", "server_error")
    assert failed["output"][0]["content"][0]["text"] == "Hello"


def test_2_9_17_a_prompt_that_is_too_long() -> None:
    error = {"type": "invalid_request_error", "message": "prompt is too long: 210000 tokens > 200000 maximum"}
    found = written(anthropic_reader(), sse({"type": "error", "error": error}))
    assert found[-1]["response"]["error"]["code"] == "context_length_exceeded"


def test_2_9_15_interleaved_calls_are_two_items() -> None:
    def chunk(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        return {
            "id": "c",
            "created": 1,
            "model": "x",
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        }

    def call(index: int, **function: str) -> dict[str, Any]:
        return chunk({"tool_calls": [{"index": index, "id": f"c{index}", "type": "function", "function": function}]})

    data = chunks(
        call(0, name="f", arguments='{"a":'),
        call(1, name="g", arguments='{"b":'),
        call(0, arguments="1}"),
        call(1, arguments="2}"),
        chunk({}, "tool_calls"),
        done=True,
    )
    found = written(chat_reader(), data)
    output = found[-1]["response"]["output"]
    assert [(item["name"], item["arguments"]) for item in output] == [("f", '{"a":1}'), ("g", '{"b":2}')]
    indexes = [event["output_index"] for event in found if "output_index" in event]
    assert indexes == sorted(indexes)


def test_gemini_signs_its_reasoning_late() -> None:
    part = {"functionCall": {"id": "c1", "name": "f", "args": {"a": 1}}, "thoughtSignature": "c2ln"}
    data = chunks(
        {"candidates": [{"content": {"parts": [{"text": "Hm.", "thought": True}]}}]},
        {"candidates": [{"content": {"parts": [part]}, "finishReason": "STOP"}]},
    )
    found = written(google_reader(), data, sealer=sealer(ANTHROPIC))
    reasoning, call = found[-1]["response"]["output"]
    native = opened(reasoning["encrypted_content"], CIPHER, ANTHROPIC)
    assert native is not None
    assert native.payload == "c2ln"
    assert call["arguments"] == '{"a":1}'
    plain = written(google_reader(), chunks({"candidates": [{"content": {"parts": [part]}, "finishReason": "STOP"}]}))
    assert [item["type"] for item in plain[-1]["response"]["output"]] == ["function_call"]


def test_a_refusal_is_an_answer() -> None:
    found = written(anthropic_reader(), message_stream(TEXT, stop="refusal"))
    assert found[-1]["type"] == "response.completed"
    assert [part["type"] for part in found[-1]["response"]["output"][0]["content"]] == ["output_text", "refusal"]
    blocked = written(google_reader(), chunks({"promptFeedback": {"blockReason": "SAFETY"}}))
    assert kinds(blocked)[2:-1] == [
        "output_item.added",
        "content_part.added",
        "refusal.delta",
        "refusal.done",
        "content_part.done",
        "output_item.done",
    ]


def test_a_whole_response_is_what_its_stream_ends_with() -> None:
    data = message_stream(THINKING, TEXT, TOOL, stop="tool_use")
    answer = read_whole(anthropic_reader(), data)
    named = writing(sealer=sealer(ANTHROPIC))
    whole = json.loads(response(answer, named))
    Response.model_validate(whole)
    assert whole == written(anthropic_reader(), data, sealer=sealer(ANTHROPIC))[-1]["response"]


def test_the_request_is_echoed() -> None:
    top = {
        "model": encode("alias"),
        "tools": encode([{"type": "custom", "name": "t"}]),
        "text": encode({"verbosity": "low"}),
        "metadata": encode({"a": "b"}),
        "prompt_cache_key": encode("k"),
    }
    found = written(anthropic_reader(), message_stream(TEXT), top=top, store=True)[-1]["response"]
    assert found["tools"] == [{"type": "custom", "name": "t"}]
    assert found["text"] == {"format": {"type": "text"}, "verbosity": "low"}
    assert (found["metadata"], found["prompt_cache_key"], found["store"]) == ({"a": "b"}, "k", True)


def test_what_is_to_be_stored_is_whole_before_the_last_event() -> None:
    source = ClientDeltas(anthropic_reader(), model="m")
    writer = ResponseStream(writing(store=True))
    deltas = [*source.feed(message_stream(TEXT)), *source.end()]
    for delta in deltas[:-1]:
        writer.write(delta)
    stop: Any = deltas[-1]
    assert b"completed" in writer.finish(stop)
    assert writer.output[0]["content"][0]["text"] == "Hello"
    last = events(writer.terminal(stop, stored=False))[-1]["response"]
    assert (last["store"], last["status"], last["output"]) == (False, "completed", writer.output)


def test_signs_of_life_are_numbered() -> None:
    writer = ResponseStream(writing())
    assert writer.in_progress() == b""
    source = ClientDeltas(anthropic_reader(), model="m")
    deltas = [*source.feed(message_stream(TEXT)), *source.end()]
    out = writer.write(deltas[0]) + writer.in_progress() + b"".join(map(writer.write, deltas[1:]))
    assert [event["sequence_number"] for event in events(out)] == list(range(len(events(out))))
    assert writer.in_progress() == b""


def test_a_failure_before_anything_was_said_and_counts() -> None:
    writer = ResponseStream(writing())
    found = events(writer.write(Fail(Failure("status", "Overloaded", status=529))))
    assert kinds(found) == ["created", "in_progress", "failed"]
    assert found[-1]["response"]["error"]["code"] == "server_error"
    assert json.loads(token_count(7)) == {"object": "response.input_tokens", "input_tokens": 7}
