"""Bodies and answers about budgets. Money is dollars."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Self

import msgspec
from msgspec import UNSET, Meta, UnsetType

from libs.common.contracts.auth import BudgetPeriod, BudgetSubject, OnExceed
from libs.common.money import usd
from services.auth.budgets.domain.budgets import StoredBudget
from services.auth.budgets.domain.spending import Spending
from services.auth.schemas import Answer, Text, Time, iso, optional_usd

TagName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
Value = Annotated[str, Meta(min_length=1, max_length=256, pattern=r"^[^\x00]*$")]


class BudgetBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new budget: what the requests of a key, a team (each by its id or name), an end user or a tag's value may cost in a UTC day or
    month. Without a `value` each of them may spend so much.
    """

    name: Text
    subject: BudgetSubject
    period: BudgetPeriod
    limit_usd: Decimal
    tag: TagName | None = None
    value: Value | None = None
    on_exceed: OnExceed = "block"


class BudgetChangeBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A change of a budget; what is not named stays."""

    name: Text | UnsetType = UNSET
    subject: BudgetSubject | UnsetType = UNSET
    period: BudgetPeriod | UnsetType = UNSET
    limit_usd: Decimal | UnsetType = UNSET
    tag: TagName | UnsetType | None = UNSET
    value: Value | UnsetType | None = UNSET
    on_exceed: OnExceed | UnsetType = UNSET


class ValueSpending(Answer, frozen=True, kw_only=True):
    """What one value has spent of its own budget; `name` is that of a key or team."""

    value: str
    name: str | None
    spent_usd: float
    remaining_usd: float


class Budget(Answer, frozen=True, kw_only=True):
    """A budget, and what was spent of it in the period that runs now; null where that is not known now. Of one without a value, `values`
    has those that spent most. `remaining_usd` is below zero where more was spent.
    """

    id: str
    name: str
    subject: BudgetSubject
    tag: str | None
    value: str | None
    value_name: str | None
    period: BudgetPeriod
    limit_usd: float
    on_exceed: OnExceed
    created_at: Time
    period_start: Time
    period_end: Time
    spent_usd: float | None
    remaining_usd: float | None
    values: tuple[ValueSpending, ...]

    @classmethod
    def of(cls, stored: StoredBudget, spent: Spending, names: Mapping[str, str]) -> Self:
        """From the stored budget; `names` are those of keys and teams by their ids."""
        budget = stored.budget
        names = names if budget.subject in ("key", "team") else {}
        left = None if spent.nano is None else budget.limit_nano - spent.nano
        return cls(
            id=budget.id,
            name=budget.name,
            subject=budget.subject,
            tag=budget.tag,
            value=budget.value,
            value_name=None if budget.value is None else names.get(budget.value),
            period=budget.period,
            limit_usd=usd(budget.limit_nano),
            on_exceed=budget.on_exceed,
            created_at=iso(stored.created_at),
            period_start=iso(spent.period.start),
            period_end=iso(spent.period.end),
            spent_usd=optional_usd(spent.nano),
            remaining_usd=optional_usd(left),
            values=tuple(
                ValueSpending(
                    value=value, name=names.get(value), spent_usd=usd(nano), remaining_usd=usd(budget.limit_nano - nano)
                )
                for value, nano in spent.values
            ),
        )


class Budgets(Answer, frozen=True, kw_only=True):
    """An organization's budgets, oldest first."""

    budgets: tuple[Budget, ...]
