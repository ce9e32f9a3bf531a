"""What shares an answer with what."""

import json
from typing import Any

import pytest

from services.gateway.domain import chat
from services.gateway.domain.cache_key import cache_key, cacheable

SYSTEM = {"role": "system", "content": "Be brief."}
USER = {"role": "user", "content": "What is a fjord?"}
BASE: dict[str, Any] = {"model": "gpt-4o", "messages": [SYSTEM, USER], "temperature": 0.7}


def key(**changes: Any) -> Any:
    return cache_key(chat.parse(json.dumps({**BASE, **changes}).encode()))


@pytest.mark.parametrize(
    "changes",
    [
        {"stream": True, "stream_options": {"include_usage": True}},
        {"user": "u-1"},
        {"metadata": {"a": "b"}},
        {"store": True},
    ],
)
def test_delivery_and_bookkeeping_change_nothing(changes: dict[str, Any]) -> None:
    assert key(**changes) == key()


def test_the_order_of_keys_changes_nothing() -> None:
    assert cache_key(chat.parse(json.dumps(dict(reversed(BASE.items()))).encode())) == key()


@pytest.mark.parametrize(
    "changes",
    [
        {"model": "gpt-4o-mini"},
        {"temperature": 0.8},
        {"temperature": None},
        {"max_tokens": 5},
        {"seed": 1},
        {"stop": "x"},
        {"response_format": {"type": "json_object"}},
        {"tools": [{"type": "function", "function": {"name": "f"}}]},
        {"brand_new": 1},
        {"messages": [{"role": "system", "content": "Be long."}, USER]},
        {"messages": [USER]},
        {"messages": [SYSTEM, USER, {"role": "assistant", "content": "x"}, USER]},
        {"messages": [SYSTEM, {"role": "user", "content": "x"}, USER]},
    ],
)
def test_what_may_change_the_answer_is_another_scope(changes: dict[str, Any]) -> None:
    assert key(**changes).scope != key().scope
    assert key(**changes).fingerprint != key().fingerprint


def test_another_question_shares_the_scope_only() -> None:
    other = key(messages=[SYSTEM, {"role": "user", "content": "What is a moor?"}])
    assert other.scope == key().scope
    assert other.fingerprint != key().fingerprint
    assert (key().query, other.query) == ("What is a fjord?", "What is a moor?")


@pytest.mark.parametrize(
    "last",
    [
        {"role": "assistant", "content": "x"},
        {"role": "user", "content": "  "},
        {
            "role": "user",
            "content": [{"type": "image_url", "image_url": {"url": "https://x/y"}}, {"type": "text", "text": "a"}],
        },
    ],
)
def test_only_a_question_in_words_can_be_asked_in_other_words(last: dict[str, Any]) -> None:
    assert key(messages=[SYSTEM, last]).query is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [({}, True), ({"temperature": 1.0}, True), ({"temperature": 1.01}, False), ({"n": 2}, False), ({"n": 1}, True)],
)
def test_answers_that_are_meant_to_vary_are_not_kept(changes: dict[str, Any], expected: bool) -> None:
    assert cacheable(chat.parse(json.dumps({**BASE, **changes}).encode())) is expected
