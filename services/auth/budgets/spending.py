"""What was spent of budgets in the periods that run now, as the request log has it."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from libs.common.budget_periods import Period, period_at
from libs.common.bus import Bus
from libs.common.contracts.analytics import BREAKDOWN, SPENT, BreakdownQuery, RequestQuery
from libs.common.contracts.auth import Budget
from libs.common.errors import PromptlyError
from services.auth.budgets.domain.spending import Spending

MOST_VALUES: Final = 20


async def spending(bus: Bus, org_id: str, budgets: Sequence[Budget], now: datetime) -> Mapping[str, Spending]:
    """By the budgets' ids."""
    found = await asyncio.gather(*(_spent(bus, org_id, budget, period_at(budget.period, now)) for budget in budgets))
    return {budget.id: one for budget, one in zip(budgets, found, strict=True)}


async def _spent(bus: Bus, org_id: str, budget: Budget, period: Period) -> Spending:
    try:
        if budget.value is not None:
            return Spending(period=period, nano=(await bus.call(SPENT, _query(org_id, budget, period))).nano)
        by = f"tag:{budget.tag}" if budget.subject == "tag" else budget.subject
        wanted = BreakdownQuery(
            org_id=org_id, from_ms=_ms(period.start), to_ms=_ms(period.end), by=(by,), limit=MOST_VALUES
        )
        rows = (await bus.call(BREAKDOWN, wanted)).rows
        return Spending(period=period, values=tuple((row.values[0], row.use.cost_nano) for row in rows))
    except PromptlyError:
        return Spending(period=period)


def _query(org_id: str, budget: Budget, period: Period) -> RequestQuery:
    start, value = _ms(period.start), budget.value
    match budget.subject:
        case "key":
            return RequestQuery(org_id=org_id, from_ms=start, key_id=value)
        case "team":
            return RequestQuery(org_id=org_id, from_ms=start, team_id=value)
        case "user":
            return RequestQuery(org_id=org_id, from_ms=start, end_user=value)
        case "tag":
            return RequestQuery(org_id=org_id, from_ms=start, tag=(budget.tag or "", value or ""))


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
