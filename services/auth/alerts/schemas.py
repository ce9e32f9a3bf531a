"""Bodies, queries and answers about alert rules and their firings."""

from typing import Annotated, Any, Literal, Self

import msgspec
from msgspec import Meta

from libs.common.contracts import alerts
from services.auth.schemas import Answer, OptionalText, Text, Time, iso_ms, optional_iso_ms

Channels = Annotated[tuple[alerts.Channel, ...], Meta(min_length=1, max_length=3)]
Threshold = Annotated[float, Meta(ge=-1e12, le=1e12)]
Minutes = Annotated[int, Meta(ge=1, le=10_080)]
Url = Annotated[str, Meta(min_length=1, max_length=2000, pattern=r"^[^\x00]*$")]


class WebhookBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a webhook goes. Without a secret it keeps the one it has, or gets one."""

    url: Url
    secret: OptionalText = ""


class SlackBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An incoming webhook of Slack's."""

    url: Url


class ChannelConfigBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where channels lead; what is left out leads nowhere."""

    webhook: WebhookBody | None = None
    slack: SlackBody | None = None


class AlertScopeBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The requests that a rule watches. The value of a key or a team is its id, or a name that one of them alone has."""

    by: alerts.ScopeKind = "organization"
    value: Annotated[str, Meta(max_length=256, pattern=r"^[^\x00]*$")] = ""
    tag: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.-]{1,64}$")] | None = None


class AlertRuleBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new alert rule."""

    name: Text
    metric: alerts.Metric
    operator: alerts.Operator
    threshold: Threshold
    channels: Channels = ("email",)
    channel_config: ChannelConfigBody = ChannelConfigBody()
    window_minutes: Minutes = 60
    cooldown_minutes: Minutes = 60
    is_active: bool = True
    scope: AlertScopeBody = AlertScopeBody()


class AlertRuleChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A change of an alert rule; what is not named stays."""

    name: Text | None = None
    metric: alerts.Metric | None = None
    operator: alerts.Operator | None = None
    threshold: Threshold | None = None
    channels: Channels | None = None
    channel_config: ChannelConfigBody | None = None
    window_minutes: Minutes | None = None
    cooldown_minutes: Minutes | None = None
    is_active: bool | None = None
    scope: AlertScopeBody | None = None


class EventsQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many firings to list."""

    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class ChannelConfig(Answer, frozen=True, kw_only=True, omit_defaults=True):
    """Where a rule's channels lead, masked; a channel that leads nowhere is left out."""

    webhook: alerts.WebhookTarget | None = None
    slack: alerts.SlackTarget | None = None


class AlertRule(Answer, frozen=True, kw_only=True):
    """An alert rule; where its channels lead is masked. `firing_since` is null while it does not fire."""

    id: str
    name: str
    metric: alerts.Metric
    operator: alerts.Operator
    threshold: float
    channels: tuple[alerts.Channel, ...]
    window_minutes: int
    cooldown_minutes: int
    channel_config: ChannelConfig
    is_active: bool
    scope: alerts.AlertScope
    firing_since: Time | None
    created_at: Time

    @classmethod
    def of(cls, rule: alerts.AlertRule) -> Self:
        """From the rule as the alerts service keeps it."""
        targets = rule.channel_config
        return cls(
            id=rule.id,
            name=rule.name,
            metric=rule.metric,
            operator=rule.operator,
            threshold=rule.threshold,
            channels=rule.channels,
            window_minutes=rule.window_minutes,
            cooldown_minutes=rule.cooldown_minutes,
            channel_config=ChannelConfig(webhook=targets.webhook, slack=targets.slack),
            is_active=rule.is_active,
            scope=rule.scope,
            firing_since=optional_iso_ms(rule.firing_since_ms),
            created_at=iso_ms(rule.created_at_ms),
        )


class AlertRules(Answer, frozen=True, kw_only=True):
    """Alert rules, oldest first."""

    rules: tuple[AlertRule, ...]


class AlertTested(Answer, frozen=True, kw_only=True):
    """What became of the test, channel by channel."""

    notifications: tuple[alerts.Notification, ...]


class AlertEvent(Answer, frozen=True, kw_only=True):
    """A rule fired, or its metric came back."""

    id: str
    rule_id: str
    rule_name: str
    metric: alerts.EventMetric
    kind: Literal["fired", "resolved"]
    value: float
    threshold: float
    time: Time
    data_as_of: Time | None
    forecast: float | None
    message: str
    scope: alerts.AlertScope
    notifications: tuple[alerts.Notification, ...]

    @classmethod
    def of(cls, event: alerts.AlertEvent) -> Self:
        """From a firing, or the recovery after one."""
        return cls(
            id=event.id,
            rule_id=event.rule_id,
            rule_name=event.rule_name,
            metric=event.metric,
            kind=event.kind,
            value=event.value,
            threshold=event.threshold,
            time=iso_ms(event.time_ms),
            data_as_of=optional_iso_ms(event.data_as_of_ms),
            forecast=event.forecast,
            message=event.message,
            scope=event.scope,
            notifications=event.notifications,
        )


class AlertEvents(Answer, frozen=True, kw_only=True):
    """Newest first."""

    events: tuple[AlertEvent, ...]


def fields_of(body: AlertRuleBody | AlertRuleChange) -> dict[str, Any]:
    """The fields of a body as those of the alerts service's rule."""
    fields = msgspec.structs.asdict(body)
    if body.scope is not None:
        fields["scope"] = msgspec.convert(body.scope, alerts.AlertScope, from_attributes=True)
    if body.channel_config is not None:
        fields["channel_config"] = msgspec.convert(body.channel_config, alerts.ChannelConfig, from_attributes=True)
    return fields
