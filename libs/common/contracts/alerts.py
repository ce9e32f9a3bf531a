"""What alerts answers: rules that watch a metric, and the firings they recorded."""

from typing import Literal

import msgspec

from libs.common.contracts.base import Rpc

Metric = Literal["daily_spend", "error_rate", "latency_p95", "savings_percentage"]
Operator = Literal["gt", "lt", "gte", "lte"]
Channel = Literal["email", "webhook", "slack"]


class AlertRule(msgspec.Struct, frozen=True, kw_only=True):
    """`threshold` is in the metric's unit: dollars for daily_spend, percent for rates, milliseconds for latency."""

    id: str
    org_id: str
    name: str
    metric: Metric
    operator: Operator
    threshold: float
    channels: tuple[Channel, ...] = ("email",)
    window_minutes: int = 60
    cooldown_minutes: int = 60
    is_active: bool = True
    created_at_ms: int = 0


class AlertRules(msgspec.Struct, frozen=True, kw_only=True):
    """An organisation's rules, oldest first."""

    rules: tuple[AlertRule, ...]


class RulesOf(msgspec.Struct, frozen=True, kw_only=True):
    """Whose rules."""

    org_id: str


class AlertRuleId(msgspec.Struct, frozen=True, kw_only=True):
    """One rule of an organisation."""

    org_id: str
    id: str


class Deleted(msgspec.Struct, frozen=True, kw_only=True):
    """It is gone."""

    id: str


class EventsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The newest firings of an organisation."""

    org_id: str
    limit: int = 50


class AlertEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A rule's metric crossed its threshold, or came back. `data_as_of_ms` is the newest request it counted."""

    id: str
    org_id: str
    rule_id: str
    rule_name: str
    metric: Metric
    kind: Literal["fired", "resolved"]
    value: float
    threshold: float
    time_ms: int
    data_as_of_ms: int | None


class AlertEvents(msgspec.Struct, frozen=True, kw_only=True):
    """Newest first."""

    events: tuple[AlertEvent, ...]


LIST_RULES: Rpc[RulesOf, AlertRules] = Rpc("promptly.v1.alerts.list_rules", RulesOf, AlertRules, 3000)
PUT_RULE: Rpc[AlertRule, AlertRule] = Rpc("promptly.v1.alerts.put_rule", AlertRule, AlertRule, 3000)
GET_RULE: Rpc[AlertRuleId, AlertRule] = Rpc("promptly.v1.alerts.get_rule", AlertRuleId, AlertRule, 3000)
DELETE_RULE: Rpc[AlertRuleId, Deleted] = Rpc("promptly.v1.alerts.delete_rule", AlertRuleId, Deleted, 3000)
LIST_EVENTS: Rpc[EventsQuery, AlertEvents] = Rpc("promptly.v1.alerts.list_events", EventsQuery, AlertEvents, 3000)
