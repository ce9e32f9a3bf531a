"""When neighbours are asked, and what their answer changes."""

import asyncio
from typing import Any

import pytest

from libs.common import catalog
from libs.common.clock import ManualClock
from libs.common.contracts.auth import RoutingRule, RuleCondition
from libs.common.contracts.router import RouteReply, RouteRequest
from services.router.domain.complexity import classify, look
from services.router.domain.gain import shipped
from services.router.pipeline import Router
from services.router.ports import ShippedEstimates
from services.router.weights import load_weights
from tests.unit.analytics.examples import NOW

WEIGHTS = load_weights()
SHIPPED = shipped(WEIGHTS.prior)
ANTHROPIC: dict[str, tuple[str, ...]] = {"anthropic": ()}
# Nothing in it speaks for a tier, and its length puts it near the cut between medium and complex.
UNDECIDED = "Write about the harbour. " + "It lay quiet, and the boats lay side by side in the evening. " * 3


class Asked:
    """Neighbours that say one thing, and remember what they were asked."""

    def __init__(self, gain: float | None) -> None:
        self.texts: list[str] = []
        self._gain = gain

    async def gain(self, text: str) -> float | None:
        self.texts.append(text)
        return self._gain


def route(prompt: str, neighbours: Asked, **fields: Any) -> RouteReply:
    request = RouteRequest(**{"requested_model": "claude-opus", "reachable": ANTHROPIC, "prompt": prompt, **fields})
    router = Router(catalog.load(), WEIGHTS, ShippedEstimates(WEIGHTS.prior), neighbours, ManualClock(NOW))
    return asyncio.run(router.route(request))


def test_the_example_is_near_a_cut() -> None:
    assert {classify(look(UNDECIDED, WEIGHTS.evidence), SHIPPED).otherwise} & {"medium", "complex"}


def test_neighbours_decide_what_is_near_a_cut() -> None:
    easy, hard = Asked(-0.5), Asked(0.5)
    assert route(UNDECIDED, easy).tier == "medium"
    assert route(UNDECIDED, hard).tier == "complex"
    assert route(UNDECIDED, hard).signals == ("much_to_gain", "clear_intent", "similar_questions")
    assert easy.texts == hard.texts[:1] == [" ".join(UNDECIDED.lower().split())]


def test_without_an_answer_the_first_sight_holds() -> None:
    first = route(UNDECIDED, Asked(None))
    assert first.tier == classify(look(UNDECIDED, WEIGHTS.evidence), SHIPPED).tier


@pytest.mark.parametrize(
    "prompt", ["What is the capital of France?", "Prove that there are infinitely many primes.", "Hello!"]
)
def test_what_is_plain_is_not_compared(prompt: str) -> None:
    asked = Asked(0.5)
    route(prompt, asked)
    assert asked.texts == []


@pytest.mark.parametrize(
    "fields",
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
def test_nobody_is_asked_where_the_model_would_stay_the_same(fields: dict[str, Any]) -> None:
    asked = Asked(0.5)
    route(UNDECIDED, asked, **fields)
    assert asked.texts == []


def test_a_shadow_is_compared_like_the_real_thing() -> None:
    easy, hard = Asked(-0.5), Asked(0.5)
    one, other = route(UNDECIDED, easy, mode="shadow"), route(UNDECIDED, hard, mode="shadow")
    assert (one.model, one.shadow_model) == ("claude-opus", "claude-sonnet")
    assert (other.model, other.shadow_model) == ("claude-opus", "claude-opus")
