"""How hard a request is: signals weighed, a score from 0 to 1, and the tier it falls into."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from libs.common.contracts.auth import Tier
from services.router.domain.reading import read
from services.router.domain.signals import signals

SIMPLE_BELOW = 0.35
COMPLEX_FROM = 0.65
_DIAL = 0.4  # how far `cost_quality` moves the cut points from one end to the other
_LEARNED = 0.5
_NAMED_SIGNALS = 4


@dataclass(frozen=True, slots=True)
class Weights:
    """What each signal is worth: `designed` was set by hand, `learned` was fitted to the gain of stronger models.

    Learned weights apply to signals scaled by `mean` and `deviation`, and their sum counts for a bounded share: the
    public data knows exam questions, not conversations.
    """

    designed: Mapping[str, float]
    learned: Mapping[str, float]
    mean: Mapping[str, float]
    deviation: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Complexity:
    """`score` is 0 (easy) to 1 (hard). `signals` are the strongest first; without any, nobody knows."""

    score: float
    tier: Tier
    signals: tuple[str, ...]

    @property
    def known(self) -> bool:
        """Whether anything in the prompt spoke for the tier."""
        return bool(self.signals)


def classify(prompt: str, weights: Weights, cost_quality: float | None = None) -> Complexity:
    """Weigh a prompt. `cost_quality` moves the cut points: 0 favours cheap tiers, 1 strong ones, 0.5 nothing."""
    found = signals(read(prompt))
    parts = {name: weights.designed.get(name, 0.0) * value for name, value in found.items()}
    score = 1 / (1 + math.exp(-(sum(parts.values()) + _LEARNED * _learned(found, weights))))
    shift = 0.0 if cost_quality is None else (0.5 - cost_quality) * _DIAL
    tier: Tier = "medium"
    if score < SIMPLE_BELOW + shift:
        tier = "simple"
    elif score >= COMPLEX_FROM + shift:
        tier = "complex"
    strongest = sorted((name for name in parts if parts[name]), key=lambda name: (-abs(parts[name]), name))
    return Complexity(score=score, tier=tier, signals=tuple(strongest[:_NAMED_SIGNALS]))


def _learned(found: Mapping[str, float], weights: Weights) -> float:
    total = sum(
        weight * (found.get(name, 0.0) - weights.mean[name]) / weights.deviation[name]
        for name, weight in weights.learned.items()
    )
    return math.tanh(total)
