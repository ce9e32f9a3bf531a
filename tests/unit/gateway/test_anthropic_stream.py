"""Streams: Anthropic's events, as the SDK's models write them, against the chunks that OpenAI's SDK reads."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import pytest
from openai.types.chat import ChatCompletionChunk

from services.gateway.domain.attempts import Failure
from services.gateway.providers.anthropic.chat import ANTHROPIC
from services.gateway.translate.dialect import Chunks, Kept
from services.gateway.translate.sse import MAX_EVENT
from tests.unit.gateway.anthropic_wire import EVENT, block, finish, on_the_wire, start

MODEL = "claude-sonnet-5"
TEXT = {"type": "text", "text": ""}
THINKING = {"type": "thinking", "thinking": "", "signature": ""}
HIDDEN = {"type": "redacted_thinking", "data": "eA=="}


def use(name: str, **given: Any) -> dict[str, Any]:
    return {"type": "tool_use", "id": name, "name": "f", "input": given}


def spoken(text: str) -> dict[str, str]:
    return {"type": "text_delta", "text": text}


def argued(part: str) -> dict[str, str]:
    return {"type": "input_json_delta", "partial_json": part}


def thought(text: str) -> dict[str, str]:
    return {"type": "thinking_delta", "thinking": text}


def signed(part: str) -> dict[str, str]:
    return {"type": "signature_delta", "signature": part}


def reader() -> Chunks:
    return ANTHROPIC.chunks(model=MODEL, request_id="r1", created=1700000000)


def chunks(events: Sequence[EVENT | Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A whole stream's chunks, once OpenAI's SDK has been able to read them."""
    stream = reader()
    sent = stream.feed(on_the_wire(events))
    assert stream.end() == []
    assert sent[-1] == b"[DONE]"
    for chunk in sent[:-1]:
        ChatCompletionChunk.model_validate_json(chunk)
    return [msgspec.json.decode(chunk) for chunk in sent[:-1]]


def deltas(events: Sequence[EVENT | Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The deltas between the role and the end."""
    found = [chunk["choices"][0]["delta"] for chunk in chunks(events) if chunk["choices"]]
    assert found[0] == {"role": "assistant", "content": ""}
    assert found[-1] == {}
    return found[1:-1]


def test_a_plain_stream() -> None:
    found = chunks([start(), *block(0, TEXT, spoken("He"), spoken("y 👋")), *finish("end_turn")])
    head = {"id": "chatcmpl-01AbC", "object": "chat.completion.chunk", "created": 1700000000, "model": MODEL}

    def choice(delta: dict[str, Any], **end: Any) -> dict[str, Any]:
        return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": None, **end}

    assert found == [
        {**head, "choices": [choice({"role": "assistant", "content": ""})]},
        {**head, "choices": [choice({"content": "He"})]},
        {**head, "choices": [choice({"content": "y 👋"})]},
        {**head, "choices": [choice({}, finish_reason="stop", native_finish_reason="end_turn")]},
        {
            **head,
            "choices": [],
            "usage": {
                "prompt_tokens": 25,
                "completion_tokens": 12,
                "total_tokens": 37,
                "prompt_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0, "cache_write_1h_tokens": 0},
                "completion_tokens_details": {"reasoning_tokens": 0},
            },
        },
    ]


def test_parallel_calls_are_counted_from_nought_and_one_without_arguments_has_an_empty_object() -> None:
    found = deltas(
        [
            start(),
            *block(0, TEXT, spoken("Let me see.")),
            *block(1, use("toolu_1"), argued(""), argued('{"q"'), argued(": 1}")),
            *block(2, use("toolu_2"), argued("")),
            *block(3, use("toolu_3", whole=True)),
            *finish("tool_use"),
        ]
    )

    def began(index: int) -> dict[str, Any]:
        function = {"name": "f", "arguments": ""}
        return {"tool_calls": [{"index": index, "id": f"toolu_{index + 1}", "type": "function", "function": function}]}

    def went_on(index: int, part: str) -> dict[str, Any]:
        return {"tool_calls": [{"index": index, "function": {"arguments": part}}]}

    assert found == [
        {"content": "Let me see."},
        began(0),
        *(went_on(0, '{"q"'), went_on(0, ": 1}")),
        *(began(1), went_on(1, "{}")),
        *(began(2), went_on(2, '{"whole":true}')),
    ]


def test_thinking_is_told_kept_and_given_back_whole() -> None:
    stream = reader()
    events = [
        start(),
        *block(0, THINKING, thought("Hm"), thought(", so."), signed("c2"), signed("ln")),
        *block(1, HIDDEN),
        *block(2, use("toolu_1")),
        *block(3, THINKING, signed("eA==")),
        *block(4, use("toolu_2")),
        *finish("tool_use"),
    ]
    first = {"type": "thinking", "thinking": "Hm, so.", "signature": "c2ln"}
    last = {"type": "thinking", "thinking": "", "signature": "eA=="}
    found = deltas(events)
    assert found[:4] == [
        {"reasoning_content": "Hm"},
        {"reasoning_content": ", so."},
        {"thinking_blocks": [{"index": 0, **first}]},
        {"thinking_blocks": [{"index": 1, **HIDDEN}]},
    ]
    stream.feed(on_the_wire(events))
    kept = Kept(served_model=MODEL, blocks=[first, HIDDEN, last])
    assert stream.kept == {"toolu_1": kept, "toolu_2": kept}


def test_counts_are_running_totals() -> None:
    cache = {"cache_read_input_tokens": 7, "cache_creation_input_tokens": 5}
    by_age = {"cache_creation": {"ephemeral_5m_input_tokens": 2, "ephemeral_1h_input_tokens": 3}}
    middle = {"type": "message_delta", "delta": {}, "usage": {"output_tokens": 4}}
    thinking = {"output_tokens_details": {"thinking_tokens": 6}}
    ending = finish("end_turn", output=9, input_tokens=25, **cache, **thinking)
    usage = chunks([start(**cache, **by_age), *block(0, TEXT, spoken("a")), middle, *ending])[-1]["usage"]
    assert (usage["prompt_tokens"], usage["completion_tokens"], usage["total_tokens"]) == (37, 9, 46)
    assert usage["prompt_tokens_details"] == {"cached_tokens": 7, "cache_write_tokens": 5, "cache_write_1h_tokens": 3}
    assert usage["completion_tokens_details"] == {"reasoning_tokens": 6}


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("pause_turn", "length"),
        ("model_context_window_exceeded", "length"),
        ("refusal", "content_filter"),
    ],
)
def test_endings(reason: str, expected: str) -> None:
    choice = chunks([start(), *block(0, TEXT, spoken("a")), *finish(reason)])[-2]["choices"][0]
    assert (choice["finish_reason"], choice["native_finish_reason"]) == (expected, reason)


def test_a_refusal_says_why() -> None:
    details = {"type": "refusal", "category": "cyber", "explanation": "No."}
    assert deltas([start(), *finish("refusal", details=details)]) == [{"refusal": "No."}]


def test_what_is_new_is_passed_over() -> None:
    news: list[EVENT | Mapping[str, Any]] = [
        {"type": "ping"},
        {"type": "message_annotated", "message": 3, "delta": "x", "index": "y"},
        {"type": "content_block_start", "index": 1, "content_block": {"type": "hologram", "text": "?"}},
        {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "?"}},
        {"type": "content_block_delta", "index": 1, "delta": {"type": "thinking_delta", "thinking": "?"}},
        {"type": "content_block_delta", "index": 1, "delta": {"type": "hologram_delta", "light": []}},
        {"type": "content_block_stop", "index": 1},
    ]
    opened, *rest = block(0, {"type": "text", "text": "al"}, spoken("so"))
    assert deltas([start(), *news, opened, {"type": "ping"}, *rest, *news, *finish("end_turn")]) == [
        {"content": "al"},
        {"content": "so"},
    ]


def test_nothing_comes_after_the_end() -> None:
    stream = reader()
    stream.feed(on_the_wire([start(), *finish("end_turn")]))
    assert stream.feed(on_the_wire([start(), {"type": "error", "error": {}}])) == []


def test_usage_that_never_came_is_not_made_up() -> None:
    stream = reader()
    sent = stream.feed(on_the_wire([{"type": "message_start", "message": {}}, {"type": "message_stop"}]))
    assert [msgspec.json.decode(chunk).get("usage") for chunk in sent[:-1]] == [None, None]
    assert b'"id":"chatcmpl-r1"' in sent[0]


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("overloaded_error", 529, "overloaded"),
        ("rate_limit_error", 429, "rate_limit_exceeded"),
        ("api_error", 500, "api_error"),
        ("timeout_error", 504, "timeout_error"),
        ("billing_error", 402, "insufficient_quota"),
        ("of_tomorrow", 500, "of_tomorrow"),
    ],
)
def test_an_error_in_the_middle(kind: str, status: int, code: str) -> None:
    stream = reader()
    stream.feed(on_the_wire([start(), *block(0, TEXT, spoken("a"))]))
    with pytest.raises(Failure) as caught:
        stream.feed(on_the_wire([{"type": "error", "error": {"type": kind, "message": "sk-ant-x: no."}}]))
    found = caught.value
    assert (found.kind, found.status, found.code, found.message) == ("status", status, code, "[redacted]: no.")


@pytest.mark.parametrize(
    "data",
    [
        b"data: <html>\n\n",
        b"data: []\n\n",
        on_the_wire([{"type": "message_stop"}]),
        on_the_wire([start(), {"type": "content_block_start", "index": 0, "content_block": {"type": "tool_use"}}]),
        b"data: " + b"x" * MAX_EVENT,
    ],
)
def test_what_is_no_stream_is_malformed(data: bytes) -> None:
    with pytest.raises(Failure) as caught:
        stream = reader()
        stream.feed(data)
        stream.feed(b"")
    assert caught.value.kind == "malformed"


@pytest.mark.parametrize(
    "opening",
    [
        [{"type": "message_start"}, *block(0, TEXT, spoken("a"))],
        block(0, TEXT, spoken("a")),
        [start(), {"type": "content_block_delta", "index": 5, "delta": spoken("a")}],
        [start(), {"type": "content_block_delta", "delta": spoken("a")}],
        [start(), {"type": "content_block_start", "content_block": {"type": "thinking"}}, *block(7, TEXT, spoken("a"))],
    ],
)
def test_what_a_server_leaves_out_costs_no_answer(opening: list[Mapping[str, Any]]) -> None:
    stream = reader()
    out = [*stream.feed(on_the_wire(opening)), *stream.feed(on_the_wire(finish("end_turn"))), *stream.end()]
    texts = [msgspec.json.decode(chunk)["choices"][0]["delta"].get("content") for chunk in out if b'"delta"' in chunk]
    assert "".join(filter(None, texts)) == "a"
    assert out[-1] == b"[DONE]"


def test_a_stream_that_stops_short_is_not_an_answer() -> None:
    whole = on_the_wire([start(), *block(0, TEXT, spoken("a")), *finish("end_turn")])
    # From here on it has said why it ended: that it did is missing at most.
    for length in range(whole.index(b"event: message_delta")):
        stream = reader()
        stream.feed(whole[:length])
        with pytest.raises(Failure) as caught:
            stream.end()
        assert caught.value.kind == "truncated"
