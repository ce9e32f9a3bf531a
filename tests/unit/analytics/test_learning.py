"""Sums of what routed requests teach."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.analytics.domain.learning import BINS, Routed, add

numbers = st.floats(-5, 5).map(lambda value: round(value, 3))
requests = st.builds(
    Routed,
    org_id=st.just("org_1"),
    features=st.tuples(numbers, numbers, numbers),
    lowered=st.booleans(),
    failed=st.sampled_from([0.0, 1.0]),
)


def routed(*features: float, lowered: bool = True, failed: float = 0.0) -> Routed:
    return Routed(org_id="org_1", features=features, lowered=lowered, failed=failed)


def test_a_lowered_request_is_a_label() -> None:
    sums = add(None, [routed(0.5, 2.0, 3.0, failed=1.0)])
    assert (sums.features, sums.requests, sums.labels) == (2, 1, 1)
    assert sums.products == (4, 6, 2, 9, 3, 1)
    assert sums.answers == (2, 3, 1)
    assert sums.histogram[BINS // 2 + 1] == 1


def test_a_request_that_kept_its_model_only_counts() -> None:
    sums = add(None, [routed(-100, 2.0, lowered=False, failed=1.0), routed(100, 1.0, lowered=False)])
    assert sums.requests == pytest.approx(2, abs=0.01)
    assert sums.labels == 0
    assert sum(sums.products) == sum(sums.answers) == 0
    assert sums.histogram[0] == pytest.approx(1, abs=0.01)
    assert sums.histogram[-1] == 1


def test_good_answers_count_against() -> None:
    sums = add(None, [routed(0, 1.0), routed(0, 1.0, failed=1.0)])
    assert sums.products[0] == pytest.approx(2, abs=0.01)
    assert sums.answers[0] == 1


def test_other_features_begin_afresh() -> None:
    sums = add(add(None, [routed(0, 1.0)]), [routed(0, 1.0, 2.0)])
    assert (sums.features, sums.requests, sums.labels) == (2, 1, 1)


@given(st.lists(requests, min_size=1, max_size=20), st.integers(0, 20))
def test_portions_make_no_difference(several: list[Routed], cut: int) -> None:
    first, rest = several[:cut], several[cut:]
    whole = add(None, several)
    if not first or not rest:
        return
    apart = add(add(None, first), rest)
    assert apart == whole


def test_what_is_old_fades() -> None:
    sums = add(None, [routed(0, 1.0)] * 2000)
    assert sums.requests < 1000
    assert 1500 < sums.labels < 2000
    assert sum(sums.histogram) == pytest.approx(sums.requests)
