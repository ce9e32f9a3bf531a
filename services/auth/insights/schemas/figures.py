"""Queries and answers about the figures. Money is dollars, rates are 0 to 1, latencies milliseconds."""

from typing import Annotated, Literal, Self, cast

import msgspec
from msgspec import Meta

from libs.common.contracts import analytics
from libs.common.contracts.events import LeverName
from libs.common.money import usd
from services.auth.schemas import Answer, Rate, Time, iso_ms, optional_iso_ms

Interval = Literal["hour", "day", "week"]


class PeriodQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From and to as ISO 8601, or the last `days`."""

    from_: str | None = msgspec.field(name="from", default=None)
    to: str | None = None
    days: Annotated[int, Meta(ge=1, le=3660)] = 30


class SavingsQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A period, and what it is cut into."""

    from_: str | None = msgspec.field(name="from", default=None)
    to: str | None = None
    days: Annotated[int, Meta(ge=1, le=3660)] = 30
    interval: Interval = "day"


class Overview(Answer, frozen=True, kw_only=True):
    """Totals of a period; money in dollars."""

    from_: Time = msgspec.field(name="from")
    to: Time
    requests: analytics.RequestCounts
    cache: analytics.CacheCounts
    tokens: analytics.TokenCounts
    cost_usd: float
    baseline_cost_usd: float
    savings_usd: float
    savings_percentage: float
    error_rate: Rate
    latency_ms: analytics.Latencies
    unpriced_requests: int
    data_as_of: Time | None

    @classmethod
    def of(cls, figures: analytics.Overview, period: analytics.Period) -> Self:
        """From the totals of a period."""
        baseline = figures.baseline_cost_nano
        return cls(
            from_=iso_ms(period.from_ms),
            to=iso_ms(period.to_ms),
            requests=figures.requests,
            cache=figures.cache,
            tokens=figures.tokens,
            cost_usd=usd(figures.cost_nano),
            baseline_cost_usd=usd(baseline),
            savings_usd=usd(figures.savings_nano),
            savings_percentage=100 * figures.savings_nano / baseline if baseline else 0.0,
            error_rate=figures.error_rate,
            latency_ms=figures.latency_ms,
            unpriced_requests=figures.unpriced_requests,
            data_as_of=optional_iso_ms(figures.data_as_of_ms),
        )


class SavingsPoint(Answer, frozen=True, kw_only=True):
    """One interval, by its start."""

    time: Time
    requests: int
    cost_usd: float
    baseline_cost_usd: float
    savings_usd: float
    tokens_saved: int


class Savings(Answer, frozen=True, kw_only=True):
    """Savings over time; intervals without requests are left out."""

    interval: Interval
    points: tuple[SavingsPoint, ...]

    @classmethod
    def of(cls, series: analytics.SavingsSeries, interval: Interval) -> Self:
        """From the series that analytics answers."""
        points = (
            SavingsPoint(
                time=iso_ms(point.time_ms),
                requests=point.requests,
                cost_usd=usd(point.cost_nano),
                baseline_cost_usd=usd(point.baseline_cost_nano),
                savings_usd=usd(point.savings_nano),
                tokens_saved=point.tokens_saved,
            )
            for point in series.points
        )
        return cls(interval=interval, points=tuple(points))


class LatencyQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A period, what it is cut into, and perhaps the one model whose requests count."""

    from_: str | None = msgspec.field(name="from", default=None)
    to: str | None = None
    days: Annotated[int, Meta(ge=1, le=3660)] = 7
    interval: Interval = "hour"
    model: Annotated[str, Meta(min_length=1, max_length=256)] | None = None


class LatencyPoint(Answer, frozen=True, kw_only=True):
    """One interval, by its start; of one model Promptly's and the provider's part are not kept apart."""

    time: Time
    requests: int
    latency_ms: analytics.Latencies


class LatencySeries(Answer, frozen=True, kw_only=True):
    """Latencies over time; intervals without requests are left out."""

    interval: Interval
    points: tuple[LatencyPoint, ...]

    @classmethod
    def of(cls, series: analytics.LatencySeries, interval: Interval) -> Self:
        """From the series that analytics answers."""
        points = (
            LatencyPoint(time=iso_ms(point.time_ms), requests=point.requests, latency_ms=point.latency_ms)
            for point in series.points
        )
        return cls(interval=interval, points=tuple(points))


class ModelUse(Answer, frozen=True, kw_only=True):
    """What one model served; `share` is of all requests."""

    model: str
    provider: str | None
    requests: int
    share: Rate
    input_tokens: int
    output_tokens: int
    cost_usd: float
    savings_usd: float
    latency_p50_ms: float | None
    latency_p95_ms: float | None
    latency_p99_ms: float | None
    error_rate: Rate


class Models(Answer, frozen=True, kw_only=True):
    """Most requests first."""

    models: tuple[ModelUse, ...]

    @classmethod
    def of(cls, models: analytics.Models) -> Self:
        """From the figures by model."""
        used = (
            ModelUse(
                model=use.model,
                provider=use.provider,
                requests=use.requests,
                share=use.share,
                input_tokens=use.input_tokens,
                output_tokens=use.output_tokens,
                cost_usd=usd(use.cost_nano),
                savings_usd=usd(use.savings_nano),
                latency_p50_ms=use.latency_p50_ms,
                latency_p95_ms=use.latency_p95_ms,
                latency_p99_ms=use.latency_p99_ms,
                error_rate=use.error_rate,
            )
            for use in models.models
        )
        return cls(models=tuple(used))


class LeverUse(Answer, frozen=True, kw_only=True):
    """What one lever saved; `share` is of the total, null where that is nothing."""

    lever: LeverName
    requests: int
    tokens_saved: int
    savings_usd: float
    share: float | None


class Levers(Answer, frozen=True, kw_only=True):
    """Largest savings first; they add up to `total_usd`."""

    levers: tuple[LeverUse, ...]
    total_usd: float

    @classmethod
    def of(cls, levers: analytics.Levers) -> Self:
        """From the figures by lever."""
        total = levers.total_nano
        used = (
            LeverUse(
                lever=cast("LeverName", use.lever),
                requests=use.requests,
                tokens_saved=use.tokens_saved,
                savings_usd=usd(use.savings_nano),
                share=use.savings_nano / total if total else None,
            )
            for use in levers.levers
        )
        return cls(levers=tuple(used), total_usd=usd(total))
