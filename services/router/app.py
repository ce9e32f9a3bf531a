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
from services.router.clients.calibration import BusEstimates
from services.router.clients.knn import EmbeddedNearestNeighbors
from services.router.handlers.route import serve
from services.router.pipeline import Router
from services.router.ports import NoNearestNeighbors
from services.router.settings import RouterSettings
from services.router.weights import load_neighborhood, load_weights

log = structlog.get_logger()


@asynccontextmanager
async def create_app(settings: RouterSettings, bus: Bus, clock: Clock | None = None) -> AsyncIterator[App]:
    """Serve ROUTE once the vocabulary for `token_count` rules and the model are loaded, so that no request waits for them."""
    clock = clock or SystemClock()
    await asyncio.to_thread(encoding_for, "gpt-4o")
    weights = load_weights()
    embedder = await asyncio.to_thread(_embedder, settings.model_dir)
    neighbors = NoNearestNeighbors() if embedder is None else EmbeddedNearestNeighbors(embedder, load_neighborhood())
    estimates = BusEstimates(bus, weights.prior, clock, settings.router_refresh_seconds)
    await serve(bus, Router(catalog.load(), weights, estimates, neighbors, clock))
    try:
        yield App(degraded=lambda: () if embedder else ("embedding_model",))
    finally:
        if embedder is not None:
            embedder.close()


def _embedder(model_dir: str) -> ThreadedEmbedder | None:
    try:
        return ThreadedEmbedder(load(model_dir, "int8"))
    except ModelMissingError:
        log.warning("routing_without_neighbors", directory=model_dir)
        return None
