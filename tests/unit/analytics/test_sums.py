"""Figures made of sums."""

import pytest

from libs.common.contracts.analytics import Latencies
from libs.common.errors import BadRequest
from libs.common.latency import bucket
from services.analytics.domain import cursor
from services.analytics.domain.sums import Sums, model_uses, overview, savings_points
from tests.unit.analytics.examples import HOUR, NOW, ms

NONE = Latencies(p50=None, p95=None, p99=None, overhead_p50=None, overhead_p95=None)


def test_a_period_without_requests_is_all_zeros() -> None:
    found = overview(Sums(), NONE)
    assert (found.requests.total, found.error_rate, found.cache.hit_rate, found.data_as_of_ms) == (0, 0.0, 0.0, None)


def test_rates_are_of_all_requests() -> None:
    sums = Sums(requests=8, error=2, exact_hits=1, semantic_hits=3, original_tokens=50, optimized_tokens=80, newest=NOW)
    found = overview(sums, NONE)
    assert (found.error_rate, found.cache.hit_rate, found.tokens.saved) == (0.25, 0.5, -30)
    assert found.data_as_of_ms == ms(NOW)


def test_points_come_in_order_of_time() -> None:
    points = savings_points([Sums(time=NOW, cost_nano=3, baseline_nano=2), Sums(time=NOW - HOUR, requests=1)])
    assert [point.time_ms for point in points] == [ms(NOW - HOUR), ms(NOW)]
    assert points[1].savings_nano == -1


def test_models_come_by_weight_and_their_shares_add_up() -> None:
    uses = model_uses(
        [
            Sums(model="b", provider="openai", requests=1, error=1),
            Sums(model="a", provider=None, requests=3),
            Sums(model="a", provider="openai", requests=1),
        ],
        {("a", None): {bucket(10.0): 90, bucket(100.0): 8, bucket(1000.0): 2}},
    )
    assert [(use.model, use.provider, use.share) for use in uses] == [
        ("a", None, 0.6), ("a", "openai", 0.2), ("b", "openai", 0.2),
    ]  # fmt: skip
    timed = [(use.latency_p50_ms, use.latency_p95_ms, use.latency_p99_ms) for use in uses]
    assert timed[0] == pytest.approx((10, 100, 1000), rel=0.02)
    assert timed[1:] == [(None, None, None)] * 2
    assert [use.error_rate for use in uses] == [0, 0, 1]


@pytest.mark.parametrize("text", ["", "x", "!!", "cmVxXzE", "é", "a" * 1000, "req_" + "0" * 32])
def test_a_cursor_that_was_not_given_out_is_refused(text: str) -> None:
    with pytest.raises(BadRequest, match="cursor"):
        cursor.decode(text)
