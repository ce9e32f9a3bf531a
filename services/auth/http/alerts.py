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
from services.auth.http.body import Text, an_id, query, read
from services.auth.http.given import Given
from services.auth.http.guard import ApiRequest
from services.auth.translate.alert_json import alert_event_json, alert_rule_json

Channels = Annotated[tuple[alerts.Channel, ...], Meta(min_length=1, max_length=3)]
Threshold = Annotated[float, Meta(ge=-1e12, le=1e12)]
Minutes = Annotated[int, Meta(ge=1, le=10_080)]


class AlertRuleBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new alert rule."""

    name: Text
    metric: alerts.Metric
    operator: alerts.Operator
    threshold: Threshold
    channels: Channels = ("email",)
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
            **msgspec.structs.asdict(await read(request, AlertRuleBody)),
        )
        return alert_rule_json(await bus.call(alerts.PUT_RULE, rule))

    @put("/rules/{rule_id:str}", needs=Action.WRITE_ALERTS)
    async def change(self, request: ApiRequest, bus: Given[Bus], rule_id: FromPath[str]) -> dict[str, Any]:
        """Change a rule."""
        body = msgspec.structs.asdict(await read(request, AlertRuleChange))
        rule = await bus.call(alerts.GET_RULE, _named(request, rule_id))
        changes = {name: value for name, value in body.items() if value is not None}
        return alert_rule_json(await bus.call(alerts.PUT_RULE, msgspec.structs.replace(rule, **changes)))

    @delete("/rules/{rule_id:str}", needs=Action.WRITE_ALERTS)
    async def remove(self, request: ApiRequest, bus: Given[Bus], rule_id: FromPath[str]) -> None:
        """Delete a rule."""
        await bus.call(alerts.DELETE_RULE, _named(request, rule_id))

    @get("/events", needs=Action.READ)
    async def events(self, request: ApiRequest, bus: Given[Bus]) -> dict[str, Any]:
        """What fired and what recovered, newest first."""
        wanted = alerts.EventsQuery(org_id=request.user.org_id, limit=query(request, EventsQuery).limit)
        found = await bus.call(alerts.LIST_EVENTS, wanted)
        return {"events": [alert_event_json(event) for event in found.events]}


def _named(request: ApiRequest, rule_id: str) -> alerts.AlertRuleId:
    return alerts.AlertRuleId(org_id=request.user.org_id, id=an_id(rule_id, "alr"))
