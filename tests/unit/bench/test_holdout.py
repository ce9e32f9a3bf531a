"""The short form of `make bench-holdout`: the intervals hold a known truth, and nobody is rolled back for nothing."""

import pytest

from bench.holdout.simulation import Traffic, coverage, guarded
from services.analytics.domain.experiments import difference, saving, table


@pytest.mark.parametrize("effect", [0.3, 0.0, -0.1])
@pytest.mark.parametrize("sizes", [(200, 30), (40, 40)])
def test_the_intervals_hold_the_truth(effect: float, sizes: tuple[int, int]) -> None:
    found = coverage(Traffic(treated=sizes[0], control=sizes[1], effect=effect), runs=100, seed=11)
    assert found.fixed >= 0.94
    assert found.always_valid >= 0.94


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
