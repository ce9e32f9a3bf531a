"""The developer guide's tables: what is simple, medium and complex, which models that means, and its rules."""

from datetime import date
from typing import Any

import pytest

from libs.common import catalog
from libs.common.contracts.auth import RoutingRule, RuleCondition
from libs.common.contracts.router import RouteReply, RouteRequest
from libs.common.tokens import count_text
from services.router.domain.available_models import AvailableModels
from services.router.domain.complexity import classify, extract_features
from services.router.domain.cost import opening
from services.router.domain.decide import decide
from services.router.domain.quality_uplift import shipped
from services.router.weights import load_weights

WEIGHTS = load_weights()
SHIPPED = shipped(WEIGHTS.prior)
KEYS: dict[str, tuple[str, ...]] = {"openai": (), "anthropic": (), "google": ()}
SHORT = "What is the capital of France?"
MODERATE = (
    "We open a second bakery next month, in a street with two cafés and a school. Write a friendly text of about 150 words "
    "for the local paper: who we are, what is new, and an invitation to the opening on the fourth."
)
CODE = "Review this function for bugs and explain step by step how to fix it:\n```python\ndef f(xs):\n    return xs[len(xs)]\n```"
STEPS = "First compare the three offers, then work out the total cost over five years for each, and finally justify a choice."
LONG = "The clerk wrote down what he had seen in the harbour that day, ship after ship. " * 120


def route(prompt: str, requested: str = "gpt-4o", rules: tuple[RoutingRule, ...] = (), **fields: Any) -> RouteReply:
    request = RouteRequest(requested_model=requested, prompt=prompt, rules=rules, reachable=KEYS, **fields)
    reach = AvailableModels(
        catalog.load(), request.reachable, request.tiers, request.needs, date(2026, 11, 21), opening(request)
    )
    return decide(
        request,
        reach,
        lambda saves: classify(extract_features(prompt, WEIGHTS.judge, WEIGHTS.words), SHIPPED),
        lambda texts: sum(count_text(requested, text) for text in texts),
    )


@pytest.mark.parametrize(
    ("prompt", "tier"),
    [(SHORT, "simple"), (MODERATE, "medium"), (CODE, "complex"), (STEPS, "complex"), (LONG, "complex")],
)
def test_how_classification_works(prompt: str, tier: str) -> None:
    assert route(prompt).tier == tier


@pytest.mark.parametrize(
    ("prompt", "models"),
    [
        (SHORT, ("gpt-4o-mini", "claude-haiku", "gemini-2.0-flash")),
        (MODERATE, ("gpt-4o", "claude-sonnet", "gemini-2.0-flash")),
        (CODE, ("gpt-4o", "claude-opus", "gemini-2.0-pro")),
    ],
)
def test_model_selection_by_provider(prompt: str, models: tuple[str, ...]) -> None:
    asked = ("gpt-4o", "claude-opus", "gemini-2.0-pro")
    assert tuple(route(prompt, model).model for model in asked) == models


def rule(name: str, action_value: str, priority: int, action: str = "use_model", **condition: Any) -> RoutingRule:
    return RoutingRule(
        id=name,
        name=name,
        condition=RuleCondition(**condition),
        action=action,  # type: ignore[arg-type]
        action_value=action_value,
        priority=priority,
    )


CODE_TASKS = rule("Code tasks use GPT-4o", "gpt-4o", 10, type="keyword", keywords=("code", "debug", "refactor"))
SHORT_TO_MINI = rule("Short prompts → mini", "gpt-4o-mini", 5, type="token_count", operator="lt", value=50)
ALWAYS_MINI = rule("Always use mini", "gpt-4o-mini", 1, type="always")
RULES = (CODE_TASKS, SHORT_TO_MINI, ALWAYS_MINI)


@pytest.mark.parametrize(
    ("prompt", "by"),
    [
        ("Please refactor my loop", CODE_TASKS),
        ("Decode this barcode", SHORT_TO_MINI),
        ("Prove that there is no largest prime.", SHORT_TO_MINI),
        (MODERATE * 2, ALWAYS_MINI),
    ],
)
def test_the_guides_rules_decide_in_their_order(prompt: str, by: RoutingRule) -> None:
    reply = route(prompt, rules=RULES)
    assert (reply.reason, reply.rule_name, reply.model) == ("rule", by.name, by.action_value)


def test_forty_nine_tokens_are_short_and_fifty_are_not() -> None:
    words = "word " * 49
    assert count_text("gpt-4o", words.strip()) == 49
    assert route(words.strip(), rules=(SHORT_TO_MINI,)).rule_name == SHORT_TO_MINI.name
    assert route(words + "word", rules=(SHORT_TO_MINI,)).rule_name is None


def test_a_rule_can_force_a_tier() -> None:
    reply = route(SHORT, "claude-opus", rules=(rule("hard", "complex", 1, "force_tier", type="always"),))
    assert (reply.model, reply.tier, reply.reason) == ("claude-opus", "complex", "rule")
