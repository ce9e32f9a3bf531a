"""Tiers and routing rules."""

from typing import Annotated, Any, Final

import msgspec
from litestar import Controller, delete, get, post, put
from litestar.params import FromPath
from msgspec import Meta

from libs.common.bus import Bus
from libs.common.contracts.auth import RoutingMode, Tier
from libs.common.contracts.router import ROUTE
from services.auth.configuration import Configuration, RuleChange
from services.auth.domain import rules
from services.auth.domain.keys import Provider
from services.auth.domain.permissions import Action
from services.auth.domain.preview import ChatBody
from services.auth.http.body import Text, an_id, read
from services.auth.http.given import Given
from services.auth.http.guard import ApiRequest
from services.auth.translate.account_json import route_json, rule_json

# Nobody's request waits for a preview, so the router has more time for it.
_PREVIEW_MS: Final = 2000.0

Priority = Annotated[int, Meta(ge=rules.LEAST_PRIORITY, le=rules.MOST_PRIORITY)]
_VALUES: Final = (rules.Keywords, rules.TokenCount, rules.Always)
# It is read where the type is known: here it is only told.
ConditionValue = Annotated[
    dict[str, Any],
    Meta(extra_json_schema={"anyOf": [msgspec.json.schema(one)["$defs"][one.__name__] for one in _VALUES]}),
]


class RoutingChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The mode, and the models of some providers' tiers; null brings a provider's defaults back."""

    routing_mode: RoutingMode | None = None
    tiers: dict[Provider, dict[Tier, Text] | None] = {}


class RuleBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new routing rule."""

    name: Text
    condition_type: rules.ConditionType
    condition_value: ConditionValue = {}
    action: rules.Action
    action_value: Text
    priority: Priority = 0


class RuleChangeBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A change of a routing rule."""

    name: Text | None = None
    condition_type: rules.ConditionType | None = None
    condition_value: ConditionValue | None = None
    action: rules.Action | None = None
    action_value: Text | None = None
    priority: Priority | None = None


class RuleOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All rules, in the order in which they are to be tried."""

    rule_ids: list[Text]


class RoutingController(Controller):
    """/api/routing"""

    path = "/routing"

    @get("/config", needs=Action.READ)
    async def config(self, request: ApiRequest, configuration: Given[Configuration]) -> Any:
        """The mode, and the model of every tier."""
        return msgspec.to_builtins(await configuration.routing(request.user))

    @put("/config", needs=Action.MANAGE_SETTINGS)
    async def change_config(self, request: ApiRequest, configuration: Given[Configuration]) -> Any:
        """Change the mode, or some tiers."""
        body = await read(request, RoutingChange)
        return msgspec.to_builtins(await configuration.change_routing(request.user, body.routing_mode, body.tiers))

    @get("/rules", needs=Action.READ)
    async def rules(self, request: ApiRequest, configuration: Given[Configuration]) -> dict[str, Any]:
        """The rules in the order in which they are tried."""
        return {"rules": [rule_json(rule) for rule in await configuration.rules(request.user)]}

    @post("/rules", needs=Action.MANAGE_SETTINGS)
    async def add_rule(self, request: ApiRequest, configuration: Given[Configuration]) -> dict[str, Any]:
        """Add a rule."""
        wanted = RuleChange(**msgspec.structs.asdict(await read(request, RuleBody)))
        return rule_json(await configuration.add_rule(request.user, wanted))

    @post("/preview", needs=Action.READ, status_code=200)
    async def preview(
        self, request: ApiRequest, configuration: Given[Configuration], bus: Given[Bus]
    ) -> dict[str, Any]:
        """Say what would become of a chat request; no provider is called."""
        asked = await configuration.preview(request.user, await read(request, ChatBody))
        return route_json(await bus.call(ROUTE, asked, budget_ms=_PREVIEW_MS))

    @put("/rules/order", needs=Action.MANAGE_SETTINGS)
    async def order_rules(self, request: ApiRequest, configuration: Given[Configuration]) -> dict[str, Any]:
        """Have the rules tried in another order: all of it, or nothing."""
        wanted = (await read(request, RuleOrder)).rule_ids
        return {"rules": [rule_json(rule) for rule in await configuration.order_rules(request.user, wanted)]}

    @put("/rules/{rule_id:str}", needs=Action.MANAGE_SETTINGS)
    async def change_rule(
        self, request: ApiRequest, configuration: Given[Configuration], rule_id: FromPath[str]
    ) -> dict[str, Any]:
        """Change a rule."""
        wanted = RuleChange(**msgspec.structs.asdict(await read(request, RuleChangeBody)))
        return rule_json(await configuration.change_rule(request.user, an_id(rule_id, "rule"), wanted))

    @delete("/rules/{rule_id:str}", needs=Action.MANAGE_SETTINGS)
    async def delete_rule(
        self, request: ApiRequest, configuration: Given[Configuration], rule_id: FromPath[str]
    ) -> None:
        """Delete a rule."""
        await configuration.delete_rule(request.user, an_id(rule_id, "rule"))
