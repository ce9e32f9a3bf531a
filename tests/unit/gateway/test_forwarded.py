"""Streams and answers that are forwarded as they come: what is seen of them, and what is written when they break."""

import json
from datetime import date
from typing import Any

import pytest

from libs.common import catalog
from libs.common.catalog import Terms
from libs.common.contracts.events import TokenClasses
from libs.common.errors import Unavailable
from services.gateway.domain.attempts import Failure
from services.gateway.domain.billed_apart import Extra, parts_receipt, total, units_cost, with_extra
from services.gateway.endpoints.forwarded import ForwardedStream, seen_summary
from services.gateway.endpoints.forwarded_list import ForwardedList
from services.gateway.endpoints.generate.collected import answer_of
from services.gateway.endpoints.messages.collected import message_of
from services.gateway.formats import errors
from services.gateway.formats.surface import ProviderSurface
from services.gateway.providers.anthropic.surface import MESSAGES
from services.gateway.providers.google.surface import GENERATE

NAMING = {"model": "claude-opus-5-5", "request_id": "req_1", "created": 1}
STOPPING = Unavailable("This gateway is being stopped. Send the request again.")


def frame(kind: str, **fields: Any) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), json.dumps({"type": kind, **fields}).encode())


START = frame(
    "message_start",
    message={"id": "m", "type": "message", "role": "assistant", "model": "claude-opus-5-5", "content": []}
    | {"usage": {"input_tokens": 9, "output_tokens": 1}},
)
OPEN = frame("content_block_start", index=0, content_block={"type": "text", "text": ""})
PIECE = frame("content_block_delta", index=0, delta={"type": "text_delta", "text": "Low tide"})
STOP = frame("content_block_stop", index=0)
DELTA = frame("message_delta", delta={"stop_reason": "end_turn", "stop_sequence": None}, usage={"output_tokens": 3})
END = frame("message_stop")
PING = frame("ping")


def stream(form: ProviderSurface = MESSAGES) -> ForwardedStream:
    return ForwardedStream(
        form,
        NAMING,
        failed=lambda problem: errors.anthropic_body(problem, "req_1"),
        events_of=lambda body: b"".join((START, b"whole: ", body)),
    )


def test_nothing_goes_out_until_there_is_more_than_a_sign_of_life() -> None:
    found = stream()
    assert found.feed(START) == found.feed(PING) == b""
    assert not found.started
    assert found.feed(OPEN) == START + PING + OPEN
    assert found.started
    assert found.feed(PIECE) == PIECE


def test_a_provider_that_only_pings_is_shown_to_the_client() -> None:
    found = stream()
    out = b"".join(found.feed(piece) for piece in (START, PING, PING, PING, PING))
    assert out == START + PING * 4
    assert found.started


def test_an_error_after_the_opening_is_a_failure() -> None:
    found = stream()
    found.feed(START)
    with pytest.raises(Failure):
        found.feed(frame("error", error={"type": "overloaded_error", "message": "Busy."}))


def test_nothing_is_written_into_a_frame() -> None:
    found = stream()
    found.feed(START + OPEN + PIECE[:-1])
    assert found.keep_alive() == b""
    assert found.error(STOPPING).startswith(b"\n\n")
    found.feed(PIECE[-1:])
    assert found.keep_alive() == b'event: ping\ndata: {"type":"ping"}\n\n'
    assert not found.error(STOPPING).startswith(b"\n")


def test_a_stream_that_is_cut_is_counted_by_its_words() -> None:
    found = stream()
    found.feed(START + OPEN + PIECE)
    with pytest.raises(Failure, match="broke off"):
        found.end()
    summary = found.summary()
    assert (summary.text, summary.complete) == ("Low tide", False)
    assert summary.usage is not None
    assert (summary.usage.prompt_tokens, summary.usage.completion_tokens) == (9, None)


def test_an_answer_that_comes_whole_instead_of_as_a_stream_passes() -> None:
    whole = message_of(START + OPEN + PIECE + STOP + DELTA + END)
    assert whole is not None
    found = stream()
    assert found.feed(whole) == b""
    assert found.end() == START + b"whole: " + whole
    assert found.done
    assert found.body() == whole
    assert found.summary().complete


def test_a_message_is_put_together() -> None:
    call = {"type": "tool_use", "id": "t", "name": "tide", "input": {}}
    more = (
        frame("content_block_start", index=1, content_block=call)
        + frame("content_block_delta", index=1, delta={"type": "input_json_delta", "partial_json": '{"port": '})
        + frame("content_block_delta", index=1, delta={"type": "input_json_delta", "partial_json": '"T"}'})
        + frame("content_block_stop", index=1)
    )
    found = json.loads(message_of(START + OPEN + PIECE + STOP + more + DELTA + END) or b"")
    assert found["content"] == [{"type": "text", "text": "Low tide"}, {**call, "input": {"port": "T"}}]
    assert found["usage"] == {"input_tokens": 9, "output_tokens": 3}
    assert found["stop_reason"] == "end_turn"
    for broken in (
        START + OPEN + PIECE,
        START + OPEN + frame("content_block_delta", index=0, delta={"type": "unheard_of"}) + END,
        START + frame("error", error={"type": "api_error"}) + END,
        b"data: nonsense\n\n",
    ):
        assert message_of(broken) is None


def test_an_answer_of_geminis_is_put_together() -> None:
    def chunk(*parts: Any, **more: Any) -> dict[str, Any]:
        return {
            "candidates": [{"content": {"role": "model", "parts": list(parts)}, "index": 0, **more}],
            "modelVersion": "g",
        }

    call = {"functionCall": {"name": "tide", "args": {}}, "thoughtSignature": "s"}
    chunks = [
        chunk({"text": "Hm. ", "thought": True}),
        chunk({"text": "Low "}),
        chunk({"text": "tide"}),
        chunk(call, finishReason="STOP"),
    ]
    events = b"".join(b"data: %b\r\n\r\n" % json.dumps(one).encode() for one in chunks)
    whole = answer_of(events, listed=False)
    assert whole == answer_of(json.dumps(chunks).encode(), listed=True)
    candidate = json.loads(whole or b"")["candidates"][0]
    assert candidate["content"]["parts"] == [{"text": "Hm. ", "thought": True}, {"text": "Low tide"}, call]
    assert candidate["finishReason"] == "STOP"
    assert answer_of(events.rpartition(b"data:")[0], listed=False) is None


def test_a_list_is_read_at_its_end() -> None:
    def said() -> ForwardedList:
        return ForwardedList(
            GENERATE, {**NAMING, "model": "g"}, failed=lambda problem: b"!", events_of=lambda body: b"[%b]" % body
        )

    one = {"candidates": [{"content": {"parts": [{"text": "a"}]}}]}
    last = {**one, "candidates": [{"finishReason": "STOP"}], "usageMetadata": {"promptTokenCount": 4}}
    found = said()
    data = json.dumps([one, last]).encode()
    assert found.feed(data[:1]) == b""
    assert found.feed(data[1:9]) == data[:9]
    assert found.feed(data[9:]) == data[9:]
    assert found.end() == b""
    assert found.complete
    single = said()
    assert single.feed(json.dumps(last).encode()) == b""
    assert json.loads(single.end()) == [last]
    broken = said()
    broken.feed(data[:-1])
    with pytest.raises(Failure):
        broken.end()


def test_1_8_17_every_call_of_an_answer_has_its_own_price() -> None:
    usage = {"input_tokens": 5, "output_tokens": 5}
    parts = [
        {"type": "compaction", **usage, "input_tokens": 1000},
        {"type": "message", **usage, "input_tokens": 100},
        {"type": "fallback_message", "model": "claude-haiku-4-5", **usage},
    ]
    body = {
        "id": "m",
        "type": "message",
        "role": "assistant",
        "model": "claude-opus-5-5",
        "content": [{"type": "text", "text": "x"}],
        "stop_reason": "end_turn",
        "usage": {**usage, "iterations": parts},
    }
    data = json.dumps(body).encode()
    assert MESSAGES.seen is not None
    summary = seen_summary(MESSAGES.seen(data), MESSAGES, NAMING, data)
    found = [(model, used.classes()) for model, used in summary.parts]
    assert [model for model, _ in found] == ["claude-opus-5-5", "claude-opus-5-5", "claude-haiku-4-5"]
    assert total(found).input == 1105
    models, day = catalog.load(), date(2026, 11, 28)
    made = parts_receipt(found, models, day, Terms())
    costs = [models.find(name).cost_nano(tokens, day) for name, tokens in found]  # type: ignore[union-attr]
    assert made.actual_nano == made.baseline_nano == sum(cost or 0 for cost in costs) > 0
    unknown = parts_receipt([("nobody", TokenClasses(uncached_input=1))], models, day, Terms())
    assert unknown.actual_nano is None


def test_searches_have_a_price_or_none() -> None:
    assert units_cost("anthropic", {"web_search": 3}, date(2026, 11, 28)) == Extra(nano=30_000_000)
    assert units_cost("openai", {"web_search": 3}, date(2026, 11, 28)) == Extra(nano=None, unpriced=("web_search",))
    assert units_cost("openai", {}, date(2026, 11, 28)) == Extra()
    made = parts_receipt([], catalog.load(), date(2026, 11, 28), Terms())
    assert with_extra(made, Extra(nano=7)).actual_nano == 7
    assert with_extra(made, Extra(nano=None)).actual_nano is None
