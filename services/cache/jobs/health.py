"""Watches the vector store, and sweeps it."""

import asyncio
from contextlib import suppress

import structlog

from services.cache.entries import Entries
from services.cache.ports import Points, StoreDownError

log = structlog.get_logger()


class HealthCheck:
    """Knows whether the store answered the last time it was asked."""

    def __init__(self, points: Points) -> None:
        self._points = points
        self._down = True

    def missing(self) -> tuple[str, ...]:
        """For readiness: names the store while it is away."""
        return ("qdrant",) if self._down else ()

    async def probe(self) -> None:
        """Ask once; a change is logged."""
        try:
            await self._points.ping()
        except StoreDownError as error:
            if not self._down:
                log.warning("vector_store_down", reason=str(error))
            self._down = True
        else:
            self._down = False

    async def run(self, every_seconds: float) -> None:
        """Look until cancelled."""
        while True:
            await asyncio.sleep(every_seconds)
            await self.probe()


async def sweep(entries: Entries, every_seconds: float) -> None:
    """Remove expired entries until cancelled. They are never served meanwhile, only kept."""
    while True:
        await asyncio.sleep(every_seconds)
        with suppress(StoreDownError):
            await entries.sweep()
