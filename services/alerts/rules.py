"""Alert rules, as their owners keep them."""

from collections.abc import Collection
from secrets import token_urlsafe

import msgspec

from libs.common.clock import Clock
from libs.common.contracts.alerts import (
    AlertEvents,
    AlertRule,
    AlertRuleId,
    AlertRules,
    ChannelConfig,
    Deleted,
    EventsQuery,
    RulesOf,
)
from libs.common.errors import BadRequest, NotFound
from services.alerts.domain.rules import MOST_RULES, check
from services.alerts.domain.targets import check_targets, masked, merged, shown_once
from services.alerts.ports import Undeliverable, UnitOfWork, Vault

_MOST_EVENTS = 200


class Rules:
    """Every call names an organization and reaches nothing but what is its own. Without a `vault` there are no webhooks."""

    def __init__(
        self, uow: UnitOfWork, clock: Clock, vault: Vault | None = None, allowed_hosts: Collection[str] = ()
    ) -> None:
        self._uow = uow
        self._clock = clock
        self._vault = vault
        self._allowed_hosts = allowed_hosts

    async def all(self, asked: RulesOf) -> AlertRules:
        """The rules, oldest first."""
        async with self._uow() as tx:
            return AlertRules(rules=tuple(await tx.rules.all(asked.org_id)))

    async def one(self, wanted: AlertRuleId) -> AlertRule:
        """One rule."""
        async with self._uow() as tx:
            rule = await tx.rules.one(wanted.org_id, wanted.id)
        return _found(rule)

    async def put(self, rule: AlertRule) -> AlertRule:
        """Add a rule, or change the one with this id, whose age stays; where its channels lead comes back masked."""
        check(rule)
        async with self._uow() as tx:
            await tx.rules.lock(rule.org_id)
            known = await tx.rules.one(rule.org_id, rule.id)
            if known is None and len(await tx.rules.all(rule.org_id)) >= MOST_RULES:
                raise BadRequest(f"An organization may have {MOST_RULES} alert rules; delete one first.")
            created = known.created_at_ms if known else round(self._clock.now().timestamp() * 1000)
            old = self._opened(rule, await tx.rules.sealed(rule.org_id, rule.id))
            config = merged(rule.channel_config, old, f"whsec_{token_urlsafe(24)}")
            check_targets(rule, config, self._allowed_hosts)
            sealed = self._sealed(rule, config)
            since = known.firing_since_ms if known and rule.is_active else None
            kept = msgspec.structs.replace(
                rule, created_at_ms=created, channel_config=masked(config), firing_since_ms=since
            )
            if not await tx.rules.put(kept, sealed):
                _found(None)
        return msgspec.structs.replace(kept, channel_config=shown_once(config, old))

    async def delete(self, wanted: AlertRuleId) -> Deleted:
        """Delete a rule; what it recorded stays."""
        async with self._uow() as tx:
            if not await tx.rules.delete(wanted.org_id, wanted.id):
                _found(None)
        return Deleted(id=wanted.id)

    async def events(self, query: EventsQuery) -> AlertEvents:
        """What fired and what was over, newest first."""
        if not 1 <= query.limit <= _MOST_EVENTS:
            raise BadRequest(f"limit is between 1 and {_MOST_EVENTS}.", param="limit")
        async with self._uow() as tx:
            return AlertEvents(events=tuple(await tx.events.newest(query.org_id, query.limit)))

    def _sealed(self, rule: AlertRule, config: ChannelConfig) -> str | None:
        if config == ChannelConfig():
            return None
        if self._vault is None:
            raise BadRequest(
                "Webhooks and Slack are not set up here: their URLs cannot be sealed without PROMPTLY_ALERTS_KEK.",
                param="channel_config",
            )
        return self._vault.seal(rule.org_id, rule.id, config)

    def _opened(self, rule: AlertRule, sealed: str | None) -> ChannelConfig:
        """What was kept before. What cannot be opened any more is to be set anew."""
        if sealed is None or self._vault is None:
            return ChannelConfig()
        try:
            return self._vault.open(rule.org_id, rule.id, sealed)
        except Undeliverable:
            return ChannelConfig()


def _found(rule: AlertRule | None) -> AlertRule:
    if rule is None:
        raise NotFound("There is no such alert rule in your organization.")
    return rule
