"""Every metric that a rule can watch, each declared once: its unit, its bounds, how it is computed and what messages call it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, Literal

import msgspec

from libs.common.contracts.alerts import Metric
from libs.common.latency import percentile
from libs.common.money import usd, written
from services.alerts.domain.anomaly import anomaly

Unit = Literal["usd", "percent", "ms", "deviations"]
Over = Literal["window", "day", "month", "weeks"]


class WindowUsage(msgspec.Struct, frozen=True, kw_only=True):
    """The requests of a window. `spend_nano` is all that is known to have been paid; `cost_nano` and `baseline_nano`
    cover the requests where both are known. `latencies` are counts by bucket; `newest` is the newest request. `days` is the spend of
    each UTC day from the first that was counted to the window's last, in nano-dollars, for metrics that are made of days.
    """

    requests: int = 0
    errors: int = 0
    spend_nano: int = 0
    cost_nano: int = 0
    baseline_nano: int = 0
    latencies: Mapping[int, int] = {}
    newest: datetime | None = None
    days: tuple[int, ...] = ()


class MetricSpec(msgspec.Struct, frozen=True, kw_only=True):
    """`compute` gives the value in `unit`, None where there is nothing to divide by. A threshold lies from `low` to `high`.

    `over`: the last `window_minutes`, the UTC day or month so far, or today beside the weeks before. In sentences `reported` goes
    with a value ("{amount} was spent today"), `subject` names what is watched, `{window}` is filled in, and `note` says more of a value.
    `only_above`: only thresholds that a value rises over make sense.
    """

    unit: Unit
    low: float
    high: float
    compute: Callable[[WindowUsage], float | None]
    reported: str
    subject: str
    over: Over = "window"
    only_above: bool = False
    note: Callable[[WindowUsage], str] = lambda usage: ""

    @property
    def grows(self) -> bool:
        """Whether it is a sum, which what is not counted yet can only raise."""
        return self.over in ("day", "month")

    @property
    def bounds(self) -> str:
        """What a threshold may be, for whoever sent another."""
        names = {"usd": "dollars", "percent": "a percentage", "ms": "milliseconds", "deviations": "deviations"}
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


def _deviations(usage: WindowUsage) -> float | None:
    found = anomaly(usage.days)
    return None if found is None else found.deviations


def _beside_the_usual(usage: WindowUsage) -> str:
    found = anomaly(usage.days)
    return "" if found is None else f" ({written(usage.days[-1])}, where {written(found.usual_nano)} is usual)"


METRICS: Final[Mapping[Metric, MetricSpec]] = {
    "daily_spend": MetricSpec(
        unit="usd",
        low=0,
        high=1e12,
        compute=lambda usage: usd(usage.spend_nano),
        reported="{amount} was spent today",
        subject="the day's spend",
        over="day",
    ),
    "monthly_spend": MetricSpec(
        unit="usd",
        low=0,
        high=1e12,
        compute=lambda usage: usd(usage.spend_nano),
        reported="{amount} was spent this month",
        subject="the month's spend",
        over="month",
    ),
    "spend_anomaly": MetricSpec(
        unit="deviations",
        low=0,
        high=1e6,
        compute=_deviations,
        reported="today's spend is {amount} above the usual",
        subject="the day's spend above the usual",
        over="weeks",
        only_above=True,
        note=_beside_the_usual,
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
