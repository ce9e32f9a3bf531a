"""What a request to OpenAI becomes, by model family; and what its errors mean."""

import json
from typing import Any

import msgspec
import pytest

from libs.common import catalog
from services.gateway.translate.dialect import Asked
from services.gateway.translate.openai_openai import OPENAI, OPENAI_COMPATIBLE, OpenAIDialect

CATALOG = catalog.load()
USER: list[Any] = [{"role": "user", "content": "Hello!"}]


def sent(
    model: str, messages: Any = USER, *, stream: bool = False, dialect: OpenAIDialect = OPENAI, **fields: Any
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The body that goes out, and what was dropped of it."""
    raw = {
        name: msgspec.Raw(json.dumps(value).encode())
        for name, value in {"model": "asked", "messages": messages, **fields}.items()
    }
    known = CATALOG.find(model)
    outgoing = dialect.request(Asked(raw=raw, messages=raw["messages"], model=model, known=known, stream=stream))
    return json.loads(outgoing.body), outgoing.dropped


@pytest.mark.parametrize(
    ("model", "fields", "kept", "dropped"),
    [
        ("gpt-4o", {"max_tokens": 50, "temperature": 0.3, "stop": ["x"]}, {"max_tokens", "temperature", "stop"}, ()),
        ("gpt-4o", {"reasoning_effort": "high", "verbosity": "low"}, set(), ("reasoning_effort", "verbosity")),
        ("gpt-4o", {"max_tokens": 99_999}, {"max_tokens"}, ("max_tokens",)),
        ("gpt-4o", {"max_tokens": None, "new_field": 1}, {"max_tokens", "new_field"}, ()),
        ("gpt-5", {"max_tokens": 50, "temperature": 0.3}, {"max_completion_tokens"}, ("temperature",)),
        ("gpt-5", {"temperature": 1, "stop": None, "presence_penalty": 0}, set(), ()),
        ("gpt-5", {"reasoning_effort": "none"}, {"reasoning_effort"}, ("reasoning_effort",)),
        ("o3", {"reasoning_effort": "minimal", "top_p": 0.5}, {"reasoning_effort"}, ("reasoning_effort", "top_p")),
        ("gpt-5.1", {"temperature": 0.3, "logprobs": True}, {"temperature", "logprobs"}, ()),
        ("gpt-5.1", {"temperature": 0.3, "reasoning_effort": "low"}, {"reasoning_effort"}, ("temperature",)),
        ("gpt-5.6", {"temperature": 0.3}, set(), ("temperature",)),
        ("gpt-5.6", {"temperature": 0.3, "reasoning_effort": "none"}, {"temperature", "reasoning_effort"}, ()),
        ("gpt-6-astra", {"reasoning_effort": "none"}, {"reasoning_effort"}, ("reasoning_effort",)),
        ("somebody-s-own", {"max_tokens": 50, "temperature": 0.3}, {"max_tokens", "temperature"}, ()),
    ],
)
def test_parameters_fit_the_family(
    model: str, fields: dict[str, Any], kept: set[str], dropped: tuple[str, ...]
) -> None:
    body, said = sent(model, **fields)
    assert body.keys() - {"model", "messages"} == kept
    assert sorted(said) == sorted(dropped)
    assert body["model"] == model


@pytest.mark.parametrize(("model", "limit"), [("gpt-4o", "max_tokens"), ("o3", "max_completion_tokens")])
def test_a_limit_above_the_model_s_own_becomes_the_model_s_own(model: str, limit: str) -> None:
    known = CATALOG.find(model)
    assert known is not None
    assert sent(model, max_tokens=10**6)[0][limit] == known.max_output_tokens


def test_a_stream_always_asks_for_usage() -> None:
    assert sent("gpt-4o", stream=True)[0]["stream_options"] == {"include_usage": True}
    options = {"include_usage": False, "include_obfuscation": False}
    assert sent("gpt-4o", stream=True, stream_options=options)[0]["stream_options"] == {
        "include_usage": True,
        "include_obfuscation": False,
    }


def test_what_other_providers_left_in_messages_stays_at_home() -> None:
    messages = [
        {"role": "user", "content": [{"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral"}}]},
        {
            "role": "assistant",
            "content": None,
            "reasoning_content": "hm",
            "thinking_blocks": [{"type": "thinking"}],
            "tool_calls": [
                {
                    "id": "call_1__thought__abc",
                    "type": "function",
                    "function": {"name": "f", "arguments": "{}"},
                    "extra_content": {"google": {"thought_signature": "s"}},
                }
            ],
        },
        {"role": "tool", "tool_call_id": "call_1__thought__abc", "content": "4"},
    ]
    body, dropped = sent("gpt-4o", messages)
    assert body["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": "4"},
    ]
    assert dropped == ()
    assert sent("deepseek", messages, dialect=OPENAI_COMPATIBLE)[0]["messages"] == messages


def test_messages_go_out_byte_for_byte_where_there_is_nothing_to_take_out() -> None:
    odd = b'[ {"role":"user" ,"content":"caf\\u00e9", "x":1.50} ]'
    outgoing = OPENAI.request(
        Asked(raw={"messages": msgspec.Raw(odd)}, messages=msgspec.Raw(odd), model="gpt-4o", known=None, stream=False)
    )
    assert odd in outgoing.body


@pytest.mark.parametrize(
    ("status", "body", "headers", "expected"),
    [
        (429, {"error": {"message": "Slow down", "code": "rate_limit_exceeded"}}, {"retry-after": "3"}, (429, 3.0)),
        (429, {"error": {"message": "Slow down"}}, {"retry-after-ms": "250", "retry-after": "1"}, (429, 0.25)),
        (429, {"error": {"message": "Pay", "code": "insufficient_quota"}}, {}, (402, None)),
        (402, {"error": "Pay"}, {}, (402, None)),
        (500, "<html>", {"retry-after": "Fri, 31 Dec 2026 23:59:59 GMT"}, (500, None)),
    ],
)
def test_errors(status: int, body: Any, headers: dict[str, str], expected: tuple[int, float | None]) -> None:
    content = body if isinstance(body, str) else json.dumps(body)
    failure = OPENAI.failure(status, headers, content.encode())
    assert (failure.status, failure.retry_after) == expected


def test_no_key_and_no_organization_gets_into_a_message() -> None:
    text = "Incorrect API key provided: sk-proj-abcdefghij1234. Organization org-AbCdEfGhIjKl does not exist."
    message = OPENAI.failure(401, {}, json.dumps({"error": {"message": text}}).encode()).message
    assert "abcdefghij" not in message
    assert "AbCdEf" not in message
