"""The sentence of a firing, a recovery or a test, for people."""

from collections.abc import Mapping
from typing import Final, Literal

from libs.common.contracts.alerts import AlertRule, Operator
from services.alerts.domain.metrics import METRICS

Kind = Literal["fired", "resolved", "test"]
_COMPARED: Final[Mapping[Operator, str]] = {"gt": "more than", "gte": "at least", "lt": "less than", "lte": "at most"}


def sentence(rule: AlertRule, kind: Kind, value: float, forecast: float | None = None) -> str:
    """Such as "$42.10 was spent today, more than $40; on pace for $61 of $40."."""
    limit = f"{_COMPARED[rule.operator]} {_amount(rule, rule.threshold, short=True)}"
    if kind == "test":
        return f"This is a test. The alert fires when {_subject(rule)} is {limit}."
    text = f"{_reported(rule, _amount(rule, value))}, {'no longer ' if kind == 'resolved' else ''}{limit}"
    if kind == "fired" and forecast is not None and rule.operator in ("gt", "gte"):
        text += f"; on pace for {_dollars(forecast, short=True)} of {_dollars(rule.threshold, short=True)}"
    return f"{text}."


def _reported(rule: AlertRule, amount: str) -> str:
    return METRICS[rule.metric].reported.format(amount=amount, window=f"in the last {rule.window_minutes} minutes")


def _subject(rule: AlertRule) -> str:
    return METRICS[rule.metric].subject.format(window=f"over {rule.window_minutes} minutes")


def _amount(rule: AlertRule, value: float, *, short: bool = False) -> str:
    match METRICS[rule.metric].unit:
        case "usd":
            return _dollars(value, short=short)
        case "ms":
            return f"{value:,.0f} ms"
        case "percent":
            return f"{value:,.1f}".removesuffix(".0") + "%"


def _dollars(value: float, *, short: bool) -> str:
    """To the cent; short: without cents where there are none or where they say little. Less than a cent in full."""
    if 0 < value < 0.01:
        return f"${value:.9f}".rstrip("0")
    whole = short and (value == round(value) or value >= 10)
    return f"${value:,.0f}" if whole and (value >= 10 or value == round(value)) else f"${value:,.2f}"
