"""Budgets at the two places where a request meets them: before it is planned, and before it is sent."""

import msgspec

from libs.common.catalog import Catalog
from services.gateway.domain.budgets import is_budgeted, steps_down
from services.gateway.domain.plan import Plan
from services.gateway.domain.pricing import expected_nano
from services.gateway.domain.request import Request
from services.gateway.pipeline.recorder import RequestRecord
from services.gateway.ports import Budgets


class BudgetCheck:
    """Looks for room in a request's budgets. A request without one costs nothing here."""

    def __init__(self, budgets: Budgets, catalog: Catalog) -> None:
        self._budgets = budgets
        self._catalog = catalog

    async def step_down(self, request: Request, plan: Plan) -> Plan:
        """The plan, which names the budget that has no room for the request as its client asked for it, where that one steps down."""
        if not steps_down(request):
            return plan
        expected = expected_nano(request, plan, self._catalog)
        budget = await self._budgets.without_room(request, expected)
        return plan if budget is None else msgspec.structs.replace(plan, budget_exceeded=budget.name)

    async def reserve(self, request: Request, plan: Plan, record: RequestRecord) -> int | None:
        """Set aside what the planned call may cost, in nano-dollars, and say how much that is; None for a request without a budget."""
        if not is_budgeted(request):
            return None
        expected = expected_nano(request, plan, self._catalog)
        record.reservation = await self._budgets.reserve(request, expected)
        return expected
