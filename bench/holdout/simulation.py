"""Conversations drawn with a known true saving or a known true harm, and what the estimator says of them."""

import msgspec
import numpy as np

from services.analytics.domain.experiments import difference, harms, saving


class Traffic(msgspec.Struct, frozen=True, kw_only=True):
    """How conversations are drawn: costs are lognormal around the covariate's share of them. Spreads are of the logarithms."""

    treated: int
    control: int
    effect: float
    known: float = 1.0
    unknown: float = 0.8


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """Of many runs: in which share each interval held the truth, and the median width of both, in points of the cost."""

    fixed: float
    always_valid: float
    fixed_width: float
    always_valid_width: float


class Guarded(msgspec.Struct, frozen=True, kw_only=True):
    """Of many organizations over many days: which share was rolled back, and on which day half of those were."""

    rolled_back: float
    median_day: float | None


def coverage(traffic: Traffic, runs: int, seed: int) -> Coverage:
    """`runs` experiments, each looked at once."""
    random = np.random.default_rng(seed)
    held, valid, widths, valid_widths = 0, 0, [], []
    for run in range(runs):
        found = saving(
            _costs(random, traffic, traffic.treated, traffic.effect), _costs(random, traffic, traffic.control, 0), run
        )
        assert found is not None
        held += found.fixed.low <= traffic.effect <= found.fixed.high
        valid += found.always_valid.low <= traffic.effect <= found.always_valid.high
        widths.append(found.fixed.high - found.fixed.low)
        valid_widths.append(found.always_valid.high - found.always_valid.low)
    return Coverage(
        fixed=held / runs,
        always_valid=valid / runs,
        fixed_width=float(np.median(widths)),
        always_valid_width=float(np.median(valid_widths)),
    )


def guarded(
    *, daily: int, share: float, rate: float, harm: float, margin: float, days: int, runs: int, seed: int
) -> Guarded:
    """`runs` organizations, looked at every day: `harm` is by how much the levers raise the rate of asking again."""
    random = np.random.default_rng(seed)
    stopped: list[int] = []
    for _ in range(runs):
        control = random.random(daily * days) < share
        again = (random.random(daily * days) < np.where(control, rate, rate + harm)).astype(float)
        for day in range(1, days + 1):
            seen, sides = again[: day * daily], control[: day * daily]
            if harms(difference(seen[~sides], seen[sides]), margin):
                stopped.append(day)
                break
    return Guarded(rolled_back=len(stopped) / runs, median_day=float(np.median(stopped)) if stopped else None)


def _costs(
    random: np.random.Generator, traffic: Traffic, count: int, effect: float
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    known = np.exp(random.normal(0, traffic.known, count))
    costs = known * np.exp(random.normal(0, traffic.unknown, count)) * (1 - effect)
    return np.column_stack((costs, known))
