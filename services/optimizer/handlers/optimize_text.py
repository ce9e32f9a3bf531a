"""The door for OPTIMIZE_TEXT."""

import asyncio

from libs.common.contracts.optimizer import TextReply, TextRequest
from services.optimizer.pipeline import Optimizer


class OptimizeText:
    """Long texts are worked on in a thread, so that short ones behind them do not wait."""

    def __init__(self, optimizer: Optimizer, thread_over_characters: int) -> None:
        self._optimizer = optimizer
        self._thread_over_characters = thread_over_characters

    async def __call__(self, request: TextRequest) -> TextReply:
        if len(request.text) > self._thread_over_characters:
            return await asyncio.to_thread(self._optimizer.shorten, request)
        return self._optimizer.shorten(request)
