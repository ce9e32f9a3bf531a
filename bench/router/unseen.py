"""Tiers of labelled prompts that training never saw: right ones beside wrong ones, kind by kind and language by language."""

from collections import Counter
from collections.abc import Callable, Sequence

import msgspec

from services.router.domain.judge import TIERS
from services.router.training.prompts import LANGUAGES, Labelled

TierOf = Callable[[str], str]
HEAD = ["unseen prompts", "number", "right", "too low", "complex in simple", "medium in simple", "too high"]


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """How the tiers of some prompts came out."""

    number: int
    right: int
    too_low: int
    complex_in_simple: int
    medium_in_simple: int
    too_high: int

    @property
    def share(self) -> float:
        """The share of tiers that is right."""
        return self.right / max(self.number, 1)

    def row(self, title: str) -> list[str]:
        """A line of the table."""
        counts = (self.too_low, self.complex_in_simple, self.medium_in_simple, self.too_high)
        return [title, str(self.number), f"{self.share:.1%}", *map(str, counts)]


def verdict(prompts: Sequence[Labelled], tier_of: TierOf) -> Verdict:
    """Compare tiers with labels."""
    pairs = Counter((one.tier, tier_of(one.prompt)) for one in prompts)
    steps = {pair: TIERS.index(pair[1]) - TIERS.index(pair[0]) for pair in pairs}
    return Verdict(
        number=len(prompts),
        right=sum(count for pair, count in pairs.items() if steps[pair] == 0),
        too_low=sum(count for pair, count in pairs.items() if steps[pair] < 0),
        complex_in_simple=pairs["complex", "simple"],
        medium_in_simple=pairs["medium", "simple"],
        too_high=sum(count for pair, count in pairs.items() if steps[pair] > 0),
    )


def by_length(trained: Sequence[Labelled]) -> TierOf:
    """The best two cuts on the prompt's length alone, found on the prompts that training saw: what has to be beaten."""
    lengths = sorted({len(one.prompt) for one in trained})
    tried = lengths[:: max(len(lengths) // 40, 1)]

    def right(low: int, high: int) -> int:
        return sum(_cut(one.prompt, low, high) == one.tier for one in trained)

    low, high = max(((a, b) for a in tried for b in tried if a <= b), key=lambda pair: right(*pair))
    return lambda prompt: _cut(prompt, low, high)


def _cut(prompt: str, low: int, high: int) -> str:
    return "simple" if len(prompt) < low else "medium" if len(prompt) < high else "complex"


def languages(prompts: Sequence[Labelled], tier_of: TierOf) -> dict[str, Verdict]:
    """The verdict on each language."""
    return {name: verdict([one for one in prompts if one.language == name], tier_of) for name in LANGUAGES}
