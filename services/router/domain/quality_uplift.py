"""What a stronger model would gain: the shipped estimate, and the same after what an organization's own traffic taught.

An estimate is linear in a prompt's features and needs no model. Its unit is the spread of the estimate among questions of
one kind; `Prior.unit` says how much of an answer's quality (0 to 1) that is.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from libs.common.contracts.router import Learned

Numbers = NDArray[np.float64]
# The shipped estimate counts as much as this many labels, and the shipped sample as this many requests.
PRIOR_LABELS = 1000.0
PRIOR_REQUESTS = 300.0


@dataclass(frozen=True, slots=True)
class Prior:
    """What was learned before shipping. `mean`, `deviation` and `weights` go with the features.

    `ladder` holds the percentiles of the shipped sample's gains, rising. What the neighbors say (their mean gain) is
    scaled by `neighbor_mean` and `neighbor_spread`; `together` shrinks the sum back to the spread of the estimate alone.
    """

    mean: Numbers
    deviation: Numbers
    weights: Numbers
    unit: float
    ladder: Numbers
    neighbor_mean: float
    neighbor_spread: float
    together: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """How gains are told for one organization: `weights` and `constant` on scaled features, and its traffic's `ladder`.

    `labels` is how many answers it has learned from; `trust` is what the shipped neighbors still count, 0 to 1.
    """

    prior: Prior
    weights: Numbers
    constant: float
    ladder: Numbers
    labels: float
    trust: float

    def quality_uplift(self, features: tuple[float, ...], neighbors: float | None = None) -> float:
        """The expected gain, in units; `neighbors` is the mean gain of the training questions nearby, if it is known."""
        prior = self.prior
        scaled = (np.array(features) - prior.mean) / prior.deviation
        own = float(scaled @ self.weights) + self.constant
        if neighbors is None:
            return own
        said = self.trust * (neighbors - prior.neighbor_mean) / prior.neighbor_spread
        return (own + said) * (1 - self.trust * (1 - prior.together))

    def position(self, gain: float) -> float:
        """The share of the traffic whose gain is smaller, 0 to 1."""
        return float(np.interp(gain, self.ladder, np.linspace(0, 1, len(self.ladder))))


def shipped(prior: Prior) -> Estimate:
    """The estimate for an organization that nothing is known about."""
    return Estimate(prior=prior, weights=prior.weights, constant=0.0, ladder=prior.ladder, labels=0.0, trust=1.0)


def learned(prior: Prior, from_traffic: Learned) -> Estimate:
    """The shipped weights, moved by an organization's labels as far as their number says; ridge regression towards them."""
    count = len(prior.weights)
    if from_traffic.features != count:
        return shipped(prior)
    # The sums are over features as they travel, a constant behind them; here they are scaled, which is linear.
    scale = np.diag(np.append(1 / prior.deviation, 1.0))
    scale[:-1, -1] = -prior.mean / prior.deviation
    seen = scale @ _square(from_traffic.products, count + 1) @ scale.T
    said = scale @ np.array(from_traffic.answers)
    before = np.append(prior.weights, 0.0) * prior.unit
    weights = np.linalg.solve(seen + PRIOR_LABELS * np.eye(count + 1), said + PRIOR_LABELS * before) / prior.unit
    return Estimate(
        prior=prior,
        weights=weights[:-1],
        constant=float(weights[-1]),
        ladder=_ladder(prior, from_traffic),
        labels=from_traffic.labels,
        trust=PRIOR_LABELS / (PRIOR_LABELS + from_traffic.labels),
    )


def _square(upper: tuple[float, ...], size: int) -> Numbers:
    """The symmetric matrix whose upper triangle this is, row by row."""
    square = np.zeros((size, size))
    square[np.triu_indices(size)] = upper
    return square + np.triu(square, 1).T


def _ladder(prior: Prior, from_traffic: Learned) -> Numbers:
    """Percentiles of the organization's gains, the shipped sample among them."""
    counts = np.array(from_traffic.histogram)
    edges = np.linspace(-from_traffic.reach, from_traffic.reach, len(counts) + 1)
    sample = np.histogram(np.clip(prior.ladder, edges[0], edges[-1]), edges)[0]
    mixed = counts + sample * (PRIOR_REQUESTS / sample.sum())
    below = np.concatenate([[0.0], np.cumsum(mixed)]) / mixed.sum()
    return np.interp(np.linspace(0, 1, len(prior.ladder)), below, edges)
