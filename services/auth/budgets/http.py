"""Budgets."""

from decimal import Decimal
from typing import Final

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath

from libs.common.bus import Bus
from libs.common.clock import Clock
from libs.common.contracts.auth import Budget
from services.auth.budgets import schemas
from services.auth.budgets.domain.budgets import StoredBudget
from services.auth.budgets.service import BudgetChange, Budgets
from services.auth.budgets.spending import spending
from services.auth.domain.permissions import Action
from services.auth.http.dependencies import Injected, Payload
from services.auth.http.guard import ApiRequest
from services.auth.http.request import an_id
from services.auth.keys.domain.budgets import budget_nano

_LIMIT: Final = "limit_usd"


class BudgetController(Controller):
    """/api/budgets"""

    path = "/budgets"

    @get(needs=Action.READ)
    async def all(
        self, request: ApiRequest, budgets: Injected[Budgets], bus: Injected[Bus], clock: Injected[Clock]
    ) -> schemas.Budgets:
        """The budgets, and what is spent of them."""
        stored, names = await budgets.all(request.user)
        spent = await spending(bus, request.user.org_id, [one.budget for one in stored], clock.now())
        return schemas.Budgets(budgets=tuple(schemas.Budget.of(one, spent[one.budget.id], names) for one in stored))

    @post(needs=Action.MANAGE_SETTINGS, fails=(409,))
    async def create(
        self,
        request: ApiRequest,
        payload: Payload[schemas.BudgetBody],
        budgets: Injected[Budgets],
        bus: Injected[Bus],
        clock: Injected[Clock],
    ) -> schemas.Budget:
        """Make a budget. It counts what was spent in the running period already."""
        wanted = Budget(
            id="",
            name=payload.name,
            subject=payload.subject,
            tag=payload.tag,
            value=payload.value,
            period=payload.period,
            limit_nano=budget_nano(payload.limit_usd, _LIMIT),
            on_exceed=payload.on_exceed,
        )
        return await _shown(request, await budgets.create(request.user, wanted), budgets, bus, clock)

    @patch("/{budget_id:str}", needs=Action.MANAGE_SETTINGS, fails=(409,))
    async def change(
        self,
        request: ApiRequest,
        payload: Payload[schemas.BudgetChangeBody],
        budgets: Injected[Budgets],
        bus: Injected[Bus],
        clock: Injected[Clock],
        budget_id: FromPath[str],
    ) -> schemas.Budget:
        """Change a budget; requests go by it within a second."""
        fields = msgspec.structs.asdict(payload)
        limit = fields.pop(_LIMIT)
        wanted = BudgetChange(**fields, limit_nano=budget_nano(limit, _LIMIT) if isinstance(limit, Decimal) else limit)
        stored = await budgets.change(request.user, an_id(budget_id, "bgt"), wanted)
        return await _shown(request, stored, budgets, bus, clock)

    @delete("/{budget_id:str}", needs=Action.MANAGE_SETTINGS)
    async def delete(self, request: ApiRequest, budgets: Injected[Budgets], budget_id: FromPath[str]) -> None:
        """Delete a budget."""
        await budgets.delete(request.user, an_id(budget_id, "bgt"))


async def _shown(request: ApiRequest, stored: StoredBudget, budgets: Budgets, bus: Bus, clock: Clock) -> schemas.Budget:
    _, names = await budgets.all(request.user)
    spent = await spending(bus, request.user.org_id, [stored.budget], clock.now())
    return schemas.Budget.of(stored, spent[stored.budget.id], names)
