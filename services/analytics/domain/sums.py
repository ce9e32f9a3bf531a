"""Sums over requests, and the figures made of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, TypeAlias

import msgspec

from libs.common.contracts.analytics import (
    CacheCounts,
    Latencies,
    ModelUse,
    Overview,
    RequestCounts,
    SavingsPoint,
    TokenCounts,
)
from libs.common.latency import percentile
from services.analytics.domain.latencies import Counts

Interval = Literal["hour", "day", "week"]
Server: TypeAlias = tuple[str, str | None]  # a model, and the provider that served it


class Sums(msgspec.Struct, frozen=True, kw_only=True):
    """Requests added up: all of a period, or those of one interval (`time` is its start), or of one model.

    Money is nano-dollars of the requests whose baseline and actual cost are both known; `unpriced` counts the others.
    """

    time: datetime | None = None
    model: str = ""
    provider: str | None = None
    requests: int = 0
    success: int = 0
    fallback: int = 0
    cached: int = 0
    error: int = 0
    cancelled: int = 0
    exact_hits: int = 0
    semantic_hits: int = 0
    original_tokens: int = 0
    optimized_tokens: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_nano: int = 0
    baseline_nano: int = 0
    unpriced: int = 0
    newest: datetime | None = None


def overview(sums: Sums, latencies: Latencies) -> Overview:
    """Totals of a period."""
    return Overview(
        requests=RequestCounts(
            total=sums.requests,
            success=sums.success,
            fallback=sums.fallback,
            cached=sums.cached,
            error=sums.error,
            cancelled=sums.cancelled,
        ),
        cache=CacheCounts(
            exact_hits=sums.exact_hits,
            semantic_hits=sums.semantic_hits,
            hit_rate=_share(sums.exact_hits + sums.semantic_hits, sums.requests),
        ),
        tokens=TokenCounts(
            original=sums.original_tokens,
            optimized=sums.optimized_tokens,
            saved=sums.original_tokens - sums.optimized_tokens,
            output=sums.output_tokens,
        ),
        cost_nano=sums.cost_nano,
        baseline_cost_nano=sums.baseline_nano,
        savings_nano=sums.baseline_nano - sums.cost_nano,
        error_rate=_share(sums.error, sums.requests),
        latency_ms=latencies,
        unpriced_requests=sums.unpriced,
        data_as_of_ms=None if sums.newest is None else _ms(sums.newest),
    )


def savings_points(intervals: Sequence[Sums]) -> tuple[SavingsPoint, ...]:
    """One point for each interval, in order of time."""
    points = [
        SavingsPoint(
            time_ms=_ms(sums.time),
            requests=sums.requests,
            cost_nano=sums.cost_nano,
            baseline_cost_nano=sums.baseline_nano,
            savings_nano=sums.baseline_nano - sums.cost_nano,
            tokens_saved=sums.original_tokens - sums.optimized_tokens,
        )
        for sums in intervals
        if sums.time is not None
    ]
    return tuple(sorted(points, key=lambda point: point.time_ms))


def model_uses(models: Sequence[Sums], timed: Mapping[Server, Counts]) -> tuple[ModelUse, ...]:
    """What each model did, most requests first; `timed` are its latencies, counted."""
    total = sum(sums.requests for sums in models)
    uses = [
        ModelUse(
            model=sums.model,
            provider=sums.provider,
            requests=sums.requests,
            share=_share(sums.requests, total),
            input_tokens=sums.input_tokens,
            output_tokens=sums.output_tokens,
            cost_nano=sums.cost_nano,
            savings_nano=sums.baseline_nano - sums.cost_nano,
            latency_p50_ms=percentile(0.5, counts),
            latency_p95_ms=percentile(0.95, counts),
            latency_p99_ms=percentile(0.99, counts),
            error_rate=_share(sums.error, sums.requests),
        )
        for sums in models
        for counts in (timed.get((sums.model, sums.provider), {}),)
    ]
    return tuple(sorted(uses, key=lambda use: (-use.requests, use.model, use.provider or "")))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _ms(time: datetime) -> int:
    return round(time.timestamp() * 1000)
