"""Answers: each stop reason, every class of token, and what an error means, as the SDK's own models send them."""

from typing import Any

import msgspec
import pytest
from anthropic import types as sdk
from openai.types.chat import ChatCompletion

from services.gateway.domain.attempts import Failure
from services.gateway.providers.anthropic.chat import ANTHROPIC
from services.gateway.translate.dialect import Kept, Whole

THOUGHT = {"type": "thinking", "thinking": "Hm, so.", "signature": "c2ln"}
EMPTY = {"type": "thinking", "thinking": "", "signature": "c2ln"}
HIDDEN = {"type": "redacted_thinking", "data": "eA=="}
TEXT = {"type": "text", "text": "Hi "}
USE = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"b": [1, 2.5], "a": "å"}}
NO_INPUT = {"type": "tool_use", "id": "toolu_2", "name": "g", "input": {}}


def message(*content: dict[str, Any], reason: str = "end_turn", **more: Any) -> bytes:
    """A message as the SDK reads and writes it."""
    usage = more.pop("usage", {"input_tokens": 10, "output_tokens": 5})
    whole = {"id": "msg_01X", "type": "message", "role": "assistant", "model": "claude-opus-5-5", "stop_sequence": None}
    found = sdk.Message.model_validate(
        {**whole, "content": list(content), "stop_reason": reason, "usage": usage, **more}, strict=False
    )
    return found.model_dump_json().encode()


def read(data: bytes) -> Whole:
    return ANTHROPIC.answer(data, model="claude-opus-5-5", request_id="r1", created=1700000000)


def said(data: bytes) -> dict[str, Any]:
    """The completion, once OpenAI's SDK has been able to read it."""
    whole = read(data)
    ChatCompletion.model_validate_json(whole.body)
    found: dict[str, Any] = msgspec.json.decode(whole.body)
    return found


def test_a_plain_answer() -> None:
    assert said(message(TEXT, {"type": "text", "text": "there"})) == {
        "id": "chatcmpl-01X",
        "object": "chat.completion",
        "created": 1700000000,
        "model": "claude-opus-5-5",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Hi there", "refusal": None},
                "logprobs": None,
                "finish_reason": "stop",
                "native_finish_reason": "end_turn",
            }
        ],
        "usage": {
            "prompt_tokens": 10,
            "completion_tokens": 5,
            "total_tokens": 15,
            "prompt_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0, "cache_write_1h_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0},
        },
    }


def test_blocks_are_told_by_type_and_thinking_is_kept_with_each_call() -> None:
    data = message(EMPTY, HIDDEN, THOUGHT, TEXT, USE, NO_INPUT, reason="tool_use")
    choice = said(data)["choices"][0]
    assert choice["message"]["content"] == "Hi "
    assert choice["message"]["reasoning_content"] == "Hm, so."
    assert choice["message"]["thinking_blocks"] == [EMPTY, HIDDEN, THOUGHT]
    assert choice["message"]["tool_calls"] == [
        {"id": "toolu_1", "type": "function", "function": {"name": "f", "arguments": '{"b":[1,2.5],"a":"å"}'}},
        {"id": "toolu_2", "type": "function", "function": {"name": "g", "arguments": "{}"}},
    ]
    assert choice["finish_reason"] == "tool_calls"
    kept = Kept(served_model="claude-opus-5-5", blocks=[EMPTY, HIDDEN, THOUGHT])
    assert read(data).kept == {"toolu_1": kept, "toolu_2": kept}


def test_empty_thinking_is_no_reasoning() -> None:
    found = said(message(EMPTY, TEXT))["choices"][0]["message"]
    assert "reasoning_content" not in found
    assert found["thinking_blocks"] == [EMPTY]


def test_a_call_alone_has_no_content_and_no_block_is_an_empty_answer() -> None:
    assert said(message(USE, reason="tool_use"))["choices"][0]["message"]["content"] is None
    assert said(message())["choices"][0]["message"]["content"] == ""


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("pause_turn", "length"),
        ("tool_use", "tool_calls"),
        ("refusal", "content_filter"),
    ],
)
def test_stop_reasons(reason: str, finish: str) -> None:
    choice = said(message(TEXT, reason=reason))["choices"][0]
    assert (choice["finish_reason"], choice["native_finish_reason"]) == (finish, reason)


@pytest.mark.parametrize(
    ("reason", "finish"), [(b'"compaction"', "length"), (b'"tomorrow"', "stop"), (b"null", "stop")]
)
def test_stop_reasons_that_the_sdk_does_not_know(reason: bytes, finish: str) -> None:
    choice = said(message(TEXT).replace(b'"end_turn"', reason))["choices"][0]
    assert choice["finish_reason"] == finish


def test_a_refusal_says_why() -> None:
    details = {"type": "refusal", "category": "bio", "explanation": "This cannot be answered."}
    found = said(message(reason="refusal", stop_details=details))["choices"][0]["message"]
    assert found["refusal"] == "This cannot be answered."
    assert said(message(reason="refusal"))["choices"][0]["message"]["refusal"] is None


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        (
            {
                "input_tokens": 100,
                "cache_creation_input_tokens": 30,
                "cache_read_input_tokens": 7,
                "cache_creation": {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 20},
                "output_tokens": 50,
                "output_tokens_details": {"thinking_tokens": 40},
            },
            (137, 50, 187, 7, 30, 20, 40),
        ),
        ({"input_tokens": 1, "cache_creation_input_tokens": 9, "output_tokens": 2}, (10, 2, 12, 0, 9, 0, 0)),
        (
            {
                "input_tokens": 0,
                "cache_creation": {"ephemeral_5m_input_tokens": 3, "ephemeral_1h_input_tokens": 4},
                "output_tokens": 0,
            },
            (7, 0, 7, 0, 7, 4, 0),
        ),
    ],
)
def test_usage(usage: dict[str, Any], expected: tuple[int, ...]) -> None:
    found = said(message(TEXT, usage=usage))["usage"]
    before, after = found["prompt_tokens_details"], found["completion_tokens_details"]
    assert (
        *(found["prompt_tokens"], found["completion_tokens"], found["total_tokens"]),
        *(before["cached_tokens"], before["cache_write_tokens"], before["cache_write_1h_tokens"]),
        after["reasoning_tokens"],
    ) == expected


def test_what_is_missing_is_not_made_up() -> None:
    found = said(b'{"content":[{"type":"text","text":"a"},{"type":"of tomorrow"}]}')
    assert "usage" not in found
    assert (found["id"], found["model"]) == ("chatcmpl-r1", "claude-opus-5-5")


@pytest.mark.parametrize(
    "data",
    [
        b"<html>",
        b"",
        b"[]",
        b"\xff",
        b'{"content":[{"type":"text"}]}',
        b'{"content":[{"type":"text","text":null}]}',
        b'{"content":[{"type":"tool_use","id":"t"}]}',
        b'{"content":[' + b"[" * 100_000,
    ],
)
def test_what_is_no_message_is_malformed(data: bytes) -> None:
    with pytest.raises(Failure) as caught:
        read(data)
    assert caught.value.kind == "malformed"


def error(kind: str, text: str = "Something.") -> bytes:
    return msgspec.json.encode({"type": "error", "error": {"type": kind, "message": text}, "request_id": "req_1"})


@pytest.mark.parametrize(
    ("status", "content", "found"),
    [
        (400, error("invalid_request_error"), (400, "invalid_request_error")),
        (
            400,
            error("invalid_request_error", "prompt is too long: 9 tokens > 8 maximum"),
            (400, "context_length_exceeded"),
        ),
        (
            400,
            error("invalid_request_error", "input length and `max_tokens` exceed context limit: 9"),
            (400, "context_length_exceeded"),
        ),
        (400, error("invalid_request_error", "Your credit balance is too low."), (402, "insufficient_quota")),
        (
            400,
            error("invalid_request_error", "You have reached your specified API usage limits."),
            (402, "insufficient_quota"),
        ),
        (400, error("billing_error"), (402, "insufficient_quota")),
        (401, error("authentication_error"), (401, "invalid_api_key")),
        (402, error("billing_error"), (402, "insufficient_quota")),
        (403, error("permission_error"), (403, "permission_error")),
        (404, error("not_found_error"), (404, "model_not_found")),
        (413, error("request_too_large"), (413, "request_too_large")),
        (429, error("rate_limit_error"), (429, "rate_limit_exceeded")),
        (500, error("api_error"), (500, "api_error")),
        (529, error("overloaded_error"), (529, "overloaded")),
        (502, b"<html>Bad gateway</html>", (502, None)),
        (503, b"", (503, None)),
        (413, b"too large", (413, "request_too_large")),
    ],
)
def test_errors(status: int, content: bytes, found: tuple[int, str | None]) -> None:
    failure = ANTHROPIC.failure(status, {}, content)
    assert (failure.kind, failure.status, failure.code) == ("status", *found)
    assert failure.message.endswith(("Something.", f"status {status}.")) or failure.message in content.decode()


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("12", 12),
        ("0.5", 0.5),
        ("-1", None),
        ("nan", None),
        ("inf", None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ("", None),
    ],
)
def test_retry_after(said: str, seconds: float | None) -> None:
    assert ANTHROPIC.failure(429, {"retry-after": said}, error("rate_limit_error")).retry_after == seconds
    assert ANTHROPIC.failure(429, {}, error("rate_limit_error")).retry_after is None


@pytest.mark.parametrize(
    "secret", ["sk-ant-api03-Ab_C-1", "11111111-2222-3333-4444-555555555555", "org_01ABCDEFGH", "org-abcdefgh"]
)
def test_messages_hold_no_keys_and_no_organizations(secret: str) -> None:
    found = ANTHROPIC.failure(429, {}, error("rate_limit_error", f"Limit of {secret}, in your organization."))
    assert found.message == "Limit of [redacted], in your organization."
