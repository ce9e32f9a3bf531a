"""Alert rules and their firings as JSON."""

from typing import Any

import msgspec

from libs.common.contracts.alerts import AlertEvent, AlertRule, ChannelConfig, Notification
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
        "channel_config": _targets(rule.channel_config),
        "is_active": rule.is_active,
        "firing_since": None if rule.firing_since_ms is None else iso_ms(rule.firing_since_ms),
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
        "forecast": event.forecast,
        "message": event.message,
        "notifications": [notification_json(one) for one in event.notifications],
    }


def notification_json(notification: Notification) -> dict[str, Any]:
    """What became of telling one channel."""
    return msgspec.to_builtins(notification)  # type: ignore[no-any-return]


def _targets(config: ChannelConfig) -> dict[str, Any]:
    """Only what is set."""
    return {name: target for name, target in msgspec.to_builtins(config).items() if target is not None}
