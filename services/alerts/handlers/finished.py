"""The doors for COMPLETION_FINISHED, ORG_DELETED, LEVER_SWITCHED_OFF, BUDGET_EXCEEDED, DEFERRED_ENDED and PRICES_NOTICED."""

from libs.common.bus.ports import Bus
from libs.common.contracts.events import (
    BUDGET_EXCEEDED,
    COMPLETION_FINISHED,
    DEFERRED_ENDED,
    LEVER_SWITCHED_OFF,
    ORG_DELETED,
    PRICES_NOTICED,
)
from services.alerts.budget_steps import BudgetSteps
from services.alerts.deferred_steps import DeferredSteps
from services.alerts.guard_steps import GuardSteps
from services.alerts.price_steps import PriceSteps
from services.alerts.usage_counters import UsageCounting


async def consume(
    bus: Bus,
    counting: UsageCounting,
    steps: GuardSteps,
    budgets: BudgetSteps,
    deferred: DeferredSteps,
    prices: PriceSteps,
) -> None:
    """Count every finished request, record what the guard did, which budgets have no room, what waited and what prices do, and
    forget organizations that are no more.
    """
    await bus.consume(LEVER_SWITCHED_OFF, "alerts_guard", steps.record)
    await bus.consume(BUDGET_EXCEEDED, "alerts_budgets", budgets.record)
    await bus.consume(DEFERRED_ENDED, "alerts_deferred", deferred.record)
    await bus.consume(PRICES_NOTICED, "alerts_prices", prices.record)
    await bus.consume(ORG_DELETED, "alerts_erase", counting.erase)
    await bus.consume(COMPLETION_FINISHED, "alerts", counting.count, batch=500, wait_ms=200)
