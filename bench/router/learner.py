"""What an organization's labels are worth: the learner that ships, fed with the first N labels, ranks the rest."""

import random
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from bench.router.ranking import Numbers, Ranking, ranked
from services.analytics.domain.learning import Routed, add
from services.router.domain.knn import mean_uplift
from services.router.domain.quality_uplift import Prior, learned

SPLITS = 5


def online(
    prior: Prior, features: Numbers, nearby: Numbers, weak: Numbers, strong: Numbers, labels: int
) -> list[Ranking]:
    """One ranking for each split. A label is what the strong model gained on that question: −1, 0 or 1."""
    found = []
    for first, rest in _splits(len(features), labels):
        seen = [
            Routed(org_id="", features=(0.0, *features[at]), lowered=True, failed=float(strong[at] - weak[at]))
            for at in first
        ]
        own = learned(prior, add(None, seen))
        gains = [own.quality_uplift(tuple(features[at]), nearby[at]) for at in rest]
        found.append(ranked(np.array(gains), weak[rest], strong[rest]))
    return found


def nearest(vectors: NDArray[np.float32], weak: Numbers, strong: Numbers, labels: int) -> list[Ranking]:
    """To compare with: the mean label of the hundred nearest questions, which keeps every question's embedding."""
    gains = (strong - weak).astype(np.float32)
    return [
        ranked(
            np.array([mean_uplift(vectors[first] @ vectors[at], gains[first]) for at in rest]), weak[rest], strong[rest]
        )
        for first, rest in _splits(len(vectors), labels)
    ]


def middle(rankings: list[Ranking]) -> Ranking:
    """The medians."""
    names = Ranking.__struct_fields__
    return Ranking(**{name: float(np.median([getattr(one, name) for one in rankings])) for name in names})


def _splits(count: int, labels: int) -> Iterator[tuple[list[int], list[int]]]:
    for seed in range(SPLITS):
        order = list(range(count))
        random.Random(seed).shuffle(order)
        yield order[:labels], order[labels:]
