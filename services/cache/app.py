"""Puts the cache together."""

import asyncio
import functools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from libs.common.bus.ports import Bus
from libs.common.clock import Clock, SystemClock
from libs.common.embedding import Embedder, ModelMissingError, ThreadedEmbedder, load
from libs.common.embedding.static import StaticTable, load_table
from libs.common.jobs import background
from libs.common.runner import App
from libs.common.settings import SettingsError
from services.cache.answers import Answers
from services.cache.domain.normalise import VERSION
from services.cache.embedding_cache import EmbeddingCache
from services.cache.entries import Entries
from services.cache.handlers import entries as entry_doors
from services.cache.handlers import erasing, lookups
from services.cache.handlers import vectors as vector_handlers
from services.cache.jobs.health import HealthCheck, sweep
from services.cache.ports import Points
from services.cache.quota import Quota
from services.cache.settings import CacheSettings
from services.cache.store.edge import EdgePoints
from services.cache.store.shape import VALUES, collection_name
from services.cache.vectors import Vectors

_WATCH_SECONDS = 2.0
_ANY = 1 << 62  # vectors are bounded by their number and bytes; a batch of them is one request
_NO_VECTORS = 1  # dimensions of those that no value has


@asynccontextmanager
async def create_app(settings: CacheSettings, bus: Bus, clock: Clock | None = None) -> AsyncIterator[App]:
    """Serve once the model is loaded. With a Qdrant server that is away, every look-up is a miss until it is back."""
    embedder, static = await asyncio.to_thread(_models, settings.model_dir)
    points = await asyncio.to_thread(_points, settings, embedder, static)
    values = await asyncio.to_thread(_values, settings)
    threaded = ThreadedEmbedder(embedder)
    clock = clock or SystemClock()
    entries = Entries(points, clock)
    quota = Quota(
        entries,
        clock,
        max_entries=settings.cache_max_entries,
        stores_per_minute=settings.cache_stores_per_minute,
        max_bytes=settings.cache_max_bytes,
        total_bytes=settings.cache_total_bytes,
        entry_bytes=settings.cache_entry_bytes,
    )
    kept = Entries(values, clock)
    vectors = Vectors(
        values,
        Quota(
            kept,
            clock,
            max_entries=settings.cache_max_vectors,
            stores_per_minute=_ANY,
            max_bytes=settings.cache_vector_bytes,
            total_bytes=settings.cache_vector_total_bytes,
        ),
        clock,
    )
    health, value_health = HealthCheck(points), HealthCheck(values)
    answers = Answers(entries, quota, static, EmbeddingCache(threaded))
    await health.probe()
    await value_health.probe()
    try:
        async with background(
            health.run(_WATCH_SECONDS),
            value_health.run(_WATCH_SECONDS),
            sweep(entries, settings.cache_sweep_seconds),
            sweep(kept, settings.cache_sweep_seconds),
        ):
            await lookups.serve(bus, answers)
            await entry_doors.serve(bus, answers, vectors)
            await vector_handlers.serve(bus, vectors)
            await erasing.serve(bus, answers, vectors)
            yield App(missing=health.missing)
    finally:
        threaded.close()
        await values.close()
        await points.close()


@functools.cache  # a hundred megabytes and a second, which several apps of one process share
def _models(model_dir: str) -> tuple[Embedder, StaticTable]:
    try:
        return load(model_dir), load_table(model_dir)
    except ModelMissingError as error:
        raise SettingsError(str(error)) from None


def _points(settings: CacheSettings, embedder: Embedder, static: StaticTable) -> Points:
    collection = collection_name(embedder.name, VERSION)
    return _collection(settings, Path(settings.cache_dir), collection, static.dimension, embedder.dimension)


def _values(settings: CacheSettings) -> Points:
    return _collection(settings, Path(settings.cache_dir) / "vectors", VALUES, _NO_VECTORS, _NO_VECTORS)


def _collection(settings: CacheSettings, directory: Path, collection: str, static: int, embedding: int) -> Points:
    if settings.qdrant_url is None:
        return EdgePoints(directory, collection, static_size=static, embedding_size=embedding)
    # The client takes 100 MB of memory, which a cache without a server does not spend.
    from services.cache.store.server import ServerPoints, connect  # noqa: PLC0415

    client = connect(settings.qdrant_url, settings.qdrant_api_key)
    return ServerPoints(client, collection, static_size=static, embedding_size=embedding)
