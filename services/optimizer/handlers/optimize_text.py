"""The door for OPTIMIZE_TEXT."""

from functools import partial

from libs.common.contracts.optimizer import OPTIMIZE_TEXT, TextReply, TextRequest
from services.optimizer.handlers.working import Working
from services.optimizer.pipeline import Optimizer
from services.optimizer.work_items import WorkItem


class OptimizeText:
    """Long texts are worked on elsewhere, so that nobody waits behind them."""

    def __init__(self, optimizer: Optimizer, working: Working) -> None:
        self._optimizer = optimizer
        self._working = working

    async def __call__(self, request: TextRequest) -> TextReply:
        return await self._working.make(
            len(request.text.encode("utf-8", "surrogatepass")),
            request.org_id,
            partial(self._optimizer.shorten, request),
            WorkItem(text=request),
            TextReply,
            OPTIMIZE_TEXT.budget_ms,
        )
