"""Conversations drawn with a known true saving or a known true harm, and what the estimator says of them."""

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np

from services.analytics.domain.experiments import ALPHA, Numbers, difference, harms, saving

WINDOW: Final = 28  # days that are compared, as in production


class Traffic(msgspec.Struct, frozen=True, kw_only=True):
    """How conversations are drawn: costs are lognormal around the covariate's share of them. Spreads are of the logarithms.

    Levers take `effect` off each treated conversation's cost, by chance more or less (`uneven`), and answer the share `free` of them
    at no cost.
    """

    treated: int
    control: int
    effect: float = 0.0
    known: float = 1.0
    unknown: float = 0.8
    uneven: float = 0.0
    free: float = 0.0

    @property
    def truth(self) -> float:
        """The saving in the mean."""
        return 1 - (1 - self.effect) * (1 - self.free)


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
        found = saving(_treated(random, traffic, traffic.treated), _costs(random, traffic, traffic.control), run)
        assert found is not None
        held += found.fixed.low <= traffic.truth <= found.fixed.high
        valid += found.always_valid.low <= traffic.truth <= found.always_valid.high
        widths.append(found.fixed.high - found.fixed.low)
        valid_widths.append(found.always_valid.high - found.always_valid.low)
    return Coverage(
        fixed=held / runs,
        always_valid=valid / runs,
        fixed_width=float(np.median(widths)),
        always_valid_width=float(np.median(valid_widths)),
    )


def watched(traffic: Traffic, *, days: int, runs: int, seed: int) -> float:
    """The share of `runs` experiments whose always-valid interval held the truth at each look. So many conversations come each day; the
    last `WINDOW` days are looked at once a day.
    """
    random = np.random.default_rng(seed)
    held = 0
    for _ in range(runs):
        treated = _treated(random, traffic, traffic.treated * days).reshape(days, -1, 2)
        control = _costs(random, traffic, traffic.control * days).reshape(days, -1, 2)
        for day in range(1, days + 1):
            window = slice(max(0, day - WINDOW), day)
            found = saving(treated[window].reshape(-1, 2), control[window].reshape(-1, 2), resamples=1)
            if found and not found.always_valid.low <= traffic.truth <= found.always_valid.high:
                break
        else:
            held += 1
    return held / runs


class Lever(msgspec.Struct, frozen=True, kw_only=True):
    """One lever with an arm of its own: the share of the conversations without it, what it takes off the others' cost, and by how much it
    raises the rate of asking again.
    """

    share: float
    effect: float = 0.0
    harm: float = 0.0


class OwnArm(msgspec.Struct, frozen=True, kw_only=True):
    """Of many runs: in which share a lever's fixed interval held its own effect, the median width, and how often it was found harmful."""

    held: float
    width: float
    blamed: float


def own_arms(levers: Sequence[Lever], *, count: int, rate: float, margin: float, runs: int, seed: int) -> list[OwnArm]:
    """`runs` experiments of `count` conversations in which every lever is drawn by its own lot. What one does is compared over whatever
    the others do.
    """
    random = np.random.default_rng(seed)
    held, blamed = np.zeros(len(levers)), np.zeros(len(levers))
    widths: list[list[float]] = [[] for _ in levers]
    for run in range(runs):
        rows = _costs(random, Traffic(treated=count, control=0, known=0.8, unknown=0.5), count)
        on = np.stack([random.random(count) >= lever.share for lever in levers])
        rows[:, 0] *= np.prod([1 - lever.effect * with_it for lever, with_it in zip(levers, on, strict=True)], axis=0)
        harm = np.sum([lever.harm * with_it for lever, with_it in zip(levers, on, strict=True)], axis=0)
        again = (random.random(count) < rate + harm).astype(float)
        for at, lever in enumerate(levers):
            found = saving(rows[on[at]], rows[~on[at]], run)
            assert found is not None
            held[at] += found.fixed.low <= lever.effect <= found.fixed.high
            widths[at].append(found.fixed.high - found.fixed.low)
            blamed[at] += harms(difference(again[on[at]], again[~on[at]], ALPHA / len(levers)), margin)
    return [
        OwnArm(held=float(held[at]) / runs, width=float(np.median(widths[at])), blamed=float(blamed[at]) / runs)
        for at in range(len(levers))
    ]


def guarded(
    *, daily: int, share: float, rate: float, harm: float, margin: float, days: int, runs: int, seed: int
) -> Guarded:
    """`runs` organizations, looked at every hour, each time the last `WINDOW` days: `harm` is by how much the levers raise the rate of
    asking again.
    """
    random = np.random.default_rng(seed)
    stopped: list[float] = []
    for _ in range(runs):
        control = random.random(daily * days) < share
        again = random.random(daily * days) < np.where(control, rate, rate + harm)
        hour = _rolled_back(again, control, daily, margin)
        stopped += [] if hour is None else [hour / 24]
    return Guarded(rolled_back=len(stopped) / runs, median_day=float(np.median(stopped)) if stopped else None)


def _rolled_back(
    again: np.ndarray[tuple[int], np.dtype[np.bool_]],
    control: np.ndarray[tuple[int], np.dtype[np.bool_]],
    daily: int,
    margin: float,
) -> int | None:
    """The hour in which the guard acts."""
    hours = np.arange(1, len(again) * 24 // daily + 1)
    ends, starts = hours * daily // 24, np.maximum(0, hours - WINDOW * 24) * daily // 24
    sides = np.stack((~control & again, ~control, control & again, control)).cumsum(axis=1)
    sums = np.concatenate((np.zeros((4, 1)), sides), axis=1)
    found = sums[:, ends] - sums[:, starts]
    # An interval beyond the margin has its middle there, too: no other hour needs a look.
    rates = found[[0, 2]] / np.maximum(found[[1, 3]], 1)
    for place in np.flatnonzero(rates[0] - rates[1] > margin):
        window = slice(starts[place], ends[place])
        seen, held_out = again[window].astype(float), control[window]
        if harms(difference(seen[~held_out], seen[held_out]), margin):
            return int(hours[place])
    return None


def _treated(random: np.random.Generator, traffic: Traffic, count: int) -> Numbers:
    rows = _costs(random, traffic, count)
    chance = np.exp(random.normal(-(traffic.uneven**2) / 2, traffic.uneven, count))
    rows[:, 0] *= (1 - traffic.effect) * chance * (random.random(count) >= traffic.free)
    return rows


def _costs(random: np.random.Generator, traffic: Traffic, count: int) -> Numbers:
    known = np.exp(random.normal(0, traffic.known, count))
    return np.column_stack((known * np.exp(random.normal(0, traffic.unknown, count)), known))
