"""RouteLLM's figures, on rankings that can be counted by hand."""

import numpy as np
import pytest

from bench.router.ranking import ranked, ranked_lazily

WEAK = np.array([1.0, 0.0, 1.0, 0.0])
STRONG = np.array([1.0, 1.0, 1.0, 1.0])


def test_the_best_order_closes_the_gap_at_once() -> None:
    found = ranked(np.array([0.0, 2.0, 0.0, 1.0]), WEAK, STRONG)
    assert (found.cpt50, found.cpt80) == (25, 50)
    assert found.apgr == pytest.approx((0.5 / 2 + 1.5 / 2 + 1 + 1) / 4)
    assert found.at95 == 50


def test_the_worst_order_closes_it_last() -> None:
    found = ranked(np.array([1.0, 0.0, 1.0, 0.0]), WEAK, STRONG)
    assert (found.cpt50, found.cpt80) == (75, 100)


def test_a_cheap_estimate_decides_far_from_the_cut_and_the_full_one_near_it() -> None:
    dice = np.random.default_rng(0)
    weak = (dice.random(400) < 0.5).astype(float)
    strong = np.ones(400)
    wrong, right = dice.random(400), 1 - weak
    never, needed = ranked_lazily(wrong, right, 0.0, weak, strong)
    assert needed == 0
    assert never.apgr == pytest.approx(ranked(wrong, weak, strong).apgr, abs=0.01)
    always, needed = ranked_lazily(wrong, right, 2.0, weak, strong)
    assert needed == 1
    assert always.apgr == pytest.approx(ranked(right, weak, strong).apgr, abs=0.01)
    assert never.apgr < ranked_lazily(wrong, right, 0.2, weak, strong)[0].apgr < always.apgr
