"""What a rule has to say, in one sentence for people."""

from collections.abc import Mapping
from typing import Final, Literal

from libs.common.contracts.alerts import AlertRule, Operator

Kind = Literal["fired", "resolved", "test"]
_COMPARED: Final[Mapping[Operator, str]] = {"gt": "more than", "gte": "at least", "lt": "less than", "lte": "at most"}


def sentence(rule: AlertRule, kind: Kind, value: float, forecast: float | None = None) -> str:
    """Such as "$42.10 was spent today, more than $40; on pace for $61 of $40."."""
    limit = f"{_COMPARED[rule.operator]} {_amount(rule, rule.threshold, short=True)}"
    if kind == "test":
        return f"This is a test. The alert fires when {_measured(rule)} is {limit}."
    said = f"{_said(rule, _amount(rule, value))}, {'no longer ' if kind == 'resolved' else ''}{limit}"
    if kind == "fired" and forecast is not None and rule.operator in ("gt", "gte"):
        said += f"; on pace for {_dollars(forecast, short=True)} of {_dollars(rule.threshold, short=True)}"
    return f"{said}."


def _said(rule: AlertRule, amount: str) -> str:
    window = f"in the last {rule.window_minutes} minutes"
    match rule.metric:
        case "daily_spend":
            return f"{amount} was spent today"
        case "error_rate":
            return f"{amount} of requests failed {window}"
        case "latency_p95":
            return f"95% of requests took up to {amount} {window}"
        case "savings_percentage":
            return f"{amount} was saved {window}"


def _measured(rule: AlertRule) -> str:
    window = f"over {rule.window_minutes} minutes"
    match rule.metric:
        case "daily_spend":
            return "the day's spend"
        case "error_rate":
            return f"the share of failed requests {window}"
        case "latency_p95":
            return f"the 95th percentile of latency {window}"
        case "savings_percentage":
            return f"the share that was saved {window}"


def _amount(rule: AlertRule, value: float, *, short: bool = False) -> str:
    match rule.metric:
        case "daily_spend":
            return _dollars(value, short=short)
        case "latency_p95":
            return f"{value:,.0f} ms"
        case _:
            return f"{value:,.1f}".removesuffix(".0") + "%"


def _dollars(value: float, *, short: bool) -> str:
    """To the cent; short: without cents where there are none or where they say little. Less than a cent in full."""
    if 0 < value < 0.01:
        return f"${value:.9f}".rstrip("0")
    whole = short and (value == round(value) or value >= 10)
    return f"${value:,.0f}" if whole and (value >= 10 or value == round(value)) else f"${value:,.2f}"
