"""Puts the optimizer together."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from libs.common.bus.ports import Bus
from libs.common.contracts.optimizer import OPTIMIZE, OPTIMIZE_TEXT
from libs.common.embedding import ModelMissingError
from libs.common.embedding.static import load_table
from libs.common.runner import App
from libs.common.settings import SettingsError
from libs.common.tokens import encoding_for
from libs.common.workers import Workers
from services.optimizer.calibration import load_calibration
from services.optimizer.domain.similarity import Similarity
from services.optimizer.handlers.optimize import Optimize
from services.optimizer.handlers.optimize_text import OptimizeText
from services.optimizer.handlers.working import Working
from services.optimizer.pipeline import LONGEST_TEXT, Optimizer
from services.optimizer.settings import OptimizerSettings

_OF_ITS_TIME = 0.7


@asynccontextmanager
async def create_app(settings: OptimizerSettings, bus: Bus) -> AsyncIterator[App]:
    """Serve once the table and the common vocabulary are loaded, so that no request waits for them."""
    similarity = await asyncio.to_thread(load_similarity, settings.model_dir)
    await asyncio.to_thread(encoding_for, "gpt-4o")
    optimizer = Optimizer(similarity, cache_bytes=settings.optimizer_memo_bytes)
    workers = Workers(
        "optimizer", program(settings), count=settings.optimizer_workers, seconds=settings.optimizer_worker_seconds
    )
    working = Working(workers, settings.optimizer_inline_bytes, settings.optimizer_max_bytes)
    texts = Working(workers, settings.optimizer_inline_bytes, min(settings.optimizer_max_bytes, LONGEST_TEXT))
    await workers.start()
    try:
        await bus.serve(OPTIMIZE, Optimize(optimizer, working))
        await bus.serve(OPTIMIZE_TEXT, OptimizeText(optimizer, texts))
        yield App()
    finally:
        await workers.close()


def program(settings: OptimizerSettings) -> tuple[str, ...]:
    """What a worker process runs. It gives a request up before it would be ended, which would cost what it remembers."""
    seconds = _OF_ITS_TIME * settings.optimizer_worker_seconds
    given = (settings.model_dir, str(settings.optimizer_memo_bytes), str(seconds))
    return (sys.executable, "-m", "services.optimizer.worker", *given)


def load_similarity(model_dir: str) -> Similarity:
    """The table of a prepared model directory under the shipped curve."""
    try:
        return Similarity(load_table(model_dir), load_calibration())
    except ModelMissingError as error:
        raise SettingsError(str(error)) from None
