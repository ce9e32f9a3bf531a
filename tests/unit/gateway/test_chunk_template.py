"""Chunks that are recognized instead of decoded: the client and the cache get the same either way."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.gateway.domain.attempts import Failure
from services.gateway.translate import openai_stream
from services.gateway.translate.openai_openai import OpenAIChunks
from services.gateway.translate.openai_stream import OpenAIStream
from services.gateway.translate.openai_template import ChunkTemplate, template_of

NAMED = {"id": "chatcmpl-r", "created": 5, "model": "gpt-4o"}
HEAD = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o"}
# Texts as JSON: plain, escaped, beyond ASCII, halves of a character, and what is no JSON at all.
TEXTS = [
    *(b" word", b"", b'\\"', b"\\\\", b"\\n", b"\\u00e9", "é😀".encode(), b"\\ud83d", b"\\ude00", b"\\ud83d\\ude00"),
    *(b"\xff", b"\x01", b'a","x":"b', b',\\"usage\\":null', b"\\x", b"\\u12", b'\\"content\\":\\"'),
]


def chunk(delta: str, tail: str = "") -> str:
    head = json.dumps(HEAD, separators=(",", ":"))[:-1]
    return f'data: {head},"choices":[{{"index":0,"delta":{{{delta}}},"logprobs":null,"finish_reason":null}}]{tail}}}'


SHAPES = [
    chunk('"content":"%b"'),
    chunk('"role":"assistant","content":"%b"'),
    chunk('"reasoning_content":"%b","content":null'),
    chunk('"content":"%b"', ',"usage":null'),
    chunk('"content":"%b"', ',"usage":null,"obfuscation":"xyz"'),
    chunk('"content":"%b"', ',"obfuscation":"x"'),
    chunk('"content":"%b","reasoning":"hm"'),
    chunk('"content":"%b"').replace('"index":0', '"index":1'),
    chunk('"content":"%b"').replace('"logprobs":null', '"logprobs":{"content":[{"token":"a"}]}'),
    chunk('"content":"%b"').replace('"finish_reason":null', '"finish_reason":"stop"'),
    chunk('"content":"%b"').replace('"id":"chatcmpl-1",', ""),
    'data: {"choices":[{"delta":{"content":"%b"}}]}',
    ": %b",
    'data: {"error":{"message":"%b"}}',
    'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}',
    "data: [DONE]",
]
CALLS = [
    chunk('"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"f","arguments":"%b"}}]'),
    chunk('"tool_calls":[{"index":0,"function":{"arguments":"%b"}}]'),
    chunk('"tool_calls":[{"index":0,"function":{"arguments":"%b"}}]', ',"usage":null'),
    chunk('"tool_calls":[{"index":1,"function":{"arguments":"%b"}}]'),
    chunk('"tool_calls":[{"index":1,"id":"call_2","function":{"name":"g","arguments":"%b"}}]'),
    chunk('"tool_calls":[{"index":0,"function":{"name":"%b","arguments":"{}"}}]'),
    chunk('"content":null,"tool_calls":[{"index":0,"function":{"arguments":"%b"}}]'),
    chunk('"tool_calls":[{"function":{"arguments":"%b"}}]'),
    chunk('"tool_calls":[{"index":0,"function":{"arguments":"%b"}},{"index":1,"function":{"arguments":"%b"}}]'),
]
LIKELY = [*SHAPES[:6], *SHAPES[:6], *SHAPES[:6], *SHAPES, *CALLS, *CALLS[:3], *CALLS[:3]]

events = st.tuples(st.sampled_from(LIKELY), st.sampled_from(TEXTS), st.sampled_from([b"\n\n", b"\n\n", b"\r\n\r\n"]))


def written(shape: str, text: bytes, ending: bytes) -> bytes:
    return shape.encode().replace(b"%b", text) + ending


def cut(data: bytes, at: list[int]) -> list[bytes]:
    places = sorted({0, len(data), *(place % (len(data) + 1) for place in at)})
    return [data[a:b] for a, b in zip(places, places[1:], strict=False)]


def relayed(pieces: list[bytes], *, wants_usage: bool, legacy: bool = False) -> dict[str, Any]:
    relay = OpenAIStream(OpenAIChunks(), wants_usage=wants_usage, otherwise=NAMED, legacy=legacy)
    out, failed = [], ""
    try:
        for piece in pieces:
            out.append(relay.feed(piece))
        out.append(relay.end())
        relay.check()
    except Failure as failure:
        failed = f"{failure.kind} {failure.message}"
    return {
        "out": b"".join(out),
        "failed": failed,
        "ending": relay.ending(b"{}"),
        "answer": relay.answer(),
        "state": (relay.said, relay.spoke, relay.storable, relay.complete, relay.done, relay.model, relay.usage),
    }


@settings(max_examples=400, deadline=None)
@given(made=st.lists(events, max_size=12), at=st.lists(st.integers(0, 100_000), max_size=12), flags=st.integers(0, 3))
def test_a_recognized_chunk_is_treated_as_a_decoded_one(
    made: list[tuple[str, bytes, bytes]], at: list[int], flags: int
) -> None:
    options = {"wants_usage": bool(flags & 1), "legacy": flags == 3}
    data = b"".join(written(*one) for one in made)
    recognized = relayed(cut(data, at), **options)
    before, openai_stream._MAX_TEMPLATES = openai_stream._MAX_TEMPLATES, 0
    try:
        decoded = relayed(cut(data, at), **options)
    finally:
        openai_stream._MAX_TEMPLATES = before
    assert recognized == decoded


def template(data: bytes, *, wants_usage: bool = False) -> ChunkTemplate:
    found = template_of(data, json.loads(data), wants_usage=wants_usage)
    assert found is not None
    return found


def payload(shape: str, text: bytes) -> bytes:
    return written(shape, text, b"").removeprefix(b"data: ")


@pytest.mark.parametrize("text", TEXTS[:6])
def test_the_text_of_an_ordinary_chunk(text: bytes) -> None:
    made = template(payload(SHAPES[4], b"Hello"))
    found = payload(SHAPES[4], text)
    assert made.text_of(found) == text
    assert made.output(found, text) == found.replace(b',"usage":null', b"")


@pytest.mark.parametrize("text", [b"\\ud83d", b"\xff", b"\x01", b'a","x":"b', b"\\x", b"a" * (65 << 10)])
def test_a_chunk_that_has_to_be_decoded(text: bytes) -> None:
    assert template(payload(SHAPES[0], b"Hello")).text_of(payload(SHAPES[0], text)) is None


def test_a_stream_is_decoded_a_few_times_only(monkeypatch: pytest.MonkeyPatch) -> None:
    relay = OpenAIStream(OpenAIChunks(), wants_usage=False, otherwise=NAMED)
    read = relay._reader.read
    decoded: list[bytes] = []

    def counted(data: bytes) -> Any:
        decoded.append(data)
        return read(data)

    monkeypatch.setattr(relay._reader, "read", counted)
    data = b"".join(
        [
            written(SHAPES[1], b"", b"\n\n"),
            *(written(SHAPES[0], b" word", b"\n\n") for _ in range(300)),
            written(SHAPES[9], b"", b"\n\n"),
        ]
    )
    out = b"".join(relay.feed(data[at : at + 1000]) for at in range(0, len(data), 1000))
    assert len(decoded) < 10
    assert out.count(b" word") == 300
    assert relay.text == " word" * 300


def test_the_arguments_of_a_call_are_not_decoded_one_by_one() -> None:
    relay = OpenAIStream(OpenAIChunks(), wants_usage=False, otherwise=NAMED)
    relay.feed(written(CALLS[0], b"", b"\n\n") + written(CALLS[1], b"{", b"\n\n"))
    piece = written(CALLS[1], b'\\"a\\":', b"\n\n") + written(CALLS[1], b"1}", b"\n\n")
    assert relay.feed(piece) is piece
    (call,) = relay.answer()["choices"][0]["message"]["tool_calls"]
    assert call["function"] == {"name": "f", "arguments": '{"a":1}'}


def test_a_piece_that_holds_ordinary_chunks_alone_goes_on_as_the_object_that_came() -> None:
    relay = OpenAIStream(OpenAIChunks(), wants_usage=False, otherwise=NAMED)
    for _ in range(2):
        relay.feed(written(SHAPES[0], b"a", b"\n\n"))
    piece = written(SHAPES[0], b"b", b"\n\n") + written(SHAPES[0], b"c", b"\n\n")
    assert relay.feed(piece) is piece


def test_half_an_event_is_held_no_longer_than_its_other_half_takes() -> None:
    relay = OpenAIStream(OpenAIChunks(), wants_usage=False, otherwise=NAMED)
    for _ in range(2):
        relay.feed(written(SHAPES[0], b"a", b"\n\n"))
    event = written(SHAPES[0], b"b", b"\r\n\r\n")
    assert b'"b"' in relay.feed(event)
    event = written(SHAPES[0], b"c", b"\n\n")
    assert relay.feed(event[:40]) == b""
    assert relay.feed(event[40:]) == event
