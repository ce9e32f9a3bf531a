"""Tiers and routing rules."""

from collections.abc import Sequence
from typing import Final

import msgspec
from litestar import Controller, delete, get, post, put
from litestar.params import FromPath

from libs.common.bus import Bus
from libs.common.contracts.router import ROUTE
from services.auth.domain.permissions import Action
from services.auth.http.dependencies import Injected, Payload
from services.auth.http.guard import ApiRequest
from services.auth.http.request import an_id
from services.auth.routing import schemas
from services.auth.routing.domain.chat_request import ChatBody
from services.auth.routing.domain.rules import StoredRule
from services.auth.routing.service import Configuration, Routing, RuleChange

# No client's request waits for a preview, so the router gets more time for it.
_PREVIEW_MS: Final = 2000.0


class RoutingController(Controller):
    """/api/routing"""

    path = "/routing"

    @get("/config", needs=Action.READ)
    async def config(self, request: ApiRequest, configuration: Injected[Configuration]) -> Routing:
        """The mode, and the model of every tier."""
        return await configuration.routing(request.user)

    @put("/config", needs=Action.MANAGE_SETTINGS)
    async def change_config(
        self, request: ApiRequest, payload: Payload[schemas.RoutingChange], configuration: Injected[Configuration]
    ) -> Routing:
        """Change the mode, or some tiers."""
        return await configuration.change_routing(request.user, payload.routing_mode, payload.tiers)

    @get("/aliases", needs=Action.READ)
    async def aliases(self, request: ApiRequest, configuration: Injected[Configuration]) -> schemas.Aliases:
        """The organization's own names for models."""
        return schemas.Aliases(aliases=dict(await configuration.aliases(request.user)))

    @put("/aliases", needs=Action.MANAGE_SETTINGS)
    async def change_aliases(
        self, request: ApiRequest, payload: Payload[schemas.AliasesBody], configuration: Injected[Configuration]
    ) -> schemas.Aliases:
        """Have these names and no others."""
        return schemas.Aliases(aliases=dict(await configuration.change_aliases(request.user, payload.wanted())))

    @get("/rules", needs=Action.READ)
    async def rules(self, request: ApiRequest, configuration: Injected[Configuration]) -> schemas.Rules:
        """The rules in the order in which they are tried."""
        return _rules(await configuration.rules(request.user))

    @post("/rules", needs=Action.MANAGE_SETTINGS)
    async def add_rule(
        self, request: ApiRequest, payload: Payload[schemas.RuleBody], configuration: Injected[Configuration]
    ) -> schemas.Rule:
        """Add a rule."""
        wanted = RuleChange(**msgspec.structs.asdict(payload))
        return schemas.Rule.of(await configuration.add_rule(request.user, wanted))

    @post("/preview", needs=Action.READ, status_code=200)
    async def preview(
        self,
        request: ApiRequest,
        payload: Payload[ChatBody],
        configuration: Injected[Configuration],
        bus: Injected[Bus],
    ) -> schemas.Route:
        """Say what would become of a chat request; no provider is called."""
        wanted = await configuration.preview(request.user, payload)
        return schemas.Route.of(await bus.call(ROUTE, wanted, budget_ms=_PREVIEW_MS))

    @put("/rules/order", needs=Action.MANAGE_SETTINGS, fails=(409,))
    async def order_rules(
        self, request: ApiRequest, payload: Payload[schemas.RuleOrder], configuration: Injected[Configuration]
    ) -> schemas.Rules:
        """Have the rules tried in another order: all of it, or nothing."""
        return _rules(await configuration.order_rules(request.user, payload.rule_ids))

    @put("/rules/{rule_id:str}", needs=Action.MANAGE_SETTINGS)
    async def change_rule(
        self,
        request: ApiRequest,
        payload: Payload[schemas.RuleChangeBody],
        configuration: Injected[Configuration],
        rule_id: FromPath[str],
    ) -> schemas.Rule:
        """Change a rule."""
        wanted = RuleChange(**msgspec.structs.asdict(payload))
        return schemas.Rule.of(await configuration.change_rule(request.user, an_id(rule_id, "rule"), wanted))

    @delete("/rules/{rule_id:str}", needs=Action.MANAGE_SETTINGS)
    async def delete_rule(
        self, request: ApiRequest, configuration: Injected[Configuration], rule_id: FromPath[str]
    ) -> None:
        """Delete a rule."""
        await configuration.delete_rule(request.user, an_id(rule_id, "rule"))


def _rules(stored: Sequence[StoredRule]) -> schemas.Rules:
    return schemas.Rules(rules=tuple(schemas.Rule.of(rule) for rule in stored))
