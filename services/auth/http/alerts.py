"""Alert rules and their firings, asked of alerts."""

from typing import Annotated, Any

import msgspec
from litestar import Controller, delete, get, post, put
from litestar.params import FromPath
from msgspec import Meta

from libs.common.bus import Bus
from libs.common.clock import Clock
from libs.common.contracts import alerts
from libs.common.ids import new_id
from services.auth.domain.permissions import Action
from services.auth.http.body import OptionalText, Text, an_id, query, read
from services.auth.http.given import Given
from services.auth.http.guard import ApiRequest
from services.auth.translate.alert_json import alert_event_json, alert_rule_json, notification_json

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


class EventsQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many firings to list."""

    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class AlertController(Controller):
    """/api/alerts"""

    path = "/alerts"

    @get("/rules", needs=Action.READ)
    async def rules(self, request: ApiRequest, bus: Given[Bus]) -> dict[str, Any]:
        """The rules, oldest first."""
        found = await bus.call(alerts.LIST_RULES, alerts.RulesOf(org_id=request.user.org_id))
        return {"rules": [alert_rule_json(rule) for rule in found.rules]}

    @post("/rules", needs=Action.WRITE_ALERTS)
    async def add(self, request: ApiRequest, bus: Given[Bus], clock: Given[Clock]) -> dict[str, Any]:
        """Add a rule."""
        rule = alerts.AlertRule(
            id=new_id("alr"),
            org_id=request.user.org_id,
            created_at_ms=int(clock.now().timestamp() * 1000),
            **_fields(await read(request, AlertRuleBody)),
        )
        return alert_rule_json(await bus.call(alerts.PUT_RULE, rule))

    @put("/rules/{rule_id:str}", needs=Action.WRITE_ALERTS)
    async def change(self, request: ApiRequest, bus: Given[Bus], rule_id: FromPath[str]) -> dict[str, Any]:
        """Change a rule."""
        body = _fields(await read(request, AlertRuleChange))
        rule = await bus.call(alerts.GET_RULE, _named(request, rule_id))
        changes = {name: value for name, value in body.items() if value is not None}
        return alert_rule_json(await bus.call(alerts.PUT_RULE, msgspec.structs.replace(rule, **changes)))

    @delete("/rules/{rule_id:str}", needs=Action.WRITE_ALERTS)
    async def remove(self, request: ApiRequest, bus: Given[Bus], rule_id: FromPath[str]) -> None:
        """Delete a rule."""
        await bus.call(alerts.DELETE_RULE, _named(request, rule_id))

    @post("/rules/{rule_id:str}/test", needs=Action.WRITE_ALERTS, status_code=200)
    async def test(self, request: ApiRequest, bus: Given[Bus], rule_id: FromPath[str]) -> dict[str, Any]:
        """Send the alert once, marked as a test."""
        tested = await bus.call(alerts.TEST_RULE, _named(request, rule_id))
        return {"notifications": [notification_json(one) for one in tested.notifications]}

    @get("/events", needs=Action.READ)
    async def events(self, request: ApiRequest, bus: Given[Bus]) -> dict[str, Any]:
        """What fired and what recovered, newest first."""
        wanted = alerts.EventsQuery(org_id=request.user.org_id, limit=query(request, EventsQuery).limit)
        found = await bus.call(alerts.LIST_EVENTS, wanted)
        return {"events": [alert_event_json(event) for event in found.events]}


def _fields(body: AlertRuleBody | AlertRuleChange) -> dict[str, Any]:
    fields = msgspec.structs.asdict(body)
    if body.channel_config is not None:
        fields["channel_config"] = msgspec.convert(body.channel_config, alerts.ChannelConfig, from_attributes=True)
    return fields


def _named(request: ApiRequest, rule_id: str) -> alerts.AlertRuleId:
    return alerts.AlertRuleId(org_id=request.user.org_id, id=an_id(rule_id, "alr"))
