"""Writes down, now and then, when keys were last used: verifying a key only reads."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

import structlog

from libs.common.errors import Unavailable
from services.auth.keys.api_keys import ApiKeys

log = structlog.get_logger()
_EVERY_SECONDS: Final = 10.0


@asynccontextmanager
async def noting_use(api_keys: ApiKeys) -> AsyncIterator[None]:
    """Note uses every ten seconds while the block runs, and once more when it ends."""
    task = asyncio.create_task(_run(api_keys))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await _note(api_keys)


async def _run(api_keys: ApiKeys) -> None:
    while True:
        await asyncio.sleep(_EVERY_SECONDS)
        await _note(api_keys)


async def _note(api_keys: ApiKeys) -> None:
    try:
        await api_keys.note_use()
    except Unavailable:
        log.info("key_use_not_noted")  # it is noted next time
