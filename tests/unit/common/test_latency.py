"""The histogram's promise: a percentile is true to two percent."""

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.latency import FIRST, LAST, bucket, percentile


@given(
    st.lists(st.floats(min_value=0.001, max_value=9_000_000), min_size=1, max_size=200),
    st.sampled_from([0.5, 0.95, 1.0]),
)
def test_a_percentile_is_true_to_two_percent(latencies: list[float], share: float) -> None:
    exact = sorted(latencies)[math.ceil(share * len(latencies)) - 1]
    found = percentile(share, Counter(map(bucket, latencies)))
    assert found is not None
    assert abs(found / exact - 1) < 0.02


@given(st.floats(min_value=0, max_value=1e12), st.floats(min_value=0, max_value=1e12))
def test_a_longer_latency_never_has_a_lower_bucket(one: float, other: float) -> None:
    assert FIRST <= bucket(min(one, other)) <= bucket(max(one, other)) <= LAST


def test_edges() -> None:
    assert percentile(0.95, {}) is None
    assert percentile(0.95, {bucket(0.0): 3}) == pytest.approx(0.001, rel=0.02)
    assert bucket(-5) == bucket(0) == FIRST
    assert bucket(1e300) == LAST
