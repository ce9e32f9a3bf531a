"""Every metric that a rule can watch, each declared once: its unit, its bounds, how it is computed and what messages call it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, Literal

import msgspec

from libs.common.contracts.alerts import Metric
from libs.common.latency import percentile
from libs.common.money import usd

Unit = Literal["usd", "percent", "ms"]


class WindowUsage(msgspec.Struct, frozen=True, kw_only=True):
    """The requests of a window. `spend_nano` is all that is known to have been paid; `cost_nano` and `baseline_nano`
    cover the requests where both are known. `latencies` are counts by bucket; `newest` is the newest request.
    """

    requests: int = 0
    errors: int = 0
    spend_nano: int = 0
    cost_nano: int = 0
    baseline_nano: int = 0
    latencies: Mapping[int, int] = {}
    newest: datetime | None = None


class MetricSpec(msgspec.Struct, frozen=True, kw_only=True):
    """`compute` gives the value in `unit`, None where there is nothing to divide by. A threshold lies from `low` to `high`.

    `per_day`: it is about the UTC day so far and only grows; else about the last `window_minutes`. In sentences `reported` goes
    with a value ("{amount} was spent today") and `subject` names what is watched; `{window}` is filled in.
    """

    unit: Unit
    low: float
    high: float
    compute: Callable[[WindowUsage], float | None]
    reported: str
    subject: str
    per_day: bool = False

    @property
    def bounds(self) -> str:
        """What a threshold may be, for whoever sent another."""
        names = {"usd": "dollars", "percent": "a percentage", "ms": "milliseconds"}
        if self.unit != "percent":
            return f"{names[self.unit]}, zero or more"
        return (
            f"a percentage between {self.low:g} and {self.high:g}"
            if self.low >= 0
            else f"a percentage of at most {self.high:g}"
        )


def _error_rate(usage: WindowUsage) -> float | None:
    return 100 * usage.errors / usage.requests if usage.requests else None


def _savings(usage: WindowUsage) -> float | None:
    return 100 * (usage.baseline_nano - usage.cost_nano) / usage.baseline_nano if usage.baseline_nano else None


def _cost_per_request(usage: WindowUsage) -> float | None:
    return usd(usage.spend_nano) / usage.requests if usage.requests else None


METRICS: Final[Mapping[Metric, MetricSpec]] = {
    "daily_spend": MetricSpec(
        unit="usd",
        low=0,
        high=1e12,
        compute=lambda usage: usd(usage.spend_nano),
        reported="{amount} was spent today",
        subject="the day's spend",
        per_day=True,
    ),
    "cost_per_request": MetricSpec(
        unit="usd",
        low=0,
        high=1e12,
        compute=_cost_per_request,
        reported="a request cost {amount} on average {window}",
        subject="the average cost of a request {window}",
    ),
    "error_rate": MetricSpec(
        unit="percent",
        low=0,
        high=100,
        compute=_error_rate,
        reported="{amount} of requests failed {window}",
        subject="the share of failed requests {window}",
    ),
    "latency_p95": MetricSpec(
        unit="ms",
        low=0,
        high=1e12,
        compute=lambda usage: percentile(0.95, usage.latencies),
        reported="95% of requests took up to {amount} {window}",
        subject="the 95th percentile of latency {window}",
    ),
    "savings_percentage": MetricSpec(
        unit="percent",
        low=-1e12,
        high=100,
        compute=_savings,
        reported="{amount} was saved {window}",
        subject="the share that was saved {window}",
    ),
}
