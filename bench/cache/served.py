"""Which of two questions' answers the cache would serve: what the service does, for many pairs at once."""

from collections.abc import Iterable, Sequence

import msgspec
import numpy as np

from bench.cache.pairs import Pair
from libs.common.embedding import Embedder
from libs.common.embedding.ports import Vectors
from libs.common.embedding.static import StaticTable
from services.cache.answers import FLOOR
from services.cache.domain.normalise import normalise
from services.cache.domain.verifier import judge
from services.cache.static_embedding import embed_static

THRESHOLD = 0.95


class Scored(msgspec.Struct, frozen=True, kw_only=True):
    """`cosine` is the model's on the texts as they are, `similarity` the service's; `near` is the static table's word."""

    pair: Pair
    cosine: float
    similarity: float
    near: bool
    vetoes: tuple[str, ...]

    def served(self, threshold: float = THRESHOLD) -> bool:
        """Whether the service would serve one for the other."""
        return self.exhaustive(threshold) and self.near

    def exhaustive(self, threshold: float = THRESHOLD) -> bool:
        """Whether it would if it asked the model about every entry."""
        return not self.vetoes and self.similarity >= threshold


class Scorer:
    """Each text is embedded once, however many pairs it is in. With `raw`, as it was written too, to compare with."""

    def __init__(self, model: Embedder, table: StaticTable, *, raw: bool = False) -> None:
        self._model, self._table, self._raw = model, table, raw
        self._meanings: dict[str, Vectors] = {}

    def score(self, pairs: Sequence[Pair]) -> list[Scored]:
        """What the service would make of each pair, were the first question stored and the second asked."""
        texts = [text for pair in pairs for text in (pair.stored, pair.asked)]
        self._see({normalise(text) for text in texts} | (set(texts) if self._raw else set()))
        return [self._one(pair) for pair in pairs]

    def _one(self, pair: Pair) -> Scored:
        one, other = normalise(pair.stored), normalise(pair.asked)
        verdict = judge(pair.stored, pair.asked)
        here, there = self._static(pair.stored), self._static(pair.asked)
        exact_only = here is None or there is None
        return Scored(
            pair=pair,
            cosine=self._cosine(pair.stored, pair.asked) if self._raw else 0.0,
            similarity=1.0 if one == other else verdict.similarity(self._cosine(one, other)),
            near=here is not None and there is not None and float(np.dot(here, there)) >= FLOOR,
            vetoes=(*verdict.vetoes, "exact only") if exact_only else verdict.vetoes,
        )

    def _cosine(self, one: str, other: str) -> float:
        return float(np.dot(self._meanings[one], self._meanings[other]))

    def _static(self, text: str) -> Vectors | None:
        return embed_static(text, self._table)[1]

    def _see(self, texts: Iterable[str]) -> None:
        # By length: what is batched together costs as much as its longest text.
        new = sorted((text for text in texts if text not in self._meanings), key=len)
        self._meanings.update(zip(new, self._model.embed(new), strict=True))
