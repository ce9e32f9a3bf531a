"""The histogram's promise: a percentile is true to 2.5 percent."""

import math
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from services.alerts.domain.latency import bucket, percentile


@given(st.lists(st.floats(min_value=2, max_value=600_000), min_size=1, max_size=200), st.sampled_from([0.5, 0.95, 1.0]))
def test_a_percentile_is_true_to_two_and_a_half_percent(latencies: list[float], share: float) -> None:
    exact = sorted(latencies)[math.ceil(share * len(latencies)) - 1]
    found = percentile(share, Counter(map(bucket, latencies)))
    assert found is not None
    assert abs(found / exact - 1) < 0.025


@given(st.floats(min_value=0, max_value=1e12), st.floats(min_value=0, max_value=1e12))
def test_a_longer_latency_never_has_a_lower_bucket(one: float, other: float) -> None:
    assert bucket(min(one, other)) <= bucket(max(one, other)) < 32_768


def test_edges() -> None:
    assert percentile(0.95, {}) is None
    assert percentile(0.95, {bucket(0.2): 3}) == 1.0
    assert bucket(-5) == 0
