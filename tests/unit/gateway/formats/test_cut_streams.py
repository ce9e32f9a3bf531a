"""Streams that are cut anywhere, that break off, and that are only looked at."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from services.gateway.endpoints.messages.answer import MessageStream, MessageWriting
from services.gateway.formats.blocks import Usage
from services.gateway.formats.deltas import Delta, Fail, StreamReader, begun
from services.gateway.formats.filters import ClientDeltas
from services.gateway.providers.anthropic.peek import peek as anthropic_peek
from services.gateway.providers.google.peek import peek as google_peek
from services.gateway.providers.openai.peek import peek as openai_peek
from tests.unit.gateway.formats.streams import (
    REASONED,
    TEXT,
    THINKING,
    TOOL,
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
    sse,
)

STREAMS: dict[str, tuple[Callable[[], StreamReader], bytes]] = {
    "anthropic": (anthropic_reader, message_stream(THINKING, TEXT, TOOL, stop="tool_use")),
    "openai": (openai_reader, response_stream(*REASONED, *said(1, "Grüße 😀"), *called(2, "c", '{"a":"ü"}'))),
    "google": (
        google_reader,
        chunks(
            {"candidates": [{"content": {"parts": [{"text": "ü", "thought": True, "thoughtSignature": "c2ln"}]}}]},
            {"candidates": [{"content": {"parts": [{"text": "😀"}]}, "finishReason": "STOP"}]},
        ),
    ),
    "chat": (
        chat_reader,
        chunks(
            {"choices": [{"index": 0, "delta": {"role": "assistant", "content": "ü"}}]},
            {"choices": [{"index": 0, "delta": {"content": "😀"}, "finish_reason": "stop"}]},
            done=True,
        ),
    ),
}


@given(st.sampled_from(sorted(STREAMS)), st.lists(st.integers(0, 4000), max_size=12))
def test_bytes_may_be_cut_anywhere(name: str, places: list[int]) -> None:
    make, data = STREAMS[name]
    whole, cut = make(), make()
    expected: list[Delta] = [*whole.feed(data), *whole.end()]
    found: list[Delta] = []
    begin = 0
    for place in sorted({min(place, len(data)) for place in places} | {len(data)}):
        found += cut.feed(data[begin:place])
        begin = place
    assert [*found, *cut.end()] == expected


@given(st.sampled_from(sorted(STREAMS)), st.integers(0, 4000))
def test_a_stream_that_breaks_off_ends_in_a_failure(name: str, place: int) -> None:
    make, data = STREAMS[name]
    reader = make()
    deltas = [*reader.feed(data[: place % len(data)]), *reader.end()]
    assert deltas
    assert not any(isinstance(delta, Fail) for delta in deltas[:-1])
    writer = MessageStream(MessageWriting(message_id="m"))
    found = events(b"".join(map(writer.write, ClientDeltas(_Given(deltas), model="m").feed(b""))))
    assert found[-1]["type"] in ("error", "message_stop")


class _Given:
    """A reader of what was read already."""

    def __init__(self, deltas: list[Delta]) -> None:
        self._deltas = deltas

    def feed(self, piece: bytes) -> list[Delta]:
        return self._deltas

    def end(self) -> list[Delta]:
        return []


@given(st.integers(1, 97))
def test_peeking_finds_what_reading_finds(size: int) -> None:
    anthropic_data = STREAMS["anthropic"][1].replace(b"\n", b"\r\n")
    seen = anthropic_peek()
    for begin in range(0, len(anthropic_data), size):
        seen.feed(anthropic_data[begin : begin + size])
    assert seen.seen.usage == Usage(uncached=20, cache_read=100, cache_write_5m=5, output=30)
    assert (seen.seen.stop, seen.seen.call_ids, seen.seen.done) == ("tool_use", ["toolu_1"], True)
    responses = openai_peek()
    data = STREAMS["openai"][1]
    for begin in range(0, len(data), size):
        responses.feed(data[begin : begin + size])
    assert responses.seen.usage == Usage(uncached=30, cache_read=60, cache_write_5m=10, output=20, reasoning=5)
    assert (responses.seen.answer_id, responses.seen.call_ids, responses.seen.stop) == ("resp_1", ["c"], "tool_use")
    gemini = google_peek()
    gemini.feed(STREAMS["google"][1])
    assert (gemini.seen.stop, gemini.seen.done) == ("end", True)


def test_1_8_13_a_whole_stream_in_single_bytes_is_seen_once() -> None:
    seen = anthropic_peek()
    data = sse({"type": "ping"}, {"type": "message_start", "message": {"id": "m", "usage": {"input_tokens": 4}}})
    for at in range(len(data)):
        seen.feed(data[at : at + 1])
    assert seen.seen.usage == Usage(uncached=4)


def test_1_8_14_what_only_shows_that_a_provider_is_there_leaves_room_for_another() -> None:
    overloaded = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    seen = anthropic_peek()
    seen.feed(sse({"type": "message_start", "message": {"id": "m"}}, {"type": "ping"}, overloaded))
    assert not seen.seen.begun
    assert seen.seen.failure is not None
    seen.feed(sse({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}))
    assert seen.seen.begun
    responses = openai_peek()
    responses.feed(sse({"type": "response.created", "response": {}}, {"type": "response.in_progress", "response": {}}))
    responses.feed(b": comment\n\n")
    assert not responses.seen.begun
    responses.feed(sse({"type": "response.output_item.added", "item": {}}))
    assert responses.seen.begun
    gemini = google_peek()
    gemini.feed(chunks({"error": {"code": 503, "message": "x", "status": "UNAVAILABLE"}}))
    assert not gemini.seen.begun
    gemini.feed(chunks({"candidates": [{"content": {"parts": [{"text": "a"}]}}]}))
    assert gemini.seen.begun
    reader = anthropic_reader()
    assert not begun(reader.feed(sse({"type": "message_start", "message": {"id": "m"}}, {"type": "ping"})))
    assert begun(reader.feed(message_stream(TEXT)))
