"""One text by itself, as short as a wanted similarity allows."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

from libs.common.contracts.auth import OptimizationSettings
from services.optimizer.domain.levers import plan, text_steps
from services.optimizer.domain.plan import Plan
from services.optimizer.domain.rewording import Similar, TextStep
from services.optimizer.domain.rewriting import Count, reword

# Below the first the phrases of the aggressive level are used, below the second its articles go too. What is tried must not
# depend on how it turned out, or a second run would go further than the first.
_LIKELY_BELOW, _ARTICLES_BELOW = 0.9, 0.8


@dataclass(frozen=True, slots=True)
class Shortened:
    """The text, how like it is to the one that came in (a cosine from 0 to 1), and its tokens."""

    text: str
    similarity: float
    tokens: int


def shortened(text: str, threshold: float, count: Count, alike: Callable[[str, str], float]) -> Shortened:
    """The text as instructions are shortened, if its similarity is at or above the threshold, or itself with similarity 1.

    What a threshold allows is decided before the text is looked at, so that the result of a second run is that of the first.
    """
    before = count(text)

    def similar(one: str, other: str) -> bool:
        return alike(one, other) >= threshold

    after = reword(text, steps(threshold, similar), count, similar, [])
    similarity = alike(text, after)
    if similarity >= threshold and (tokens := count(after)) < before:
        return Shortened(after, similarity, tokens)
    return Shortened(text, 1.0, before)


def steps(threshold: float, similar: Similar) -> tuple[TextStep, ...]:
    """The steps that a threshold allows."""
    return tuple(text_steps(_plan(threshold < _LIKELY_BELOW, threshold < _ARTICLES_BELOW), "instructions", similar))


@lru_cache(maxsize=4)
def _plan(likely: bool, articles: bool, /) -> Plan:
    everything = plan(OptimizationSettings(level="aggressive"))
    running = everything.running if articles else everything.running - {"articles"}
    return replace(everything, likely_wording=likely, running=running)
