"""The short form of `make bench-holdout`: the intervals hold a known truth, and nobody is rolled back for nothing."""

import math

import numpy as np
import pytest

from bench.holdout.simulation import Traffic, coverage, guarded, watched
from services.analytics.domain.experiments import difference, saving, table


@pytest.mark.parametrize("effect", [{"effect": 0.3, "uneven": 0.5}, {}, {"effect": -0.1}, {"free": 0.3}])
@pytest.mark.parametrize("sizes", [(200, 30), (40, 40)])
def test_the_intervals_hold_the_truth(effect: dict[str, float], sizes: tuple[int, int]) -> None:
    found = coverage(Traffic(treated=sizes[0], control=sizes[1], **effect), runs=100, seed=11)
    assert found.fixed >= 0.94
    assert found.always_valid >= 0.94


def test_whoever_looks_every_day_sees_the_truth_in_the_interval() -> None:
    traffic = Traffic(treated=40, control=10, effect=0.3, known=0.8, unknown=0.5, uneven=0.5)
    assert watched(traffic, days=40, runs=40, seed=14) >= 0.95


def test_thousands_of_conversations_are_resampled_in_groups_that_say_the_same() -> None:
    """Half a million take no longer than what reading them takes; the interval is as wide as their error says."""
    random = np.random.default_rng(15)
    known = np.exp(random.normal(0, 0.8, 500_400))
    rows = np.column_stack((known * np.exp(random.normal(0, 0.5, 500_400)), known))
    many, few = saving(rows[400:], rows[:400]), saving(rows[400:1_400], rows[:400])
    assert many is not None
    assert few is not None
    width, other = (found.fixed.high - found.fixed.low for found in (many, few))
    assert 0.7 * other < width < other
    twice = saving(rows[400:2_400], rows[2_400:4_400])
    again = saving(rows[400:1_400], rows[2_400:3_400])
    assert twice is not None
    assert again is not None
    ratio = (twice.fixed.high - twice.fixed.low) / (again.fixed.high - again.fixed.low)
    assert ratio == pytest.approx(1 / math.sqrt(2), rel=0.2)


def test_nobody_is_rolled_back_for_nothing_and_a_large_loss_is_found() -> None:
    null = guarded(daily=100, share=0.2, rate=0.05, harm=0.0, margin=0.02, days=30, runs=40, seed=12)
    assert null.rolled_back <= 0.05
    harmed = guarded(daily=100, share=0.2, rate=0.05, harm=0.15, margin=0.02, days=60, runs=20, seed=13)
    assert harmed.rolled_back >= 0.95


def test_too_few_conversations_and_no_costs_give_no_figure() -> None:
    fine, few, free = table([(1.0, 1.0)] * 30), table([(1.0, 1.0)] * 29), table([(0.0, 1.0)] * 30)
    assert saving(fine, few) is None
    assert saving(few, fine) is None
    assert saving(fine, free) is None
    assert difference(fine[:, 0], few[:, 0]) is None
    same = saving(fine, fine)
    assert same is not None
    assert same.fixed.value == 0.0


def test_the_same_conversations_give_the_same_interval() -> None:
    rows = table([(float(number % 7 + 1), float(number % 5 + 1)) for number in range(200)])
    assert saving(rows, rows[:150]) == saving(rows, rows[:150])
