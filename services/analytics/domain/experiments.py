"""What the levers saved, and what they did to quality, measured against the conversations that ran without them.

Everything is by conversation, never by request: requests of one conversation are not independent. All of it is asymptotic; the
simulations of `bench/holdout` say how well it holds for how many conversations.
"""

import math
from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

FEWEST: Final = 30
RESAMPLES: Final = 2_000
SEED: Final = 20_261_128
ALPHA: Final = 0.05
_NORMAL: Final = 1.959963984540054
# Conversations on the smaller side at which the always-valid interval is narrowest.
_TUNED_FOR: Final = 500
# Where a side has this much of the variance, it takes so many effective conversations, by the simulations.
_MOST_OF_IT, _LARGE_ENOUGH = 0.8, 100
# So many groups of conversations are resampled at the most; of fewer conversations each is one.
_GROUPS: Final = 1_000
# Of what is about 1: nothing.
_TINY: Final = 1e-9

Numbers = NDArray[np.float64]


class Interval(msgspec.Struct, frozen=True):
    """An estimate and its 95 % interval."""

    value: float
    low: float
    high: float


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """A share of the cost that was saved, negative where the levers cost more. `fixed` is good for one look at a time chosen before,
    `always_valid` for as many looks as one likes.
    """

    fixed: Interval
    always_valid: Interval


def saving(treated: Numbers, control: Numbers, seed: int = SEED, resamples: int = RESAMPLES) -> Measured | None:
    """1 − mean cost treated ÷ mean cost control. Rows are conversations; the columns are the cost and the covariate, which is known
    before any lever acts. None where a side has fewer than `FEWEST` conversations, or costs nothing.
    """
    if min(len(treated), len(control)) < FEWEST or treated[:, 0].mean() <= 0 or control[:, 0].mean() <= 0:
        return None
    sides = _sums(treated, control)
    value, *variances = (float(found) for found in _log_ratio(*(side.sum(axis=0) for side in sides)))
    error, effective = math.sqrt(sum(variances)), [_effective(side[:, 0]) for side in (treated, control)]
    width = _always_valid(error, len(treated), len(control))
    # One side alone, with few conversations, is uncertain: its skew has no counterpart, and no interval for a single look holds.
    lopsided = any(
        part > _MOST_OF_IT * sum(variances) and count < _LARGE_ENOUGH
        for part, count in zip(variances, effective, strict=True)
    )
    # Never narrower than Student's interval: few conversations may by chance hold none of the large ones.
    once = max(_reach(*sides, value, seed, resamples), _quantile(variances, effective)) * error
    return Measured(fixed=_saved(value, width if lopsided else once), always_valid=_saved(value, width))


def difference(treated: Numbers, control: Numbers, alpha: float = ALPHA) -> Measured | None:
    """Mean treated − mean control of something that is counted once for each conversation. None as for `saving`. The always-valid interval
    fails to hold in a share of at most `alpha`, which is smaller where several are looked at.
    """
    if min(len(treated), len(control)) < FEWEST:
        return None
    value = float(treated.mean() - control.mean())
    error = math.sqrt(_variance(treated) / len(treated) + _variance(control) / len(control))
    width = _always_valid(error, len(treated), len(control), alpha)
    return Measured(
        fixed=Interval(value, value - _NORMAL * error, value + _NORMAL * error),
        always_valid=Interval(value, value - width, value + width),
    )


def harms(measured: Measured | None, margin: float) -> bool:
    """Whether something that should be small is larger with the levers by more than `margin`, however often one has looked."""
    return measured is not None and measured.always_valid.low > margin


def table(rows: Sequence[tuple[float, float]]) -> Numbers:
    """Rows of cost and covariate."""
    return np.array(rows, dtype=np.float64).reshape(-1, 2)


def _sums(treated: Numbers, control: Numbers) -> tuple[Numbers, Numbers]:
    """Each side as sums over groups of conversations, at most `_GROUPS` of them: count, cost, covariate, their squares and product. All
    that is computed afterwards, once or for thousands of resamples, is made of such sums, whatever the number of conversations.
    """
    # Without a covariate, one that never varies. In units of one side's mean no digits are lost.
    known = bool(treated[:, 1].any() and control[:, 1].any())
    unit = (control[:, 0].mean(), control[:, 1].mean() if known else 1.0)
    return _side_sums(treated, unit, known), _side_sums(control, unit, known)


def _side_sums(side: Numbers, unit: tuple[float, float], known: bool) -> Numbers:
    cost, before = side[:, 0] / unit[0], side[:, 1] / unit[1] if known else np.ones(len(side))
    columns = np.column_stack((np.ones(len(side)), cost, before, cost * cost, before * before, cost * before))
    return np.add.reduceat(columns, np.arange(0, len(side), math.ceil(len(side) / _GROUPS)))


def _log_ratio(treated: Numbers, control: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """The logarithm of treated ÷ control and the variance (delta method) that each side has in it, of sums in the last axis.

    The covariate is a control variate (CUPED): the logarithm of its own ratio is zero but for chance, and is taken off as far as costs
    go with it. The slope, by how many percent costs are higher where the covariate is one percent higher, is one for both sides.
    """
    sides = [_Side(sums) for sums in (treated, control)]
    moved = sum(side.count * side.cross for side in sides)
    spread = sum(side.count * side.known for side in sides)
    slope = np.where(spread > _TINY, moved / np.maximum(spread, _TINY), 0.0)
    levels = [np.log(side.mean) - slope * np.log(side.middle) for side in sides]
    variances = [
        np.maximum(side.square - 2 * slope * side.cross + slope**2 * side.known, 0.0) / (side.count - 1)
        for side in sides
    ]
    return levels[0] - levels[1], variances[0], variances[1]


class _Side:
    """Means of one side, and the covariances of what is divided by them."""

    def __init__(self, sums: Numbers) -> None:
        self.count = sums[..., 0]
        # A resample without any cost has no logarithm; it counts as far out.
        self.mean, self.middle = (np.maximum(sums[..., column] / self.count, _TINY) for column in (1, 2))
        self.square = sums[..., 3] / self.count / self.mean**2 - 1
        self.known = sums[..., 4] / self.count / self.middle**2 - 1
        self.cross = sums[..., 5] / self.count / (self.mean * self.middle) - 1


def _quantile(variances: Sequence[float], effective: Sequence[float]) -> float:
    """The quantile of Student's t with Welch's degrees of freedom. Where a few large conversations make up a side's cost, it knows no
    more than as many equal ones would (Kish's effective number): the variance of so few is itself uncertain.
    """
    sides = zip(variances, effective, strict=True)
    uncertain = sum(variance**2 / (max(count, 3.0) - 1) for variance, count in sides)
    freedom = sum(variances) ** 2 / uncertain if uncertain > 0 else math.inf
    z = _NORMAL  # Cornish and Fisher's expansion, true to one percent from three degrees of freedom on
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)


def _effective(costs: Numbers) -> float:
    """Kish's effective number: how many equal conversations would make up this cost."""
    return float(costs.sum() ** 2 / (costs @ costs)) if costs.any() else 0.0


def _reach(treated: Numbers, control: Numbers, value: float, seed: int, resamples: int) -> float:
    """How many standard errors the interval reaches out on either side, by a symmetric studentized bootstrap over conversations of the
    whole estimator, slope included. With costs as skewed as these, percentiles of the ratio are too narrow, and so are the
    studentized bootstrap's own two tails, each of which is estimated from few.
    """
    random = np.random.default_rng(seed)
    found, *variances = _log_ratio(*(_resampled(side, random, resamples) for side in (treated, control)))
    errors = np.maximum(np.sqrt(variances[0] + variances[1]), _TINY)
    return float(np.quantile(np.abs(found - value) / errors, 1 - ALPHA))


def _resampled(groups: Numbers, random: np.random.Generator, resamples: int) -> Numbers:
    """The sums of each resample: how often it holds each group, times that group's sums."""
    count = len(groups)
    drawn = random.integers(0, count, (resamples, count)) + np.arange(resamples)[:, None] * count
    return np.bincount(drawn.ravel(), minlength=resamples * count).reshape(resamples, count) @ groups


def _always_valid(error: float, treated: int, control: int, alpha: float = ALPHA) -> float:
    """Half the width of the asymptotic confidence sequence of Waudby-Smith et al. (2021), which is Robbins' normal mixture."""
    count = treated * control / (treated + control)
    wanted = -2 * math.log(alpha)
    ratio = (wanted + math.log(wanted + 1)) / _TUNED_FOR
    grown = count * ratio
    return error * math.sqrt((1 + 1 / grown) * (math.log(grown + 1) - 2 * math.log(alpha)))


def _variance(values: Numbers) -> float:
    """The variance; of a proportion as if one conversation more had it and one more had not (Agresti and Caffo, 2000): where few are held
    out, often none of them has what is counted, and nothing seen is not nothing there.
    """
    if ((values == 0.0) | (values == 1.0)).all():
        ones, count = float(values.sum()), len(values)
        return (ones + 1) * (count - ones + 1) / (count + 2) ** 2
    return float(values.var(ddof=1))


def _saved(log_ratio: float, width: float) -> Interval:
    return Interval(1 - math.exp(log_ratio), 1 - math.exp(log_ratio + width), 1 - math.exp(log_ratio - width))
