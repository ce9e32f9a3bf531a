"""Which tier a prompt needs: a regression and a forest, learned from labelled prompts, each with half of the say."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from libs.common.contracts.auth import Tier

Numbers = NDArray[np.float64]
TIERS: tuple[Tier, ...] = ("simple", "medium", "complex")
_NAMED = 4


@dataclass(frozen=True, slots=True)
class Forest:
    """Trees in one row of nodes: a node's `feature` is compared with its `cut`; at a leaf it is −1 and `shares` count.

    `roots` are where the trees begin, `depth` is the longest way down.
    """

    roots: NDArray[np.int64]
    feature: NDArray[np.int64]
    cut: Numbers
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    shares: Numbers
    depth: int

    def __call__(self, values: Numbers) -> Numbers:
        """The mean share of each tier among the labelled prompts that fell where this one falls."""
        at = self.roots
        for _ in range(self.depth):
            feature = self.feature[at]
            below = np.where(values[feature] <= self.cut[at], self.left[at], self.right[at])
            at = np.where(feature < 0, at, below)
        shares: Numbers = self.shares[at].mean(axis=0)
        return shares


@dataclass(frozen=True, slots=True)
class Judge:
    """`names`, `mean` and `deviation` go with the features; `weights` has a row for each of them and one for the constant.

    `sharpness` is the power that makes the two models' mean fit the labels: halves of the say are modest.
    """

    names: tuple[str, ...]
    mean: Numbers
    deviation: Numbers
    weights: Numbers
    forest: Forest
    sharpness: float

    def __call__(self, values: Sequence[float]) -> tuple[Numbers, tuple[str, ...]]:
        """How likely each of `TIERS` is, and which features spoke for the likeliest, the strongest first."""
        given = np.array(values)
        scaled = (given - self.mean) / self.deviation
        scores = scaled @ self.weights[:-1] + self.weights[-1]
        exponents = np.exp(scores - scores.max())
        likely = ((exponents / exponents.sum() + self.forest(given)) / 2) ** self.sharpness
        likely /= likely.sum()
        best = int(likely.argmax())
        towards = scaled * (self.weights[:-1, best] - self.weights[:-1].mean(axis=1))
        spoke = np.where(given > 0, towards, 0.0)
        strongest = [int(at) for at in np.argsort(-spoke, kind="stable")[:_NAMED] if spoke[at] > 0]
        return likely, tuple(self.names[at] for at in strongest)
