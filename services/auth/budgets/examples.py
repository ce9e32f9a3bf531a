"""Examples of bodies and answers, for the document."""

from decimal import Decimal
from typing import Final

import msgspec

from services.auth.budgets import schemas

_BUDGET: Final = schemas.Budget(
    id="bgt_" + "9" * 32,
    name="Each user",
    subject="user",
    tag=None,
    value=None,
    value_name=None,
    period="day",
    limit_usd=5.0,
    on_exceed="route_simple",
    created_at="2026-08-01T09:30:00.000Z",
    period_start="2026-08-01T00:00:00.000Z",
    period_end="2026-08-02T00:00:00.000Z",
    spent_usd=None,
    remaining_usd=None,
    values=(schemas.ValueSpending(value="user-17", name=None, spent_usd=1.25, remaining_usd=3.75),),
)
EXAMPLES: Final[tuple[msgspec.Struct, ...]] = (
    schemas.BudgetBody(
        name="Each user", subject="user", period="day", limit_usd=Decimal("5.0"), on_exceed="route_simple"
    ),
    schemas.BudgetChangeBody(limit_usd=Decimal("7.5")),
    _BUDGET,
    schemas.Budgets(budgets=(_BUDGET,)),
)
