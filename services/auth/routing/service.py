"""Levers, tiers and routing rules."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from libs.common.clock import Clock
from libs.common.contracts.auth import (
    ModelAlias,
    OptimizationSettings,
    Principal,
    ProviderKey,
    RoutingMode,
    RoutingRule,
    Tier,
)
from libs.common.contracts.providers import ProviderName
from libs.common.contracts.router import RouteRequest
from libs.common.errors import BadRequest, Conflict, NotFound
from libs.common.ids import new_id
from services.auth.announced_transaction import AnnouncedTransactions
from services.auth.audited import fields_of, record, record_change
from services.auth.domain.accounts import Caller
from services.auth.domain.audit import AuditEntry
from services.auth.ports import Tx, UnitOfWork
from services.auth.routing.domain import rules
from services.auth.routing.domain.chat_request import ChatBody, route_request
from services.auth.routing.domain.rules import StoredRule
from services.auth.routing.domain.tiers import Tiers, changed, effective

_MOST_RULES: Final = 100


class RuleChange(msgspec.Struct, frozen=True, kw_only=True):
    """A rule as its author writes it. In a change of an existing rule, None leaves a field as it is."""

    name: str | None = None
    condition_type: rules.ConditionType | None = None
    condition_value: dict[str, Any] | None = None
    action: rules.Action | None = None
    action_value: str | None = None
    priority: int | None = None


class Routing(msgspec.Struct, frozen=True, kw_only=True):
    """How an organization's models are chosen; `tiers` names them all, those included that are as in `default_tiers`."""

    routing_mode: RoutingMode
    tiers: dict[str, dict[Tier, str]]
    default_tiers: dict[str, dict[Tier, str]]


class Configuration:
    """What an organization chooses for its requests."""

    def __init__(
        self, uow: UnitOfWork, transactions: AnnouncedTransactions, clock: Clock, default_tiers: Tiers
    ) -> None:
        self._uow = uow
        self._default_tiers = default_tiers
        self._transactions = transactions
        self._clock = clock

    async def settings(self, caller: Caller) -> OptimizationSettings:
        """The levers."""
        async with self._uow() as tx:
            return await tx.configuration.settings(caller.org_id)

    async def change_settings(self, caller: Caller, fields: Mapping[str, Any]) -> OptimizationSettings:
        """Change the levers named in `fields`, whose values have been checked."""
        async with self._transactions.begin(caller.org_id) as tx:
            await tx.configuration.lock(caller.org_id)
            before = await tx.configuration.settings(caller.org_id)
            settings = msgspec.structs.replace(before, **fields)
            await tx.configuration.put_settings(caller.org_id, settings)
            old, new = (fields_of(one, *fields) for one in (before, settings))
            await record_change(tx, caller, "settings_changed", self._clock.now(), {}, old, new)
        return settings

    async def changes(self, caller: Caller, limit: int) -> Sequence[AuditEntry]:
        """The latest changes of the levers, newest first."""
        async with self._uow() as tx:
            return await tx.audit.newest(caller.org_id, limit)

    async def routing(self, caller: Caller) -> Routing:
        """The mode and the tiers."""
        async with self._uow() as tx:
            return await self._routing(tx, caller)

    async def change_routing(
        self, caller: Caller, mode: RoutingMode | None, tiers: Mapping[ProviderName, Mapping[Tier, str] | None]
    ) -> Routing:
        """Change the mode, and the tiers of the providers named; None goes back to a provider's defaults."""
        async with self._transactions.begin(caller.org_id) as tx:
            await tx.configuration.lock(caller.org_id)
            before = await tx.configuration.settings(caller.org_id)
            settings = before if mode is None else msgspec.structs.replace(before, routing_mode=mode)
            await tx.configuration.put_settings(caller.org_id, settings)
            own = await tx.configuration.tiers(caller.org_id)
            wanted = changed(own, tiers)
            await tx.configuration.put_tiers(caller.org_id, wanted)
            old, new = (
                {"routing_mode": one.routing_mode, **{name: dict(models) for name, models in chosen.items()}}
                for one, chosen in ((before, own), (settings, wanted))
            )
            await record_change(tx, caller, "routing_changed", self._clock.now(), {}, old, new)
            return await self._routing(tx, caller)

    async def aliases(self, caller: Caller) -> Mapping[str, ModelAlias]:
        """The organization's own names for models."""
        async with self._uow() as tx:
            return await tx.configuration.aliases(caller.org_id)

    async def change_aliases(self, caller: Caller, wanted: Mapping[str, ModelAlias]) -> Mapping[str, ModelAlias]:
        """Have these names, and no others. `BadRequest` for one that stands for another alias."""
        for name, alias in wanted.items():
            for model in (*(one.model for one in alias.models), *alias.fallbacks):
                # A model's own name may be an alias, for its fallbacks; named elsewhere it is the model.
                if model in wanted and all(one.model != model for one in wanted[model].models):
                    raise BadRequest(f"The alias {name} names {model}, which is an alias itself.", param="aliases")
        async with self._transactions.begin(caller.org_id) as tx:
            await tx.configuration.lock(caller.org_id)
            before = await tx.configuration.aliases(caller.org_id)
            await tx.configuration.put_aliases(caller.org_id, dict(wanted))
            old, new = (msgspec.to_builtins(dict(one)) for one in (before, wanted))
            await record_change(tx, caller, "aliases_changed", self._clock.now(), {}, old, new)
        return wanted

    async def rules(self, caller: Caller) -> Sequence[StoredRule]:
        """The rules in the order in which they are tried."""
        async with self._uow() as tx:
            return await tx.configuration.rules(caller.org_id)

    async def add_rule(self, caller: Caller, wanted: RuleChange) -> StoredRule:
        """Keep a new rule; an organization may have a hundred."""
        empty = RoutingRule(
            id=new_id("rule"), name="", condition=rules.condition("always", {}), action="use_model", action_value=""
        )
        rule = StoredRule(rule=_changed(empty, wanted), created_at=self._clock.now())
        async with self._transactions.begin(caller.org_id) as tx:
            await tx.configuration.lock(caller.org_id)
            if len(await tx.configuration.rules(caller.org_id)) >= _MOST_RULES:
                raise BadRequest(f"An organization may have {_MOST_RULES} rules; delete one first.")
            await tx.configuration.put_rule(caller.org_id, rule)
            await record(tx, caller, "rule_added", rule.created_at, after=_shown(rule))
        return rule

    async def change_rule(self, caller: Caller, rule_id: str, wanted: RuleChange) -> StoredRule:
        """Change a rule; its age stays."""
        async with self._transactions.begin(caller.org_id) as tx:
            await tx.configuration.lock(caller.org_id)
            for old in await tx.configuration.rules(caller.org_id):
                if old.rule.id == rule_id:
                    rule = msgspec.structs.replace(old, rule=_changed(old.rule, wanted))
                    await tx.configuration.put_rule(caller.org_id, rule)
                    about = {"id": rule_id}
                    shown = (_shown(old), _shown(rule))
                    await record_change(tx, caller, "rule_changed", self._clock.now(), about, *shown)
                    return rule
            raise NotFound("There is no such rule.")

    async def order_rules(self, caller: Caller, ids: Sequence[str]) -> Sequence[StoredRule]:
        """Have the rules tried in this order; `Conflict` where these are not the rules that there are."""
        async with self._transactions.begin(caller.org_id) as tx:
            await tx.configuration.lock(caller.org_id)
            known = {stored.rule.id: stored for stored in await tx.configuration.rules(caller.org_id)}
            if sorted(ids) != sorted(known):
                raise Conflict("These are not the rules that there are now; read them again, then order them.")
            for rule in rules.in_order([known[rule_id] for rule_id in ids]):
                await tx.configuration.put_rule(caller.org_id, rule)
            before, after = ({"order": order} for order in (list(known), list(ids)))
            await record_change(tx, caller, "rules_ordered", self._clock.now(), {}, before, after)
            return await tx.configuration.rules(caller.org_id)

    async def delete_rule(self, caller: Caller, rule_id: str) -> None:
        """Delete a rule."""
        async with self._transactions.begin(caller.org_id) as tx:
            await tx.configuration.lock(caller.org_id)  # a change at the same time would write it anew
            known = {stored.rule.id: stored for stored in await tx.configuration.rules(caller.org_id)}
            if not await tx.configuration.delete_rule(caller.org_id, rule_id):
                raise NotFound("There is no such rule.")
            await record(tx, caller, "rule_removed", self._clock.now(), before=_shown(known[rule_id]))

    async def preview(self, caller: Caller, body: ChatBody) -> RouteRequest:
        """The router's input for a request; `BadRequest` where no provider is connected."""
        async with self._uow() as tx:
            settings = await tx.configuration.settings(caller.org_id)
            rules = tuple(stored.rule for stored in await tx.configuration.rules(caller.org_id))
            tiers = await tx.configuration.tiers(caller.org_id)
            keys = await tx.provider_keys.all(caller.org_id)
        return route_request(caller.org_id, body, settings, rules, tiers, keys)

    async def trial(self, caller: Caller, fields: Mapping[str, Any]) -> Principal:
        """The organization as a gateway knows it, with other levers, and without what would open its provider keys."""
        async with self._uow() as tx:
            settings = await tx.configuration.settings(caller.org_id)
            rules = tuple(stored.rule for stored in await tx.configuration.rules(caller.org_id))
            tiers = await tx.configuration.tiers(caller.org_id)
            aliases = await tx.configuration.aliases(caller.org_id)
            keys = await tx.provider_keys.all(caller.org_id)
        return Principal(
            org_id=caller.org_id,
            key_id="",
            settings=msgspec.structs.replace(settings, **fields),
            rules=rules,
            tiers={provider: dict(models) for provider, models in tiers.items()},
            aliases=dict(aliases),
            provider_keys=tuple(
                ProviderKey(id=key.id, provider=key.provider, sealed="", base_url=key.base_url, models=key.models)
                for key in keys
            ),
        )

    async def _routing(self, tx: Tx, caller: Caller) -> Routing:
        settings = await tx.configuration.settings(caller.org_id)
        own = await tx.configuration.tiers(caller.org_id)
        return Routing(
            routing_mode=settings.routing_mode,
            tiers=effective(self._default_tiers, own),
            default_tiers=effective(self._default_tiers, {}),
        )


def _changed(rule: RoutingRule, wanted: RuleChange) -> RoutingRule:
    changes = {name: value for name, value in msgspec.structs.asdict(wanted).items() if value is not None}
    kind = changes.pop("condition_type", rule.condition.type)
    value = changes.pop("condition_value", None)
    if value is not None or kind != rule.condition.type:
        changes["condition"] = rules.condition(kind, value or {})
    new = msgspec.structs.replace(rule, **changes)
    rules.check_action(new.action, new.action_value)
    return new


def _shown(stored: StoredRule) -> dict[str, Any]:
    """What the audit log keeps of a rule."""
    return fields_of(stored.rule, "id", "name", "condition", "action", "action_value", "priority")
