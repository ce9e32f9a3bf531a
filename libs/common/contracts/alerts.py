"""What alerts answers: rules that watch a metric, and the firings they recorded."""

from typing import Literal
from urllib.parse import urlsplit

import msgspec

from libs.common.contracts.base import Rpc

Metric = Literal[
    "daily_spend",
    "monthly_spend",
    "spend_anomaly",
    "cost_per_request",
    "error_rate",
    "latency_p95",
    "savings_percentage",
]
# What an event may be about: a rule's metric, a lever that the guard has switched off, a budget without room, or prices of models in use.
EventMetric = Metric | Literal["lever_guard", "budget", "prices"]
Operator = Literal["gt", "lt", "gte", "lte"]
Channel = Literal["email", "webhook", "slack"]
ScopeKind = Literal["organization", "key", "team", "user", "tag", "model", "endpoint"]


class WebhookTarget(msgspec.Struct, frozen=True, kw_only=True):
    """Where a webhook goes, and the secret that signs it. Both are masked in answers; the secret is shown in full once, in
    the answer to the call that set it or had it made.
    """

    url: str
    secret: str = ""


class SlackTarget(msgspec.Struct, frozen=True, kw_only=True):
    """An incoming webhook of Slack's; masked in answers."""

    url: str


class ChannelConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Where a rule's channels lead. What is put as it was shown, masked, stays as it is."""

    webhook: WebhookTarget | None = None
    slack: SlackTarget | None = None


class AlertScope(msgspec.Struct, frozen=True, kw_only=True):
    """The requests that a rule watches: all of the organization's, or those of a key or team (by its id, `name` is what it was called when
    the rule was put), an end user, a model that served, an endpoint, or with a `tag` of this value.
    """

    by: ScopeKind = "organization"
    value: str = ""
    tag: str | None = None
    name: str = ""


class AlertRule(msgspec.Struct, frozen=True, kw_only=True):
    """`threshold` is in the metric's unit: dollars for spend, deviations for spend_anomaly, percent for rates, milliseconds for latency.
    `firing_since_ms` is where the rule stands, None while it does not fire; alerts says it, and takes no notice of it.
    """

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
    channel_config: ChannelConfig = ChannelConfig()
    firing_since_ms: int | None = None
    scope: AlertScope = AlertScope()


class AlertRules(msgspec.Struct, frozen=True, kw_only=True):
    """An organization's rules, oldest first."""

    rules: tuple[AlertRule, ...]


class RulesOf(msgspec.Struct, frozen=True, kw_only=True):
    """Whose rules."""

    org_id: str


class AlertRuleId(msgspec.Struct, frozen=True, kw_only=True):
    """One rule of an organization."""

    org_id: str
    id: str


class Deleted(msgspec.Struct, frozen=True, kw_only=True):
    """It is gone."""

    id: str


class EventsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The newest firings of an organization."""

    org_id: str
    limit: int = 50


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """What became of telling one channel; `error` is a sentence for the rule's owner."""

    channel: Channel
    state: Literal["waiting", "sent", "failed"]
    attempts: int
    error: str | None = None


class AlertEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A rule's metric crossed its threshold, or came back. `data_as_of_ms` is the newest request it counted; `forecast` is
    what the day or the month will have cost at this pace, in dollars. The guard's events have the metric "lever_guard", in points, and
    no rule: the name is the lever's and the id that of the guard's step in the audit log. A budget's have the metric "budget", in
    dollars, its name and its id. Those about prices have the metric "prices": how many things there are to know.
    """

    id: str
    org_id: str
    rule_id: str
    rule_name: str
    metric: EventMetric
    kind: Literal["fired", "resolved"]
    value: float
    threshold: float
    time_ms: int
    data_as_of_ms: int | None
    forecast: float | None = None
    message: str = ""
    notifications: tuple[Notification, ...] = ()
    scope: AlertScope = AlertScope()


class AlertEvents(msgspec.Struct, frozen=True, kw_only=True):
    """Newest first."""

    events: tuple[AlertEvent, ...]


class RuleTested(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a test alert: one try on each of the rule's channels."""

    notifications: tuple[Notification, ...]


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """Where an organization is told of requests that waited. `url` is masked; `secret` is shown once, in the answer to the call that
    added it. `verified_at_ms` is None until the receiver has shown that it holds the secret. `waiting` and `failed` count
    deliveries of the last 30 days; `last_error` is a sentence about the newest that did not arrive, `delivered_at_ms` when the newest
    did.
    """

    id: str
    org_id: str
    name: str
    url: str
    secret: str = ""
    created_at_ms: int
    verified_at_ms: int | None = None
    waiting: int = 0
    failed: int = 0
    last_error: str | None = None
    delivered_at_ms: int | None = None


class Webhooks(msgspec.Struct, frozen=True, kw_only=True):
    """An organization's webhooks, oldest first."""

    webhooks: tuple[Webhook, ...]


class WebhooksOf(msgspec.Struct, frozen=True, kw_only=True):
    """Whose webhooks."""

    org_id: str


class NewWebhook(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook to be added; requests name it by `name`."""

    id: str
    org_id: str
    name: str
    url: str


class WebhookId(msgspec.Struct, frozen=True, kw_only=True):
    """One webhook of an organization."""

    org_id: str
    id: str


class WebhookName(msgspec.Struct, frozen=True, kw_only=True):
    """The webhook that a request names."""

    org_id: str
    name: str


def mask_url(url: str) -> str:
    """How a URL is shown: its host and its last four characters."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/…{url[-4:]}"


def mask_secret(secret: str) -> str:
    """How a secret is shown: its last four characters."""
    return f"…{secret[-4:]}" if secret else ""


LIST_RULES: Rpc[RulesOf, AlertRules] = Rpc("promptly.v1.alerts.list_rules", RulesOf, AlertRules, 3000)
PUT_RULE: Rpc[AlertRule, AlertRule] = Rpc("promptly.v1.alerts.put_rule", AlertRule, AlertRule, 3000)
GET_RULE: Rpc[AlertRuleId, AlertRule] = Rpc("promptly.v1.alerts.get_rule", AlertRuleId, AlertRule, 3000)
DELETE_RULE: Rpc[AlertRuleId, Deleted] = Rpc("promptly.v1.alerts.delete_rule", AlertRuleId, Deleted, 3000)
LIST_EVENTS: Rpc[EventsQuery, AlertEvents] = Rpc("promptly.v1.alerts.list_events", EventsQuery, AlertEvents, 3000)
TEST_RULE: Rpc[AlertRuleId, RuleTested] = Rpc("promptly.v1.alerts.test_rule", AlertRuleId, RuleTested, 20_000)
LIST_WEBHOOKS: Rpc[WebhooksOf, Webhooks] = Rpc("promptly.v1.alerts.list_webhooks", WebhooksOf, Webhooks, 3000)
ADD_WEBHOOK: Rpc[NewWebhook, Webhook] = Rpc("promptly.v1.alerts.add_webhook", NewWebhook, Webhook, 3000)
VERIFY_WEBHOOK: Rpc[WebhookId, Webhook] = Rpc("promptly.v1.alerts.verify_webhook", WebhookId, Webhook, 20_000)
DELETE_WEBHOOK: Rpc[WebhookId, Deleted] = Rpc("promptly.v1.alerts.delete_webhook", WebhookId, Deleted, 3000)
FIND_WEBHOOK: Rpc[WebhookName, WebhookId] = Rpc("promptly.v1.alerts.find_webhook", WebhookName, WebhookId, 1000)
