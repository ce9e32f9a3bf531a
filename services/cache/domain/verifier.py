"""The last word on whether an answer may serve another question, and on how near the two are."""

from dataclasses import dataclass

from services.cache.domain.parsed import Parsed, parse
from services.cache.domain.synonyms import HOLLOW
from services.cache.domain.vetoes import VETOES

# What the model takes off for phrasing alone, as a share of what it takes off for short questions that differ in a word.
_REPHRASED = 1 / 3
# Up to so many content words one that was added moves a sentence vector as much as it should.
_ADDED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`vetoes` is the name of the first that objects; `weight` is how much a missing cosine counts, 1 in short questions that
    do not share all their words.
    """

    vetoes: tuple[str, ...]
    weight: float = 1.0

    def similarity(self, cosine: float) -> float:
        """The cosine on the scale of the threshold. 1 stays 1, and order is kept between equal weights."""
        return 1.0 - (1.0 - cosine) * self.weight


def judge(stored: str, asked: str) -> Verdict:
    """Compare two questions as they were written."""
    one, other = parse(stored), parse(asked)
    for name, objects in VETOES.items():
        if objects(one, other):
            return Verdict(vetoes=(name,))
    return Verdict(vetoes=(), weight=_weight(one, other))


def _weight(one: Parsed, other: Parsed) -> float:
    """Where both hold the same words in the same roles, what their vectors differ in is phrasing. The longer two questions are, the
    less a word that only one of them has moves their vectors.
    """
    if one.stems - HOLLOW == other.stems - HOLLOW:
        return _REPHRASED
    return max(1.0, max(len(one.stems), len(other.stems)) / _ADDED)
