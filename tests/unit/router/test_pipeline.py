"""When neighbors are asked, and what their answer changes."""

import asyncio
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from libs.common import catalog
from libs.common.clock import ManualClock
from libs.common.contracts.auth import RoutingRule, RuleCondition
from libs.common.contracts.router import RouteReply, RouteRequest
from services.router.domain.complexity import classify, extract_features
from services.router.domain.judge import Judge, Numbers
from services.router.domain.quality_uplift import shipped
from services.router.pipeline import Router
from services.router.ports import ShippedCalibrations
from services.router.weights import load_weights
from tests.unit.analytics.examples import NOW

WEIGHTS = load_weights()
SHIPPED = shipped(WEIGHTS.prior)
ANTHROPIC: dict[str, tuple[str, ...]] = {"anthropic": ()}
# Its length puts what it would gain near the cut between medium and complex.
UNDECIDED = "Write about the harbour. " + "It lay quiet, and the boats lay side by side in the evening. " * 3


class Torn(Judge):
    """A judge that cannot tell medium from complex."""

    def __call__(self, values: Sequence[float]) -> tuple[Numbers, tuple[str, ...]]:
        return np.array([0.02, 0.5, 0.48]), ("planning",)


TORN = replace(
    WEIGHTS, judge=Torn(**{field.name: getattr(WEIGHTS.judge, field.name) for field in fields(WEIGHTS.judge)})
)


class Asked:
    """NearestNeighbors that say one thing, and remember what they were asked."""

    def __init__(self, gain: float | None) -> None:
        self.texts: list[str] = []
        self._gain = gain

    async def quality_uplift(self, text: str) -> float | None:
        self.texts.append(text)
        return self._gain


def route(prompt: str, neighbors: Asked, **given: Any) -> RouteReply:
    request = RouteRequest(**{"requested_model": "claude-opus", "reachable": ANTHROPIC, "prompt": prompt, **given})
    weights = TORN if prompt == UNDECIDED else WEIGHTS
    router = Router(catalog.load(), weights, ShippedCalibrations(WEIGHTS.prior), neighbors, ManualClock(NOW))
    return asyncio.run(router.route(request))


def test_the_example_is_near_a_cut() -> None:
    assert {classify(extract_features(UNDECIDED, TORN.judge, TORN.words), SHIPPED).adjacent_tier} & {
        "medium",
        "complex",
    }


def test_neighbors_decide_what_is_near_a_cut() -> None:
    easy, hard = Asked(-0.5), Asked(0.5)
    assert route(UNDECIDED, easy).tier == "medium"
    assert route(UNDECIDED, hard).tier == "complex"
    signals = route(UNDECIDED, hard).signals
    assert (signals[0], signals[-1]) == ("much_to_gain", "similar_questions")
    assert easy.texts == hard.texts[:1] == [" ".join(UNDECIDED.lower().split())]


def test_without_an_answer_the_first_sight_holds() -> None:
    first = route(UNDECIDED, Asked(None))
    assert first.tier == classify(extract_features(UNDECIDED, TORN.judge, TORN.words), SHIPPED).tier


@pytest.mark.parametrize(
    "prompt", ["What is the capital of France?", "Prove that there are infinitely many primes.", "Hello!"]
)
def test_what_is_plain_is_not_compared(prompt: str) -> None:
    asked = Asked(0.5)
    route(prompt, asked)
    assert asked.texts == []


@pytest.mark.parametrize(
    "given",
    [
        {"requested_model": "gpt-4o", "reachable": {"openai": ()}},  # its medium and its complex model are the same
        {"mode": "manual"},
        {"pinned": "claude-sonnet"},
        {
            "rules": (
                RoutingRule(
                    id="r",
                    name="r",
                    condition=RuleCondition(type="always"),
                    action="use_model",
                    action_value="claude-haiku",
                ),
            )
        },
    ],
)
def test_nobody_is_asked_where_the_model_would_stay_the_same(given: dict[str, Any]) -> None:
    asked = Asked(0.5)
    route(UNDECIDED, asked, **given)
    assert asked.texts == []


def test_a_shadow_is_compared_like_the_real_thing() -> None:
    easy, hard = Asked(-0.5), Asked(0.5)
    one, other = route(UNDECIDED, easy, mode="shadow"), route(UNDECIDED, hard, mode="shadow")
    assert (one.model, one.shadow_model) == ("claude-opus", "claude-sonnet")
    assert (other.model, other.shadow_model) == ("claude-opus", "claude-opus")
