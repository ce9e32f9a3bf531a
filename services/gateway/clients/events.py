"""Finished requests and exceeded budgets, published on the bus, or spooled on disk until it is back."""

from libs.common import context
from libs.common.bounded import bounded
from libs.common.bus.ports import Bus
from libs.common.bus.spool import Spool
from libs.common.contracts.base import Event, Payload
from libs.common.contracts.events import (
    BUDGET_EXCEEDED,
    COMPLETION_FINISHED,
    DEFERRED_ENDED,
    BudgetExceeded,
    CompletionFinished,
    DeferredEnded,
)
from libs.common.errors import PromptlyError


class SpooledEvents:
    """Publishes, and spools what was not acknowledged within the budget. The id makes a second copy harmless."""

    def __init__(self, bus: Bus, spool: Spool, ack_budget_ms: float) -> None:
        self._bus = bus
        self._spool = spool
        self._budget = ack_budget_ms

    async def finished(self, event: CompletionFinished) -> None:
        await self._publish(COMPLETION_FINISHED, bounded(event), event.id)

    async def budget_exceeded(self, event: BudgetExceeded) -> None:
        await self._publish(BUDGET_EXCEEDED, event, f"{event.budget_id}.{event.start_ms}")

    async def deferred_ended(self, event: DeferredEnded) -> None:
        # The request's own id is that of its record, in the same stream.
        await self._publish(DEFERRED_ENDED, event, f"{event.request_id}.ended")

    async def _publish(self, event: Event[Payload], payload: Payload, event_id: str) -> None:
        try:
            with context.bound(request_id=event_id, budget_ms=self._budget):
                await self._bus.emit(event, payload, event_id=event_id)
        except PromptlyError:  # also what is too large: the replay sets it aside, and says so
            await self._spool.append(event, payload, event_id)
