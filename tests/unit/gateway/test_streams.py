"""Streams: however the network cuts them, the same text, tools and ending come out."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.domain.attempts import Failure
from services.gateway.translate.openai_openai import OpenAIChunks, with_metadata
from services.gateway.translate.openai_replay import replay
from services.gateway.translate.openai_stream import OpenAIStream
from services.gateway.translate.openai_usage import usage_of
from services.gateway.translate.sse import DONE, SseParser, event
from tests.fake_provider import wire

CALLS = [
    {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"city": "Malmö"}'}},
    {"id": "call_2", "type": "function", "function": {"name": "g", "arguments": "{}"}},
]
USED = wire.usage(12, 7, 3)


def stream(content: str | None, calls: list[dict[str, Any]] | None = None, *, usage: bool = True) -> bytes:
    finish = "tool_calls" if calls else "stop"
    found = wire.chunks(
        "chatcmpl-1", 1700000000, "gpt-4o", content, calls, finish, USED if usage else None, include_usage=usage
    )
    return b"".join(event(chunk) for chunk in found) + DONE


def cut(data: bytes, at: list[int]) -> list[bytes]:
    places = sorted({0, len(data), *(place % (len(data) + 1) for place in at)})
    return [data[a:b] for a, b in zip(places, places[1:], strict=False)]


@given(
    payloads=st.lists(
        st.binary(min_size=1).map(lambda b: b.replace(b"\n", b"").replace(b"\r", b"") or b"x"), max_size=8
    ),
    ending=st.sampled_from([b"\n", b"\r\n", b"\r"]),
    at=st.lists(st.integers(0, 10_000), max_size=30),
    space=st.booleans(),
)
def test_events_survive_any_cut_and_line_ending(
    payloads: list[bytes], ending: bytes, at: list[int], space: bool
) -> None:
    prefix = b"data: " if space else b"data:"
    payloads = [p.lstrip(b" ") or b"x" for p in payloads]
    data = b": hello" + ending + b"".join(prefix + p + ending + b": ping" + ending + ending for p in payloads)
    parser = SseParser()
    found = [payload for piece in cut(data + b"\n", at) for payload in parser.feed(piece)]
    assert found == payloads


@given(text=st.text(min_size=1, max_size=200), at=st.lists(st.integers(0, 100_000), max_size=40), asked=st.booleans())
def test_a_stream_is_the_same_however_it_is_cut(text: str, at: list[int], asked: bool) -> None:
    relay = OpenAIStream(OpenAIChunks(), wants_usage=asked)
    text = text.encode("utf-8", "replace").decode()
    out = b"".join(relay.feed(piece) for piece in cut(stream(text), at)) + relay.ending(b'{"x":1}')
    assert relay.complete
    assert relay.text == text
    assert relay.usage is not None
    sent = [json.loads(p) for p in SseParser().feed(out) if p != b"[DONE]"]
    assert out.endswith(DONE)
    assert "".join(c["delta"].get("content") or "" for chunk in sent for c in chunk["choices"]) == text
    assert [chunk.get("promptly_metadata") for chunk in sent] == [None] * (len(sent) - 1) + [{"x": 1}]
    assert sum(not chunk["choices"] for chunk in sent) == (1 if asked else 0)
    assert any("usage" in chunk for chunk in sent) == asked


def test_nothing_goes_out_before_the_first_content() -> None:
    relay = OpenAIStream(OpenAIChunks(), wants_usage=False)
    pieces = SseParser().feed(stream("Hello there"))
    assert relay.feed(event(pieces[0])) == b""
    assert not relay.started
    first = relay.feed(event(pieces[1]))
    assert first.count(b"data: ") == 2


def test_tool_calls_are_put_together_for_the_cache() -> None:
    relay = OpenAIStream(OpenAIChunks(), wants_usage=True)
    relay.feed(stream(None, CALLS))
    answer = relay.answer()
    assert answer["choices"][0]["message"]["tool_calls"] == CALLS
    assert answer["choices"][0]["finish_reason"] == "tool_calls"
    assert answer["usage"] == USED


@given(text=st.text(max_size=100), asked=st.booleans(), tools=st.booleans())
def test_a_replayed_answer_reads_like_the_first_one(text: str, asked: bool, tools: bool) -> None:
    text = text.encode("utf-8", "replace").decode()
    relay = OpenAIStream(OpenAIChunks(), wants_usage=asked)
    relay.feed(stream(text, CALLS if tools else None))
    answer = relay.answer()
    again = OpenAIStream(OpenAIChunks(), wants_usage=asked)
    again.feed(replay(answer, answer["usage"], b"{}", wants_usage=asked))
    repeated = again.answer()
    assert repeated["choices"] == answer["choices"]
    assert (again.usage is not None) == asked


def test_an_error_in_the_stream_is_an_error() -> None:
    relay = OpenAIStream(OpenAIChunks(), wants_usage=False)
    with pytest.raises(Failure):
        relay.feed(event(b'{"error": {"message": "overloaded"}}'))
    with pytest.raises(Failure):
        OpenAIStream(OpenAIChunks(), wants_usage=False).feed(event(b"<html>"))


def test_a_stream_without_its_end_is_not_complete() -> None:
    relay = OpenAIStream(OpenAIChunks(), wants_usage=False)
    whole = stream("half of it")
    relay.feed(whole[: whole.index(b'"finish_reason":"stop"')])
    assert relay.text == "half of it"
    assert not relay.complete


def test_a_server_that_says_usage_and_no_done_is_complete_all_the_same() -> None:
    relay = OpenAIStream(OpenAIChunks(), wants_usage=False)
    relay.feed(stream("all of it").removesuffix(DONE))
    assert relay.done
    assert relay.complete


def test_two_choices_are_complete_when_both_are() -> None:
    relay = OpenAIStream(OpenAIChunks(), wants_usage=False)
    for index, finish in ((0, None), (1, None), (0, "stop")):
        choice = {"index": index, "delta": {"content": "x"}, "finish_reason": finish}
        relay.feed(event(json.dumps({"choices": [choice]}).encode()))
    assert not relay.complete
    relay.feed(event(b'{"choices":[{"index":1,"delta":{},"finish_reason":"stop"}]}'))
    assert relay.complete


@pytest.mark.parametrize(
    "chunk",
    [
        {"choices": [{"index": 0, "delta": None}]},
        {"id": None, "created": 1.5, "model": None, "choices": [], "usage": {}},
        {"choices": [{"delta": {"tool_calls": [{"index": None, "id": "c", "function": None}]}}]},
        {"choices": None, "x": 1},
    ],
)
def test_what_other_servers_leave_out_or_vary_is_taken(chunk: dict[str, Any]) -> None:
    OpenAIStream(OpenAIChunks(), wants_usage=False).feed(event(json.dumps(chunk).encode()))


def test_calls_that_share_an_index_stay_apart() -> None:
    relay = OpenAIStream(OpenAIChunks(), wants_usage=False)
    for name in ("f", "g"):
        call = {"index": 0, "id": f"call_{name}", "function": {"name": name, "arguments": "{}"}}
        relay.feed(event(json.dumps({"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]}).encode()))
    made = relay.answer()["choices"][0]["message"]["tool_calls"]
    assert [(call["id"], call["function"]["name"]) for call in made] == [("call_f", "f"), ("call_g", "g")]


@pytest.mark.parametrize("extra", [{"reasoning": "hm", "reasoning_details": [{"text": "hm"}]}, {"audio": {"id": "a"}}])
def test_what_a_stored_answer_cannot_hold_goes_out_at_once_and_is_not_stored(extra: dict[str, Any]) -> None:
    relay = OpenAIStream(OpenAIChunks(), wants_usage=False)
    assert relay.feed(event(json.dumps({"choices": [{"index": 0, "delta": extra}]}).encode()))
    assert not relay.storable


def test_bytes_that_are_no_text_cost_a_character_and_the_place_in_the_cache() -> None:
    relay = OpenAIStream(OpenAIChunks(), wants_usage=False)
    relay.feed(event(b'{"choices":[{"delta":{"content":"a\xff"}}]}'))
    assert relay.text == "a\ufffd"
    assert not relay.storable


@pytest.mark.parametrize("answer", [b'{"a": 1}', b'{\n  "a": 1\n}\n', b"{}"])
def test_metadata_is_spliced_in_and_the_rest_stays(answer: bytes) -> None:
    found = json.loads(with_metadata(answer, b'{"saved":2}'))
    assert found == {**json.loads(answer), "promptly_metadata": {"saved": 2}}


def test_usage_is_split_into_classes_that_do_not_overlap() -> None:
    usage = json.dumps(
        {
            "prompt_tokens": 100,
            "completion_tokens": 50,
            "prompt_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 10},
            "completion_tokens_details": {"reasoning_tokens": 30},
        }
    )
    read = usage_of(usage.encode())
    assert read is not None
    classes = read.classes()
    assert (classes.uncached_input, classes.cache_read, classes.cache_write_5m) == (30, 60, 10)
    assert (classes.output_text, classes.output_reasoning) == (20, 30)
    assert (classes.input, classes.output) == (100, 50)
