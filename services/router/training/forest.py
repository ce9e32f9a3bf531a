"""Fits the two halves of the judge, in numpy alone: multinomial regression, and trees on drawn samples."""

import numpy as np
from numpy.typing import NDArray

from services.router.domain.judge import TIERS, Forest

Numbers = NDArray[np.float64]
Labels = NDArray[np.int64]
TREES, DEPTH, LEAF = 60, 10, 2
RIDGE, STEPS, RATE = 3.0, 400, 0.3
_CLASSES = len(TIERS)


def regression(scaled: Numbers, labels: Labels) -> Numbers:
    """Weights of a multinomial regression with a ridge, a row for each feature and the constants last."""
    inputs = np.c_[scaled, np.ones(len(scaled))]
    weights = np.zeros((inputs.shape[1], _CLASSES))
    wanted = np.eye(_CLASSES)[labels]
    kept = np.ones((inputs.shape[1], 1))
    kept[-1] = 0
    for _ in range(STEPS):
        scores = inputs @ weights
        exponents = np.exp(scores - scores.max(axis=1, keepdims=True))
        likely = exponents / exponents.sum(axis=1, keepdims=True)
        weights -= RATE * (inputs.T @ (likely - wanted) + RIDGE * kept * weights) / len(labels)
    return weights


class Grower:
    """Grows trees, each on a sample drawn with replacement, each split on the best of a few drawn features."""

    def __init__(self, values: Numbers, labels: Labels, seed: int) -> None:
        self._values = values
        self._labels = labels
        self._dice = np.random.default_rng(seed)
        self._tried = int(np.sqrt(values.shape[1])) + 1
        self._nodes: list[tuple[int, float, int, int, Numbers]] = []

    def forest(self) -> Forest:
        """All of the trees."""
        size = len(self._labels)
        roots = [self._grow(self._dice.integers(0, size, size), 0) for _ in range(TREES)]
        feature, cut, left, right, shares = zip(*self._nodes, strict=True)
        return Forest(
            roots=np.array(roots),
            feature=np.array(feature),
            cut=np.round(np.array(cut), 4),
            left=np.array(left),
            right=np.array(right),
            shares=np.round(np.array(shares), 3),
            depth=DEPTH,
        )

    def _grow(self, rows: Labels, depth: int) -> int:
        here = len(self._nodes)
        counts = np.bincount(self._labels[rows], minlength=_CLASSES)
        self._nodes.append((-1, 0.0, here, here, counts / len(rows)))
        pure = int(counts.max()) == len(rows)
        split = None if pure or depth >= DEPTH or len(rows) < 2 * LEAF else self._split(rows, counts)
        if split is not None:
            feature, cut = split
            low = self._values[rows, feature] <= cut
            left, right = self._grow(rows[low], depth + 1), self._grow(rows[~low], depth + 1)
            self._nodes[here] = (feature, cut, left, right, counts / len(rows))
        return here

    def _split(self, rows: Labels, counts: Labels) -> tuple[int, float] | None:
        """The feature and the cut that leave the purest halves."""
        best, found = -1.0, None
        first = np.arange(1, len(rows))
        for feature in self._dice.choice(self._values.shape[1], self._tried, replace=False):
            order = np.argsort(self._values[rows, feature], kind="stable")
            values = self._values[rows, feature][order]
            left = np.cumsum(np.eye(_CLASSES)[self._labels[rows][order]], axis=0)[:-1]
            purity = (left**2).sum(axis=1) / first + ((counts - left) ** 2).sum(axis=1) / (len(rows) - first)
            open_to = (values[1:] > values[:-1]) & (first >= LEAF) & (len(rows) - first >= LEAF)
            if not open_to.any():
                continue
            at = int(np.where(open_to, purity, -1.0).argmax())
            if purity[at] > best:
                best, found = float(purity[at]), (int(feature), float(values[at] + values[at + 1]) / 2)
        return found
