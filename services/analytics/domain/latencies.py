"""Percentiles out of counted latencies."""

from collections.abc import Mapping
from typing import TypeAlias

import msgspec

from libs.common.contracts.analytics import Latencies
from libs.common.latency import percentile

Counts: TypeAlias = Mapping[int, int]  # requests by the number of their latency's bucket


class Sketch(msgspec.Struct, frozen=True, kw_only=True):
    """How long requests took in all, what of that was ours, what the provider's, and when a stream began."""

    total: Counts = {}
    overhead: Counts = {}
    provider: Counts = {}
    first_byte: Counts = {}


def latencies(sketch: Sketch) -> Latencies:
    """The percentiles that are shown."""
    return Latencies(
        p50=percentile(0.5, sketch.total),
        p95=percentile(0.95, sketch.total),
        p99=percentile(0.99, sketch.total),
        overhead_p50=percentile(0.5, sketch.overhead),
        overhead_p95=percentile(0.95, sketch.overhead),
        provider_p50=percentile(0.5, sketch.provider),
        provider_p95=percentile(0.95, sketch.provider),
        first_byte_p50=percentile(0.5, sketch.first_byte),
        first_byte_p95=percentile(0.95, sketch.first_byte),
    )
