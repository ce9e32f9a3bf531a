"""How hard a request is: where its expected gain stands among others, within what plain evidence allows."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from libs.common.contracts.auth import Tier
from services.router.domain.gain import Estimate
from services.router.domain.measures import measures
from services.router.domain.reading import Reading, read
from services.router.domain.signals import NAMES, signals

_SIMPLE_BELOW, _COMPLEX_FROM = 0.40, 0.80  # of the traffic, in order of gain
_EASY_BELOW, _HARD_FROM = 0.35, 0.65  # evidence
_DIAL = 0.4
# From so many labels on, a small gain is known to be small, and needs no evidence.
_EXPERIENCED = 300
# Nearer than this to a cut, in share of the traffic, the neighbours are asked before it decides.
NEAR = 0.3
_NAMED_SIGNALS = 4


@dataclass(frozen=True, slots=True)
class Look:
    """A prompt at first sight, before it is compared with anything: `evidence` is 0 (easy) to 1 (hard), .5 where none is."""

    reading: Reading
    evidence: float
    strongest: tuple[str, ...]
    features: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Complexity:
    """`score` is the share of the traffic that would gain less from a stronger model. `signals` are the strongest first;
    without any, nobody knows. `otherwise` is the tier beyond a cut that is near, where neighbours could still tell.
    """

    score: float
    tier: Tier
    signals: tuple[str, ...]
    features: tuple[float, ...] = ()
    otherwise: Tier | None = None

    @property
    def known(self) -> bool:
        """Whether anything in the prompt spoke for the tier."""
        return bool(self.signals)


def look(prompt: str, weights: Mapping[str, float]) -> Look:
    """Read a prompt once; `weights` say what each signal is evidence of."""
    reading = read(prompt)
    found = signals(reading)
    parts = {name: weights[name] * value for name, value in found.items()}
    strongest = sorted(parts, key=lambda name: (-abs(parts[name]), name))
    return Look(
        reading=reading,
        evidence=1 / (1 + math.exp(-sum(parts.values()))),
        strongest=tuple(strongest[:_NAMED_SIGNALS]) or (("clear_intent",) if reading.asks else ()),
        features=(*measures(reading), *(found.get(name, 0.0) for name in NAMES)),
    )


def cuts(cost_quality: float | None) -> tuple[float, float]:
    """The shares of the traffic below which it is simple, and from which it is complex.

    0 favours cheap tiers (0.8, 1), 1 strong ones (0, 0.4), 0.5 or None moves nothing.
    """
    shift = _shift(cost_quality)
    low = _SIMPLE_BELOW + shift
    return low, min(_COMPLEX_FROM + shift / 2, 1.0) if shift > 0 else _COMPLEX_FROM + shift


def classify(
    seen: Look, estimate: Estimate, cost_quality: float | None = None, neighbours: float | None = None
) -> Complexity:
    """The tier. Evidence comes first: what is plainly easy or hard is not left to statistics. `simple` needs it, or experience."""
    gain = estimate.gain(seen.features, neighbours)
    score = estimate.position(gain)
    low, high = cuts(cost_quality)
    shift = _shift(cost_quality) / 2
    open_below = estimate.labels >= _EXPERIENCED and seen.evidence <= 0.5
    strongest = seen.strongest if neighbours is None else (*seen.strongest, "similar_questions")
    found = Complexity(score=score, tier="medium", signals=strongest, features=(gain, *seen.features))
    if seen.evidence < _EASY_BELOW + shift:
        return replace(found, tier="simple")
    if seen.evidence >= _HARD_FROM + shift:
        return replace(found, tier="complex")
    if score >= high and seen.evidence >= 0.5:
        why = ("much_to_gain", *strongest)
        return replace(found, tier="complex", signals=why, otherwise="medium" if score - high < NEAR else None)
    if score < low and open_below:
        why = ("little_to_gain", *strongest)
        return replace(found, tier="simple", signals=why, otherwise="medium" if low - score < NEAR else None)
    if open_below and score - low < min(NEAR, high - score):
        return replace(found, otherwise="simple")
    return replace(found, otherwise="complex" if high - score < NEAR else None)


def _shift(cost_quality: float | None) -> float:
    return 0.0 if cost_quality is None else (0.5 - cost_quality) * 2 * _DIAL
