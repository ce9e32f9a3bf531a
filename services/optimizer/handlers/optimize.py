"""The door for OPTIMIZE."""

import asyncio

from libs.common.contracts.optimizer import OptimizeReply, OptimizeRequest
from services.optimizer.pipeline import Optimizer


class Optimize:
    """Long prompts are worked on in a thread, so that short ones behind them do not wait."""

    def __init__(self, optimizer: Optimizer, thread_over_bytes: int) -> None:
        self._optimizer = optimizer
        self._thread_over_bytes = thread_over_bytes

    async def __call__(self, request: OptimizeRequest) -> OptimizeReply:
        if len(bytes(request.messages)) > self._thread_over_bytes:
            return await asyncio.to_thread(self._optimizer.answer, request)
        return self._optimizer.answer(request)
