"""The last word on whether an answer may serve another question, and on how near the two are."""

from dataclasses import dataclass

from services.cache.domain.parsed import Parsed, parse
from services.cache.domain.vetoes import VETOES

FAILED = "verifier_failed"
# What the model takes off for phrasing alone, as a share of what it takes off for short questions that differ in a word.
_REPHRASED = 0.5
# Up to so many content words one word that was exchanged, or added, moves a sentence vector as much as it should.
_EXCHANGED, _ADDED = 4, 3


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
    """Compare two questions as they were written.

    Whatever goes wrong in here is a veto: a question that cannot be judged is not served.
    """
    try:
        one, other = parse(stored), parse(asked)
        for name, objects in VETOES.items():
            if objects(one, other):
                return Verdict(vetoes=(name,))
        return Verdict(vetoes=(), weight=_weight(one, other))
    except Exception:
        return Verdict(vetoes=(FAILED,))


def _weight(one: Parsed, other: Parsed) -> float:
    """The longer two questions are, the less one exchanged word moves their vectors; where none is exchanged, what the
    vectors differ in is phrasing.
    """
    if one.stems == other.stems:
        return _REPHRASED
    short = _ADDED if one.stems <= other.stems or other.stems <= one.stems else _EXCHANGED
    return max(1.0, max(len(one.stems), len(other.stems)) / short)
