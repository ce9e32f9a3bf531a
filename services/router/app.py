"""Puts the router together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from libs.common import catalog
from libs.common.bus.ports import Bus
from libs.common.clock import Clock, SystemClock
from libs.common.embedding import ModelMissingError, ThreadedEmbedder, load
from libs.common.runner import App
from libs.common.tokens import encoding_for
from services.router.clients.estimates import BusEstimates
from services.router.clients.neighbours import EmbeddedNeighbours
from services.router.handlers.route import serve
from services.router.pipeline import Router
from services.router.ports import NoNeighbours
from services.router.settings import RouterSettings
from services.router.weights import load_neighbourhood, load_weights

log = structlog.get_logger()


@asynccontextmanager
async def create_app(settings: RouterSettings, bus: Bus, clock: Clock | None = None) -> AsyncIterator[App]:
    """Serve ROUTE once the vocabulary for `token_count` rules and the model are loaded, so that no request waits for them."""
    clock = clock or SystemClock()
    await asyncio.to_thread(encoding_for, "gpt-4o")
    weights = load_weights()
    embedder = await asyncio.to_thread(_embedder, settings.model_dir)
    neighbours = NoNeighbours() if embedder is None else EmbeddedNeighbours(embedder, load_neighbourhood())
    estimates = BusEstimates(bus, weights.prior, clock, settings.router_refresh_seconds)
    await serve(bus, Router(catalog.load(), weights, estimates, neighbours, clock))
    try:
        yield App(degraded=lambda: () if embedder else ("embedding_model",))
    finally:
        if embedder is not None:
            embedder.close()


def _embedder(model_dir: str) -> ThreadedEmbedder | None:
    try:
        return ThreadedEmbedder(load(model_dir, "int8"))
    except ModelMissingError:
        log.warning("routing_without_neighbours", directory=model_dir)
        return None
