"""Alert rules and their firings, which the alerts service keeps."""

from typing import Any

import msgspec
from litestar import Controller, delete, get, post, put
from litestar.params import FromPath

from libs.common.bus import Bus
from libs.common.clock import Clock
from libs.common.contracts import alerts
from libs.common.ids import new_id
from services.auth.alerts import schemas
from services.auth.alerts.service import AlertScopes
from services.auth.audited import Audited, fields_of
from services.auth.domain.attempts import CALLS_OUT
from services.auth.domain.permissions import Action
from services.auth.http.dependencies import Injected, Params, Payload
from services.auth.http.guard import ApiRequest
from services.auth.http.request import an_id
from services.auth.ports import Limits


class AlertController(Controller):
    """/api/alerts"""

    path = "/alerts"

    @get("/rules", needs=Action.READ)
    async def rules(self, request: ApiRequest, bus: Injected[Bus]) -> schemas.AlertRules:
        """The rules, oldest first."""
        found = await bus.call(alerts.LIST_RULES, alerts.RulesOf(org_id=request.user.org_id))
        return schemas.AlertRules(rules=tuple(schemas.AlertRule.of(rule) for rule in found.rules))

    @post("/rules", needs=Action.WRITE_ALERTS)
    async def add(
        self,
        request: ApiRequest,
        payload: Payload[schemas.AlertRuleBody],
        bus: Injected[Bus],
        clock: Injected[Clock],
        alert_scopes: Injected[AlertScopes],
        audited: Injected[Audited],
    ) -> schemas.AlertRule:
        """Add a rule."""
        rule = alerts.AlertRule(
            id=new_id("alr"),
            org_id=request.user.org_id,
            created_at_ms=int(clock.now().timestamp() * 1000),
            **schemas.fields_of(payload),
        )
        rule = msgspec.structs.replace(rule, scope=await alert_scopes.resolved(request.user, rule.scope))
        async with audited.change(request.user, "alert_rule_added", after=_shown(rule)):
            return schemas.AlertRule.of(await bus.call(alerts.PUT_RULE, rule))

    @put("/rules/{rule_id:str}", needs=Action.WRITE_ALERTS)
    async def change(
        self,
        request: ApiRequest,
        payload: Payload[schemas.AlertRuleChange],
        bus: Injected[Bus],
        alert_scopes: Injected[AlertScopes],
        audited: Injected[Audited],
        rule_id: FromPath[str],
    ) -> schemas.AlertRule:
        """Change a rule."""
        rule = await bus.call(alerts.GET_RULE, _named(request, rule_id))
        changes = {name: value for name, value in schemas.fields_of(payload).items() if value is not None}
        changed = msgspec.structs.replace(rule, **changes)
        scope = await alert_scopes.resolved(request.user, changed.scope, rule.scope)
        changed = msgspec.structs.replace(changed, scope=scope)
        async with audited.change(request.user, "alert_rule_changed", before=_shown(rule), after=_shown(changed)):
            return schemas.AlertRule.of(await bus.call(alerts.PUT_RULE, changed))

    @delete("/rules/{rule_id:str}", needs=Action.WRITE_ALERTS)
    async def remove(
        self, request: ApiRequest, bus: Injected[Bus], audited: Injected[Audited], rule_id: FromPath[str]
    ) -> None:
        """Delete a rule."""
        wanted = _named(request, rule_id)
        async with audited.change(request.user, "alert_rule_removed", before={"id": wanted.id}):
            await bus.call(alerts.DELETE_RULE, wanted)

    @post("/rules/{rule_id:str}/test", needs=Action.WRITE_ALERTS, status_code=200, fails=(429,))
    async def test(
        self, request: ApiRequest, bus: Injected[Bus], limits: Injected[Limits], rule_id: FromPath[str]
    ) -> schemas.AlertTested:
        """Send the alert once, marked as a test."""
        await limits.take(CALLS_OUT, request.user.org_id)
        tested = await bus.call(alerts.TEST_RULE, _named(request, rule_id))
        return schemas.AlertTested(notifications=tested.notifications)

    @get("/events", needs=Action.READ)
    async def events(
        self, request: ApiRequest, params: Params[schemas.EventsQuery], bus: Injected[Bus]
    ) -> schemas.AlertEvents:
        """What fired and what recovered, newest first."""
        wanted = alerts.EventsQuery(org_id=request.user.org_id, limit=params.limit)
        found = await bus.call(alerts.LIST_EVENTS, wanted)
        return schemas.AlertEvents(events=tuple(schemas.AlertEvent.of(event) for event in found.events))


def _named(request: ApiRequest, rule_id: str) -> alerts.AlertRuleId:
    return alerts.AlertRuleId(org_id=request.user.org_id, id=an_id(rule_id, "alr"))


def _shown(rule: alerts.AlertRule) -> dict[str, Any]:
    """What the audit log keeps of a rule. Where its webhook and Slack lead is shown masked."""
    config = rule.channel_config
    shown = fields_of(
        rule,
        *(
            "id",
            "name",
            "metric",
            "operator",
            "threshold",
            "channels",
            "window_minutes",
            "cooldown_minutes",
            "is_active",
        ),
        "scope",
    )
    for name, target in (("webhook", config.webhook), ("slack", config.slack)):
        if target is not None:
            shown[name] = alerts.mask_url(target.url)
    return shown
