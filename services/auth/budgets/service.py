"""Budgets of keys, teams, end users and tags."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from libs.common.clock import Clock
from libs.common.contracts.auth import Budget, BudgetPeriod, BudgetSubject, OnExceed
from libs.common.errors import NotFound
from libs.common.ids import new_id
from services.auth.announced_transaction import AnnouncedTransactions
from services.auth.audited import record, record_change
from services.auth.budgets.domain.budgets import StoredBudget, check, is_counted_anew
from services.auth.domain.accounts import Caller
from services.auth.keys.domain.keys import named as named_key
from services.auth.ports import Tx, UnitOfWork
from services.auth.teams.domain.teams import named


class BudgetChange(msgspec.Struct, frozen=True, kw_only=True):
    """What to change of a budget. The value of a budget of a key or a team is its id, or a name that one of them alone has."""

    name: str | UnsetType = UNSET
    subject: BudgetSubject | UnsetType = UNSET
    tag: str | UnsetType | None = UNSET
    value: str | UnsetType | None = UNSET
    period: BudgetPeriod | UnsetType = UNSET
    limit_nano: int | UnsetType = UNSET
    on_exceed: OnExceed | UnsetType = UNSET


class Budgets:
    """An organization's budgets. Gateways hear of each change, and go by it with the next request."""

    def __init__(self, uow: UnitOfWork, transactions: AnnouncedTransactions, clock: Clock) -> None:
        self._uow = uow
        self._transactions = transactions
        self._clock = clock

    async def all(self, caller: Caller) -> tuple[Sequence[StoredBudget], Mapping[str, str]]:
        """The budgets, oldest first, and the names of all keys and teams by their ids."""
        async with self._uow() as tx:
            names = {key.id: key.name for key in await tx.api_keys.all(caller.org_id)}
            names |= {team.id: team.name for team in await tx.teams.all(caller.org_id)}
            return await tx.budgets.all(caller.org_id), names

    async def create(self, caller: Caller, wanted: Budget) -> StoredBudget:
        """A new budget; its id and its time are made here. `Conflict` where there is one of this name."""
        now = self._clock.now()
        async with self._transactions.begin(caller.org_id) as tx:
            await tx.configuration.lock(caller.org_id)
            budget = msgspec.structs.replace(wanted, id=new_id("bgt"), changed_ms=_ms(now.timestamp()))
            budget = await _resolved(tx, caller.org_id, budget)
            check(budget, [one.budget for one in await tx.budgets.all(caller.org_id)])
            stored = StoredBudget(budget=budget, created_at=now)
            await tx.budgets.put(caller.org_id, stored)
            await record(tx, caller, "budget_created", now, after=_fields(budget))
        return stored

    async def change(self, caller: Caller, budget_id: str, wanted: BudgetChange) -> StoredBudget:
        """Change a budget. What was spent of it stays spent, unless it is about something else by now."""
        fields = {name: value for name, value in msgspec.structs.asdict(wanted).items() if value is not UNSET}
        async with self._transactions.begin(caller.org_id) as tx:
            await tx.configuration.lock(caller.org_id)
            known = await tx.budgets.all(caller.org_id)
            old = _one(known, budget_id)
            budget = await _resolved(tx, caller.org_id, msgspec.structs.replace(old.budget, **fields))
            check(budget, [one.budget for one in known])
            if is_counted_anew(old.budget, budget):
                budget = msgspec.structs.replace(budget, changed_ms=_ms(self._clock.now().timestamp()))
            stored = msgspec.structs.replace(old, budget=budget)
            before, after = _fields(old.budget), _fields(budget)
            if before != after:
                await tx.budgets.put(caller.org_id, stored)
                about = {"id": budget_id}
                await record_change(tx, caller, "budget_changed", self._clock.now(), about, before, after)
        return stored

    async def delete(self, caller: Caller, budget_id: str) -> None:
        """Delete a budget."""
        async with self._transactions.begin(caller.org_id) as tx:
            await tx.configuration.lock(caller.org_id)
            old = _one(await tx.budgets.all(caller.org_id), budget_id)
            await tx.budgets.delete(caller.org_id, budget_id)
            await record(tx, caller, "budget_deleted", self._clock.now(), before=_fields(old.budget))


async def _resolved(tx: Tx, org_id: str, budget: Budget) -> Budget:
    """The budget with the id of the key or team that it is about; `BadRequest` where there is none, or several are called so."""
    value = budget.value
    if value is None or budget.subject in ("user", "tag"):
        return budget
    if budget.subject == "team":
        value = named(await tx.teams.all(org_id), value, "value").id
    else:
        value = named_key(await tx.api_keys.all(org_id), value, "value").id
    return msgspec.structs.replace(budget, value=value)


def _one(known: Sequence[StoredBudget], budget_id: str) -> StoredBudget:
    for stored in known:
        if stored.budget.id == budget_id:
            return stored
    raise NotFound("There is no such budget.")


def _fields(budget: Budget) -> dict[str, Any]:
    fields = msgspec.structs.asdict(budget)
    del fields["changed_ms"]
    return fields


def _ms(seconds: float) -> int:
    return int(seconds * 1000)
