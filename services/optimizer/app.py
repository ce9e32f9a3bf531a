"""Puts the optimizer together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from libs.common.bus.ports import Bus
from libs.common.contracts.optimizer import OPTIMIZE, OPTIMIZE_TEXT
from libs.common.embedding import ModelMissingError
from libs.common.embedding.static import load_table
from libs.common.runner import App
from libs.common.settings import SettingsError
from libs.common.tokens import encoding_for
from services.optimizer.curve import load_curve
from services.optimizer.domain.likeness import Likeness
from services.optimizer.handlers.optimize import Optimize
from services.optimizer.handlers.optimize_text import OptimizeText
from services.optimizer.pipeline import Optimizer
from services.optimizer.settings import OptimizerSettings


@asynccontextmanager
async def create_app(settings: OptimizerSettings, bus: Bus) -> AsyncIterator[App]:
    """Serve once the table and the common vocabulary are loaded, so that no request waits for them."""
    likeness = await asyncio.to_thread(load_likeness, settings.model_dir)
    await asyncio.to_thread(encoding_for, "gpt-4o")
    optimizer = Optimizer(likeness, memo_entries=settings.optimizer_memo_entries)
    await bus.serve(OPTIMIZE, Optimize(optimizer, settings.optimizer_thread_over_bytes))
    await bus.serve(OPTIMIZE_TEXT, OptimizeText(optimizer, settings.optimizer_thread_over_bytes))
    yield App()


def load_likeness(model_dir: str) -> Likeness:
    """The table of a prepared model directory under the shipped curve."""
    try:
        return Likeness(load_table(model_dir), load_curve())
    except ModelMissingError as error:
        raise SettingsError(str(error)) from None
