"""Finished requests, published on the bus, or spooled on disk until it is back."""

from libs.common import context
from libs.common.bounded import bounded
from libs.common.bus.ports import Bus
from libs.common.bus.spool import Spool
from libs.common.contracts.events import COMPLETION_FINISHED, CompletionFinished
from libs.common.errors import PromptlyError


class SpooledEvents:
    """Publishes, and spools what was not acknowledged within the budget. The id makes a second copy harmless."""

    def __init__(self, bus: Bus, spool: Spool, ack_budget_ms: float) -> None:
        self._bus = bus
        self._spool = spool
        self._budget = ack_budget_ms

    async def finished(self, event: CompletionFinished) -> None:
        event = bounded(event)
        try:
            with context.bound(request_id=event.id, budget_ms=self._budget):
                await self._bus.emit(COMPLETION_FINISHED, event, event_id=event.id)
        except PromptlyError:  # also what is too large: the replay sets it aside, and says so
            await self._spool.append(COMPLETION_FINISHED, event, event.id)
