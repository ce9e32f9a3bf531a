"""Alert rules and their firings as JSON."""

from typing import Any

from libs.common.contracts.alerts import AlertEvent, AlertRule
from services.auth.translate.analytics_json import iso_ms


def alert_rule_json(rule: AlertRule) -> dict[str, Any]:
    """A rule."""
    return {
        "id": rule.id,
        "name": rule.name,
        "metric": rule.metric,
        "operator": rule.operator,
        "threshold": rule.threshold,
        "channels": list(rule.channels),
        "window_minutes": rule.window_minutes,
        "cooldown_minutes": rule.cooldown_minutes,
        "is_active": rule.is_active,
        "created_at": iso_ms(rule.created_at_ms),
    }


def alert_event_json(event: AlertEvent) -> dict[str, Any]:
    """A firing, or the recovery after one."""
    return {
        "id": event.id,
        "rule_id": event.rule_id,
        "rule_name": event.rule_name,
        "metric": event.metric,
        "kind": event.kind,
        "value": event.value,
        "threshold": event.threshold,
        "time": iso_ms(event.time_ms),
        "data_as_of": None if event.data_as_of_ms is None else iso_ms(event.data_as_of_ms),
    }
