"""How hard a request is: what the judge says of it, and where the judge is unsure, what a stronger model would gain."""

from dataclasses import dataclass, replace

from libs.common.contracts.auth import Tier
from services.router.domain.judge import Judge
from services.router.domain.marks import Marks, marks
from services.router.domain.parsed_prompt import ParsedPrompt, parse_prompt
from services.router.domain.quality_uplift import Estimate
from services.router.domain.signals import features_of, signals
from services.router.domain.words import ABOUT_TURNS, Words

_SIMPLE_BELOW, _COMPLEX_FROM = 0.40, 0.80  # of the traffic, in order of gain
# Below this nothing is called simple: a wrong `medium` costs cents, a wrong `simple` an answer.
_SURELY_SIMPLE = 0.8
_UNSURE = 0.1  # nearer together than this, `medium` and `complex` are told apart by the gain
_DIAL = 0.4
_TILT = 2.5  # powers of ten that the whole dial is worth between `medium` and `complex`
# From so many labels on, a small gain is known to be small.
_EXPERIENCED = 300
_HARDLY_COMPLEX = 0.2
# Nearer than this to a cut, in share of the traffic, the neighbors are asked before it decides.
NEAR = 0.3
# A long prompt that is not plainly easy holds more than anybody can see at a glance.
_LONG = 1_500  # words
_LOOKUP_WORDS = 14.0
_PLAIN_SIGNS = ("lookup", "figures", "smalltalk", "wording")


@dataclass(frozen=True, slots=True)
class PromptFeatures:
    """A prompt at first sight, before it is compared with anything. `likely` is how likely it is simple, medium and complex;
    `looks_plain` is false for a short question that only looks like one that can be looked up, and for work between courtesies.
    """

    reading: ParsedPrompt
    seen: Marks
    likely: tuple[float, float, float]
    strongest: tuple[str, ...]
    looks_plain: bool
    features: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Complexity:
    """`score` is the share of the traffic that would gain less from a stronger model. `signals` are the strongest first;
    without any, nobody knows. `adjacent_tier` is the tier beyond a cut that is near, where neighbors could still tell. `stepped_down`: it
    is not what was judged, a budget wants it so.
    """

    score: float
    tier: Tier
    signals: tuple[str, ...]
    features: tuple[float, ...] = ()
    adjacent_tier: Tier | None = None
    stepped_down: bool = False

    @property
    def known(self) -> bool:
        """Whether anything in the prompt spoke for the tier."""
        return bool(self.signals)


def extract_features(prompt: str, judge: Judge, words: Words) -> PromptFeatures:
    """Read a prompt once."""
    reading = parse_prompt(prompt)
    seen = marks(reading.body if reading.words else prompt, words)
    found = signals(reading)
    likely, strongest = judge(seen.values)
    told = seen.known and (bool(seen.found.keys() - ABOUT_TURNS) or "?" in seen.asked)
    return PromptFeatures(
        reading=reading,
        seen=seen,
        likely=(float(likely[0]), float(likely[1]), float(likely[2])),
        strongest=(strongest or ("clear_intent",)) if told else (),
        looks_plain=_looks_plain(seen, found),
        features=features_of(reading, found),
    )


def _looks_plain(seen: Marks, found: dict[str, float]) -> bool:
    """Whether a short question in English is one by its form; a wish about a text is judged by its words alone."""
    if seen.buried:
        return False
    bare = seen.tongue.languages == ("en",) and seen.tongue.words <= _LOOKUP_WORDS and "?" in seen.asked
    if not bare or any(name in seen.found for name in ("wording", "picking", "summarise")):
        return True
    return any(name in found for name in _PLAIN_SIGNS) and not found.get("engineering")


def cuts(cost_quality: float | None) -> tuple[float, float]:
    """The shares of the traffic below which it is simple, and from which it is complex.

    0 favours cheap tiers (0.8, 1), 1 strong ones (0, 0.4), 0.5 or None moves nothing.
    """
    shift = _shift(cost_quality)
    low = _SIMPLE_BELOW + shift
    return low, min(_COMPLEX_FROM + shift / 2, 1.0) if shift > 0 else _COMPLEX_FROM + shift


def classify(
    seen: PromptFeatures, estimate: Estimate, cost_quality: float | None = None, neighbors: float | None = None
) -> Complexity:
    """The tier. The judge comes first; `simple` needs its certainty, or the organization's own experience."""
    gain = estimate.quality_uplift(seen.features, neighbors)
    score = estimate.position(gain)
    low, high = cuts(cost_quality)
    shift = _shift(cost_quality)
    simple, medium, complicated = seen.likely
    signals = seen.strongest if neighbors is None else (*seen.strongest, "similar_questions")
    found = Complexity(score=score, tier="medium", signals=signals, features=(gain, *seen.features))
    if not seen.seen.known:
        return replace(found, signals=())
    if seen.strongest and simple >= _SURELY_SIMPLE - shift / 2 and seen.looks_plain:
        return replace(found, tier="simple")
    experienced = estimate.labels >= _EXPERIENCED and complicated <= _HARDLY_COMPLEX
    if experienced and score < low:
        why = ("little_to_gain", *signals)
        return replace(found, tier="simple", signals=why, adjacent_tier="medium" if low - score < NEAR else None)
    if seen.reading.words > _LONG:
        return replace(found, tier="complex")
    tilted = complicated * 10 ** (-_TILT * shift)
    if abs(tilted - medium) < _UNSURE and medium + complicated > simple:
        if score >= high:
            why = ("much_to_gain", *signals) if signals else ()
            return replace(found, tier="complex", signals=why, adjacent_tier="medium" if score - high < NEAR else None)
        return replace(found, adjacent_tier="complex" if high - score < NEAR else None)
    if tilted > medium:
        return replace(found, tier="complex")
    return replace(found, adjacent_tier="simple" if experienced and score - low < NEAR else None)


def _shift(cost_quality: float | None) -> float:
    return 0.0 if cost_quality is None else (0.5 - cost_quality) * 2 * _DIAL
