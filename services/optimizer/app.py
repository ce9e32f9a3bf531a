"""Puts the optimizer together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from libs.common.bus.ports import Bus
from libs.common.contracts.optimizer import OPTIMIZE
from libs.common.runner import App
from libs.common.tokens import encoding_for
from services.optimizer.handlers.optimize import Optimize
from services.optimizer.pipeline import Optimizer
from services.optimizer.settings import OptimizerSettings


@asynccontextmanager
async def create_app(settings: OptimizerSettings, bus: Bus) -> AsyncIterator[App]:
    """Serve OPTIMIZE once the common vocabulary is loaded, so that no request waits for it."""
    await asyncio.to_thread(encoding_for, "gpt-4o")
    optimizer = Optimizer(memo_entries=settings.optimizer_memo_entries)
    await bus.serve(OPTIMIZE, Optimize(optimizer, settings.optimizer_thread_over_bytes))
    yield App()
