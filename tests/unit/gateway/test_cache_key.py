"""What shares an answer with what."""

import json
from typing import Any

import pytest

from libs.common.contracts.auth import OptimizationSettings, Principal, RoutingRule, RuleCondition
from services.gateway.domain import chat
from services.gateway.domain.cache_key import CacheKey, cache_key, cacheable, shaped_by

SYSTEM = {"role": "system", "content": "Be brief."}
USER = {"role": "user", "content": "What is a fjord?"}
BASE: dict[str, Any] = {"model": "gpt-4o", "messages": [SYSTEM, USER], "temperature": 0.7}


def key(**changes: Any) -> Any:
    return cache_key(chat.parse(json.dumps({**BASE, **changes}).encode()))


@pytest.mark.parametrize(
    "changes",
    [
        {"stream": True, "stream_options": {"include_usage": True}},
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
        {"user": "u-1"},
        {"safety_identifier": "u-1"},
        {"messages": [SYSTEM, {**USER, "name": "alice"}]},
        {"messages": [{**SYSTEM, "name": "alice"}, USER]},
        {"messages": [SYSTEM, {**USER, "brand_new": 1}]},
        {"messages": [SYSTEM, {**USER, "content": [{"type": "text", "text": USER["content"], "brand_new": 1}]}]},
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
            "content": [
                {"type": "image_url", "image_url": {"url": "https://example.com/y"}},
                {"type": "text", "text": "a"},
            ],
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


def test_a_text_in_parts_is_the_same_question() -> None:
    parts = key(messages=[SYSTEM, {"role": "user", "content": [{"type": "text", "text": USER["content"]}]}])
    assert (parts.scope, parts.query) == (key().scope, key().query)


CHAT = chat.parse(json.dumps(BASE).encode())
RULE = RoutingRule(id="r", name="r", condition=RuleCondition(type="always"), action="force_tier", action_value="simple")


PLAIN = OptimizationSettings()


def shaped(settings: OptimizationSettings = PLAIN, **owner: Any) -> CacheKey:
    return cache_key(CHAT, shaped_by(settings, Principal(org_id="org_a", key_id="key_a", **owner)))


@pytest.mark.parametrize(
    "other",
    [
        shaped(OptimizationSettings(routing_mode="manual")),
        shaped(OptimizationSettings(level="off")),
        shaped(OptimizationSettings(context_pruning=False)),
        shaped(OptimizationSettings(cost_quality=0.2)),
        shaped(rules=(RULE,)),
        shaped(tiers={"openai": {"simple": "gpt-4o-mini"}}),
    ],
)
def test_what_promptly_did_to_the_request_is_part_of_the_scope(other: CacheKey) -> None:
    assert other.scope != shaped().scope
    assert other.fingerprint != shaped().fingerprint


def test_the_caches_own_settings_are_not() -> None:
    own = OptimizationSettings(cache_similarity_threshold=0.9, cache_ttl_seconds=5)
    assert shaped(own) == shaped()


def test_an_application_has_its_own_scope() -> None:
    one, other = cache_key(CHAT, application="one"), cache_key(CHAT, application="other")
    assert len({one.scope, other.scope, cache_key(CHAT).scope}) == 3
    assert len({one.fingerprint, other.fingerprint, cache_key(CHAT).fingerprint}) == 3


@pytest.mark.parametrize(
    "changes",
    [
        {"tools": [{"type": "web_search"}]},
        {"tools": [{"type": "function", "function": {"name": "f"}}, {"type": "mcp", "server_url": "https://x"}]},
        {"tools": [{"type": "web_search_20250305", "name": "web_search"}]},
        {"tools": [{"google_search": {}}]},
        {"tools": [{"type": "file_search", "vector_store_ids": ["v"]}]},
        {"tools": [{"type": "code_interpreter", "container": {"type": "auto"}}]},
        {"web_search_options": {}},
        {"search_parameters": {"mode": "auto"}},
        {"mcp_servers": [{"url": "https://x"}]},
        {"model": "gpt-4o-search-preview"},
        {"model": "sonar-pro"},
    ],
)
def test_what_the_provider_looks_up_is_never_kept(changes: dict[str, Any]) -> None:
    assert not cacheable(chat.parse(json.dumps({**BASE, **changes}).encode()))


@pytest.mark.parametrize(
    "changes",
    [
        {"tools": [{"type": "function", "function": {"name": "web_search"}}]},
        {"tools": [{"type": "custom", "custom": {"name": "run"}}]},
        {"web_search_options": None},
        {"plugins": []},
    ],
)
def test_what_the_client_looks_up_itself_is(changes: dict[str, Any]) -> None:
    assert cacheable(chat.parse(json.dumps({**BASE, **changes}).encode()))
