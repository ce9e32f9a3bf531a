"""When a rule matches."""

from collections.abc import Sequence

import pytest

from libs.common.contracts.auth import RoutingRule, RuleCondition
from services.router.domain.rules import matching


def matches(condition: RuleCondition, *texts: str, tokens: int = 0) -> bool:
    rule = RoutingRule(id="r", name="r", condition=condition, action="use_model", action_value="m")
    return bool(matching((rule,), texts, lambda _: tokens))


@pytest.mark.parametrize(
    ("keyword", "text", "expected"),
    [
        ("code", "Review my code.", True),
        ("CODE", "review my code", True),
        ("code", "Review my CODE, please", True),
        ("code", "Decode the barcode", False),
        ("c++", "I write C++ daily", True),
        ("c++", "I write c++11", False),
        ("unit test", "a unit\n  test", True),
        ("unit test", "a unit and a test", False),
        ("straße", "In der STRASSE", True),
        ("naïve", "so NAÏVE", True),
        ("a.b", "axb", False),
        ("", "anything", False),
        (" ", "any thing", False),
    ],
)
def test_keywords_are_whole_words(keyword: str, text: str, expected: bool) -> None:
    assert matches(RuleCondition(type="keyword", keywords=("zzz", keyword)), "other", text) is expected


@pytest.mark.parametrize(
    ("operator", "tokens", "expected"),
    [("gt", 50, False), ("gt", 51, True), ("gte", 50, True), ("lt", 50, False), ("lt", 49, True), ("lte", 50, True)],
)
def test_token_counts(operator: str, tokens: int, expected: bool) -> None:
    condition = RuleCondition(type="token_count", operator=operator, value=50)  # type: ignore[arg-type]
    assert matches(condition, "text", tokens=tokens) is expected


def test_broken_conditions_match_nothing() -> None:
    assert not matches(RuleCondition(type="token_count", operator="gt"), "text", tokens=9)
    assert not matches(RuleCondition(type="keyword"), "text")
    assert matches(RuleCondition(type="always"), "")


def test_tokens_are_counted_only_where_a_rule_asks_and_once() -> None:
    asked: list[Sequence[str]] = []

    def count(texts: Sequence[str]) -> int:
        asked.append(texts)
        return 10

    def rule(condition: RuleCondition) -> RoutingRule:
        return RoutingRule(id="r", name="r", condition=condition, action="use_model", action_value="m")

    by_word = rule(RuleCondition(type="keyword", keywords=("x",)))
    by_size = rule(RuleCondition(type="token_count", operator="gt", value=5))
    assert matching((by_word,), ("y",), count) == []
    assert asked == []
    assert matching((by_size, by_word, by_size), ("x",), count) == [by_size, by_word, by_size]
    assert asked == [("x",)]
