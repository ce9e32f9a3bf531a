"""How alike two texts are in meaning, by a table of word vectors whose cosines were fitted to the real model's."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np

from libs.common.embedding.ports import Vectors

_WORD = re.compile(r"\w+|[^\w\s]")
_WORDS_KNOWN = 32_768


class Table(Protocol):
    """One vector for each token of the model's vocabulary."""

    def tokens(self, text: str) -> Sequence[int]:
        """The text's token ids."""
        ...

    def vector(self, tokens: Sequence[int]) -> Vectors:
        """The direction of a text with these tokens, of length one; zeros for none."""
        ...


@dataclass(frozen=True, slots=True)
class Calibration:
    """From a raw similarity to the model's cosine: straight lines between rising points.

    The raw similarity is one less a mean of two distances, that of the table's vectors (its weight is `cosine_share`) and the
    share of tokens that only one text has. The table weighs function words lightly; the tokens see them go.
    """

    cosine_share: float
    raw: tuple[float, ...]
    model: tuple[float, ...]


class Similarity:
    """The cosine that the model would give, from a thousandth of its work. Pure: the table and the curve are data."""

    def __init__(self, table: Table, curve: Calibration) -> None:
        self._table = table
        self._calibration = curve
        # The model's tokenizer parts text at blanks and marks; looking its words up is ten times as fast.
        self._word = lru_cache(maxsize=_WORDS_KNOWN)(lambda word: tuple(table.tokens(word)))

    def tokens(self, text: str) -> list[int]:
        """The text's token ids."""
        return [token for word in _WORD.findall(text) for token in self._word(word)]

    def between(self, before: str, after: str) -> float:
        """From 0 to 1; exactly 1 where both are the same to the model."""
        first, second = self.tokens(before), self.tokens(after)
        if first == second:
            return 1.0
        raw = raw_similarity(self._table, first, second, self._calibration.cosine_share)
        return float(np.interp(raw, self._calibration.raw, self._calibration.model))

    def nearness(self, question: str, texts: Sequence[str]) -> list[float]:
        """The table's own cosine of a question to each text, for ranking them only."""
        asked = self._table.vector(self.tokens(question))
        return [float(asked @ self._table.vector(self.tokens(text))) for text in texts]


def raw_similarity(table: Table, first: Sequence[int], second: Sequence[int], cosine_share: float) -> float:
    """Both measures before the curve: a geometric mean, for the model's distance grows with the product of the two."""
    cosine = min(1.0, max(0.0, float(table.vector(first) @ table.vector(second))))
    shared = 2 * (Counter(first) & Counter(second)).total() / max(1, len(first) + len(second))
    distance: float = (1 - cosine) ** cosine_share * (1 - shared) ** (1 - cosine_share)
    return 1 - distance
