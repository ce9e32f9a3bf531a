"""The sentence of a firing, a recovery or a test, of a budget without room, or of a price, for people."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, Literal

from libs.common.contracts.alerts import AlertRule, Operator
from libs.common.contracts.auth import OnExceed
from libs.common.contracts.events import OTHER_VALUES, BudgetExceeded, PriceNotice
from libs.common.money import usd, written
from services.alerts.domain.metrics import METRICS
from services.alerts.domain.scopes import only

Kind = Literal["fired", "resolved", "test"]
# What becomes of requests that a budget has no room for.
_THEN: Final[Mapping[OnExceed, str]] = {
    "block": "Requests that it has no room for are refused",
    "route_simple": "Requests that may be routed go to the cheapest model of their ladder",
    "alert": "Requests go on as before",
}
_COMPARED: Final[Mapping[Operator, str]] = {"gt": "more than", "gte": "at least", "lt": "less than", "lte": "at most"}


def sentence(rule: AlertRule, kind: Kind, value: float, forecast: float | None = None, note: str = "") -> str:
    """Such as "$42.10 was spent today, more than $40; on pace for $61 of $40 (only the team Search)."."""
    limit = f"{_COMPARED[rule.operator]} {_amount(rule, rule.threshold, short=True)}"
    if kind == "test":
        return f"This is a test. The alert fires when {_subject(rule)} is {limit}{only(rule.scope)}."
    text = f"{_reported(rule, _amount(rule, value))}, {'no longer ' if kind == 'resolved' else ''}{limit}"
    if kind == "fired" and forecast is not None and rule.operator in ("gt", "gte"):
        text += f"; on pace for {_dollars(forecast, short=True)} of {_dollars(rule.threshold, short=True)}"
    return f"{text}{note}{only(rule.scope)}."


def budget_sentence(told: BudgetExceeded) -> str:
    """Such as "The budget "Each user" of $5.00 a day is used up …, first for the user ann. Requests …, until it starts anew at …"."""
    until = datetime.fromtimestamp(told.until_ms / 1000, UTC)
    first = f", first for {_whose(told)}" if told.each else ""
    return (
        f'The budget "{told.name}" of {written(told.limit_nano)} a {told.period} is used up or set aside for calls under way{first}.'
        f" {_THEN[told.on_exceed]}, until it starts anew at {until:%Y-%m-%d %H:%M} UTC."
    )


def price_sentence(notice: PriceNotice) -> str:
    """Such as "The prices of m change on 2026-12-15: its 1,204 requests of the last 30 days, $12.00 at today's, would cost $3.00 more."."""
    requests = f"{notice.requests:,} request{'' if notice.requests == 1 else 's'} of the last 30 days"
    cost = _dollars(usd(notice.cost_nano), short=False)
    other = None if notice.other_cost_nano is None else _dollars(usd(notice.other_cost_nano), short=False)
    difference = 0 if notice.other_cost_nano is None else notice.other_cost_nano - notice.cost_nano
    changed = f"{_dollars(usd(abs(difference)), short=False)} {'more' if difference > 0 else 'less'}"
    if notice.kind == "price_change":
        return (
            f"The prices of {notice.model} change on {notice.day}: its {requests}, {cost} at today's list prices, would cost"
            f" {other}, {changed}."
        )
    if notice.kind == "retirement":
        then = "The catalogue names no model of its provider that takes its place."
        if notice.other is not None:
            then = f"With the same tokens they would cost {other} on {notice.other}, of the same place on its provider's ladder."
        return f"{notice.model} retires on {notice.day}; its {requests} cost {cost} at list prices. {then}"
    return (
        f"{notice.other} costs less than {notice.model}: with the same tokens its {requests} would cost {other} in the place of"
        f" {cost} at list prices, {changed}. Whether its answers do is for you to try; nothing was changed."
    )


def _whose(told: BudgetExceeded) -> str:
    if told.value == OTHER_VALUES:
        return f"a {told.subject} beyond those with sums of their own"
    if told.subject == "tag":
        return f"{told.tag}={told.value}"
    return f"the user {told.value}" if told.subject == "user" else f"a {told.subject}"


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
        case "deviations":
            return f"{value:,.1f}".removesuffix(".0") + (" deviation" if value == 1 else " deviations")


def _dollars(value: float, *, short: bool) -> str:
    """To the cent; short: without cents where there are none or where they say little. Less than a cent in full."""
    if 0 < value < 0.01:
        return f"${value:.9f}".rstrip("0")
    whole = short and (value == round(value) or value >= 10)
    return f"${value:,.0f}" if whole and (value >= 10 or value == round(value)) else f"${value:,.2f}"
