"""The door for OPTIMIZE."""

from functools import partial

from libs.common.contracts.optimizer import OPTIMIZE, OptimizeReply, OptimizeRequest
from services.optimizer.handlers.working import Working
from services.optimizer.pipeline import Optimizer
from services.optimizer.work_items import WorkItem


class Optimize:
    """Long prompts are worked on elsewhere, so that nobody waits behind them."""

    def __init__(self, optimizer: Optimizer, working: Working) -> None:
        self._optimizer = optimizer
        self._working = working

    async def __call__(self, request: OptimizeRequest) -> OptimizeReply:
        return await self._working.make(
            len(request.messages) + request.known_bytes,
            request.org_id,
            partial(self._optimizer.answer, request),
            WorkItem(request=request),
            OptimizeReply,
            OPTIMIZE.budget_ms,
        )
