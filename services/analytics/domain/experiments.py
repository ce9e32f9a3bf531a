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
_DELTA_FROM: Final = 1_000
# Conversations on the smaller side at which the always-valid interval is narrowest.
_TUNED_FOR: Final = 500
# Where a side has this much of the variance, it takes so many effective conversations, by the simulations.
_MOST_OF_IT, _LARGE_ENOUGH = 0.8, 100
_PORTION: Final = 2_000_000

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


def saving(treated: Numbers, control: Numbers, seed: int = SEED) -> Measured | None:
    """1 − mean cost treated ÷ mean cost control. Rows are conversations; the columns are the cost and the covariate, which is known
    before any lever acts. None where a side has fewer than `FEWEST` conversations, or costs nothing.
    """
    if min(len(treated), len(control)) < FEWEST:
        return None
    estimate = _log_ratio(treated, control)
    if estimate is None:
        return None
    value, error, quantile, lopsided = estimate
    if min(len(treated), len(control)) >= _DELTA_FROM:
        low, high = value - quantile * error, value + quantile * error
    else:
        low, high = _bootstrap(treated, control, (value, error, quantile), seed)
    width = _always_valid(error, len(treated), len(control))
    if lopsided:
        low, high = value - width, value + width
    return Measured(
        fixed=Interval(_saved(value), _saved(high), _saved(low)),
        always_valid=Interval(_saved(value), _saved(value + width), _saved(value - width)),
    )


def difference(treated: Numbers, control: Numbers) -> Measured | None:
    """Mean treated − mean control of something that is counted once for each conversation. None as for `saving`."""
    if min(len(treated), len(control)) < FEWEST:
        return None
    value = float(treated.mean() - control.mean())
    error = math.sqrt(_variance(treated) / len(treated) + _variance(control) / len(control))
    width = _always_valid(error, len(treated), len(control))
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


def _log_ratio(treated: Numbers, control: Numbers) -> tuple[float, float, float, bool] | None:
    """The logarithm of treated ÷ control, its standard error (delta method), how many of them the interval reaches out, and whether it
    is one side alone, with few conversations, that is uncertain: its skew has no counterpart then, and no interval for a single look
    holds.

    The covariate is a control variate (CUPED): the logarithm of its own ratio is zero but for chance, and is taken off as far as costs
    go with it.
    """
    if treated[:, 0].mean() <= 0 or control[:, 0].mean() <= 0:
        return None
    slope = _slope(treated, control)
    levels, errors = zip(*(_level(side[None], slope) for side in (treated, control)), strict=True)
    variances = [float(error[0]) for error in errors]
    value, variance = float(levels[0][0] - levels[1][0]), sum(variances)
    costs = (treated[:, 0], control[:, 0])
    lopsided = any(
        part > _MOST_OF_IT * variance and _effective(side) < _LARGE_ENOUGH
        for part, side in zip(variances, costs, strict=True)
    )
    return value, math.sqrt(variance), _quantile(variances, costs), lopsided


def _quantile(variances: Sequence[float], costs: Sequence[Numbers]) -> float:
    """The quantile of Student's t with Welch's degrees of freedom. Where a few large conversations make up a side's cost, it knows no
    more than as many equal ones would (Kish's effective number): the variance of so few is itself uncertain.
    """
    effective = [max(_effective(side), 3.0) for side in costs]
    uncertain = sum(variance**2 / (count - 1) for variance, count in zip(variances, effective, strict=True))
    freedom = sum(variances) ** 2 / uncertain if uncertain > 0 else math.inf
    z = _NORMAL  # Cornish and Fisher's expansion, true to one percent from three degrees of freedom on
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)


def _level(sides: NDArray[np.float64], slope: float) -> tuple[Numbers, Numbers]:
    """The logarithm of the mean cost, less the slope times that of the mean covariate, and its variance; for each of several sides."""
    costs, known = sides[..., 0], sides[..., 1]
    mean, middle = costs.mean(axis=1), np.maximum(known.mean(axis=1), 1e-300)
    # A resample without any cost has no logarithm; it counts as far out.
    mean = np.maximum(mean, 1e-300)
    residual = costs / mean[:, None] - slope * known / middle[:, None]
    return np.log(mean) - slope * np.log(middle), residual.var(axis=1, ddof=1) / costs.shape[1]


def _slope(treated: Numbers, control: Numbers) -> float:
    """By how many percent costs are higher where the covariate is one percent higher: one figure for both sides, 0 without a covariate."""
    if treated[:, 1].mean() <= 0 or control[:, 1].mean() <= 0:
        return 0.0
    moved, spread = 0.0, 0.0
    for side in (treated, control):
        around = side[:, 1] / side[:, 1].mean() - 1
        moved += float(around @ side[:, 0]) / float(side[:, 0].mean())
        spread += float(around @ around)
    return moved / spread if spread > 0 else 0.0


def _effective(costs: Numbers) -> float:
    """Kish's effective number: how many equal conversations would make up this cost."""
    return float(costs.sum() ** 2 / (costs @ costs)) if costs.any() else 0.0


def _bootstrap(
    treated: Numbers, control: Numbers, estimate: tuple[float, float, float], seed: int
) -> tuple[float, float]:
    """The interval of the log ratio by a studentized bootstrap over conversations: with costs as skewed as these, percentiles of the
    ratio itself are too narrow.
    """
    value, error, quantile = estimate
    random = np.random.default_rng(seed)
    slope = _slope(treated, control)
    ours, variance = _resampled(treated, slope, random)
    theirs, more = _resampled(control, slope, random)
    deviations = (ours - theirs - value) / np.maximum(np.sqrt(variance + more), 1e-300)
    low, high = np.quantile(deviations, (ALPHA / 2, 1 - ALPHA / 2))
    # Never narrower than Student's interval: few conversations may by chance hold none of the large ones.
    return value - max(float(high), quantile) * error, value - min(float(low), -quantile) * error


def _resampled(side: Numbers, slope: float, random: np.random.Generator) -> tuple[Numbers, Numbers]:
    """Level and variance of each resample."""
    count = len(side)
    step = max(1, _PORTION // count)
    parts = [
        _level(side[random.integers(0, count, (min(step, RESAMPLES - start), count))], slope)
        for start in range(0, RESAMPLES, step)
    ]
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


def _always_valid(error: float, treated: int, control: int) -> float:
    """Half the width of the asymptotic confidence sequence of Waudby-Smith et al. (2021), which is Robbins' normal mixture."""
    count = treated * control / (treated + control)
    wanted = -2 * math.log(ALPHA)
    ratio = (wanted + math.log(wanted + 1)) / _TUNED_FOR
    grown = count * ratio
    return error * math.sqrt((1 + 1 / grown) * (math.log(grown + 1) - 2 * math.log(ALPHA)))


def _variance(values: Numbers) -> float:
    """The variance; of what never varied, as if half a conversation more were on either side: nothing seen is not nothing there."""
    if set(np.unique(values)) <= {0.0, 1.0}:
        ones, count = float(values.sum()), len(values)
        return (ones + 0.5) * (count - ones + 0.5) / (count + 1) ** 2
    return float(values.var(ddof=1))


def _saved(log_ratio: float) -> float:
    return 1 - math.exp(log_ratio)
