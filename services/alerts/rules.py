"""Alert rules, as their owners keep them."""

import msgspec

from libs.common.clock import Clock
from libs.common.contracts.alerts import (
    AlertEvents,
    AlertRule,
    AlertRuleId,
    AlertRules,
    Deleted,
    EventsQuery,
    RulesOf,
)
from libs.common.errors import BadRequest, NotFound
from services.alerts.domain.rules import MOST_RULES, check
from services.alerts.ports import UnitOfWork

_MOST_EVENTS = 200


class Rules:
    """Every call names an organisation and reaches nothing but what is its own."""

    def __init__(self, uow: UnitOfWork, clock: Clock) -> None:
        self._uow = uow
        self._clock = clock

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
        """Add a rule, or change the one with this id, whose age stays."""
        check(rule)
        async with self._uow() as tx:
            await tx.rules.lock(rule.org_id)
            known = await tx.rules.one(rule.org_id, rule.id)
            if known is None and len(await tx.rules.all(rule.org_id)) >= MOST_RULES:
                raise BadRequest(f"An organisation may have {MOST_RULES} alert rules; delete one first.")
            created = known.created_at_ms if known else round(self._clock.now().timestamp() * 1000)
            kept = msgspec.structs.replace(rule, created_at_ms=created)
            return _found(kept if await tx.rules.put(kept) else None)

    async def delete(self, wanted: AlertRuleId) -> Deleted:
        """Delete a rule; what it recorded stays."""
        async with self._uow() as tx:
            if not await tx.rules.delete(wanted.org_id, wanted.id):
                _found(None)
        return Deleted(id=wanted.id)

    async def events(self, query: EventsQuery) -> AlertEvents:
        """What fired and what was over, newest first."""
        if not 1 <= query.limit <= _MOST_EVENTS:
            raise BadRequest(f"limit is between 1 and {_MOST_EVENTS}.", details={"param": "limit"})
        async with self._uow() as tx:
            return AlertEvents(events=tuple(await tx.events.newest(query.org_id, query.limit)))


def _found(rule: AlertRule | None) -> AlertRule:
    if rule is None:
        raise NotFound("There is no such alert rule in your organisation.")
    return rule
