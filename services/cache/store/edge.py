"""Qdrant's engine in this process, kept on disk. One process at a time: the directory is locked."""

import asyncio
import fcntl
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from qdrant_edge import (
    CountRequest,
    Distance,
    EdgeConfig,
    EdgeOptimizersConfig,
    EdgeShard,
    EdgeVectorParams,
    FieldCondition,
    Filter,
    HasVectorCondition,
    HnswIndexConfig,
    KeywordIndexParams,
    MatchValue,
    OrderBy,
    PayloadSchemaType,
    Point,
    PointVectors,
    Query,
    QueryRequest,
    RangeFloat,
    ScrollRequest,
    UpdateOperation,
    VectorStorageDatatype,
)

from libs.common.embedding.ports import Vectors
from libs.common.settings import SettingsError
from services.cache.ports import Match, Partition, Payload, Selector, StoreDownError
from services.cache.store.shape import BYTES, EMBEDDING, EXPIRY, PARTITION, STATIC, TENANT, summed

T = TypeVar("T")
_BATCH_SIZE = 50
_PAGE = 1_000
# Removed entries keep their place in files and memory until the engine compacts; so many are waited for, some 50 MB.
_REMOVED = 10_000
_NEVER = 10**9


class EdgePoints:
    """Calls block for a fraction of a millisecond, a flush for tens: all of them run in threads."""

    def __init__(self, directory: Path, collection: str, *, static_size: int, embedding_size: int) -> None:
        # The engine makes files whenever it likes, with whatever mode the process has for new ones.
        self._others = os.umask(0o077)
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        _close_to_others(directory)
        self._lock = (directory / ".lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            raise SettingsError(
                f"Another cache process works in {directory}, and the built-in vector store serves one process only. "
                "To run more copies, start a Qdrant server and set PROMPTLY_QDRANT_URL."
            ) from None
        _forget_other_versions(directory, collection)
        self._shard = _open(directory / collection, static_size, embedding_size)
        self._threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="edge")
        self._removed = 0

    async def fetch(self, *point_ids: str) -> Mapping[str, Payload]:
        found = await self._run(lambda: self._shard.retrieve(list(point_ids), True, False))
        return {str(point.id): point.payload or {} for point in found}

    async def nearest(
        self, static: Vectors, partition: Partition, *, limit: int, floor: float, fields: Sequence[str]
    ) -> Sequence[Match]:
        request = QueryRequest(
            limit,
            query=Query.Nearest(static.tolist(), using=STATIC),
            # One condition is twice as fast as two, and the partition's key already stands for the organization.
            filter=Filter(must=[FieldCondition(PARTITION, match=MatchValue(partition.key))]),
            score_threshold=floor,
            with_payload=list(fields),
            with_vector=[EMBEDDING],
        )
        return [
            Match(point_id=str(point.id), payload=point.payload or {}, embedding=_vector(point.vector))
            for point in await self._run(lambda: self._shard.query(request))
        ]

    async def put(self, point_id: str, payload: Payload, static: Vectors | None) -> None:
        vectors = {} if static is None else {STATIC: static.tolist()}
        point = Point(point_id, vectors, dict(payload))
        await self._run(lambda: self._shard.update(UpdateOperation.upsert_points([point])))

    async def put_many(self, points: Mapping[str, Payload]) -> None:
        many = [Point(point_id, {}, dict(payload)) for point_id, payload in points.items()]
        await self._run(lambda: self._shard.update(UpdateOperation.upsert_points(many)))

    async def set_embedding(self, point_id: str, embedding: Vectors) -> None:
        vectors = PointVectors(point_id, {EMBEDDING: embedding.tolist()})

        def update() -> None:
            # The engine refuses vectors for a point that has gone; a check and an update of our own cannot race with
            # anything worse than that.
            if self._shard.retrieve([point_id], False, False):
                self._shard.update(UpdateOperation.update_vectors([vectors]))

        await self._run(update)

    async def count(self, selector: Selector, *, semantic: bool = False) -> int:
        request = CountRequest(exact=True, filter=_filter(selector, semantic=semantic))
        return await self._run(lambda: self._shard.count(request))

    async def sizes(self, org_id: str | None = None) -> Mapping[str, int]:
        def scroll() -> Mapping[str, int]:
            found: list[Payload] = []
            at: Any = None
            while True:
                request = ScrollRequest(
                    limit=_PAGE,
                    offset=at,
                    filter=None if org_id is None else _filter(Selector(org_id=org_id)),
                    with_payload=[TENANT, EXPIRY, BYTES],
                    with_vector=False,
                )
                points, at = self._shard.scroll(request)
                found += [point.payload or {} for point in points]
                if at is None:
                    return summed(found)

        return await self._run(scroll)

    async def remove(self, point_id: str) -> None:
        await self._run(lambda: self._shard.update(UpdateOperation.delete_points([point_id])))

    async def evict(self, selector: Selector, count: int) -> None:
        def remove() -> int:
            request = ScrollRequest(
                limit=count, filter=_filter(selector), with_payload=False, with_vector=False, order_by=OrderBy(EXPIRY)
            )
            ids = [point.id for point in self._shard.scroll(request)[0]]
            self._shard.update(UpdateOperation.delete_points(ids))
            return len(ids)

        # Between two sweeps a busy cache would remove as many entries as it takes in.
        self._removed += await self._run(remove)
        if self._removed >= _REMOVED:
            self._removed = 0
            await self._compact()

    async def delete(self, selector: Selector) -> None:
        await self._delete(_filter(selector))

    async def sweep(self, now_ms: int) -> None:
        await self._delete(Filter(must=[FieldCondition(EXPIRY, range=RangeFloat(lte=now_ms))]))
        await self._compact()

    async def ping(self) -> None:
        await self._run(self._shard.info)

    async def close(self) -> None:
        # Calls of cancelled tasks may still be running in their threads; the engine refuses to close under them.
        await asyncio.to_thread(self._threads.shutdown)
        await asyncio.to_thread(self._shard.close)
        self._lock.close()
        os.umask(self._others)

    async def _compact(self) -> None:
        """Give back the place of removed entries, where they are half of all."""
        # Unflushed changes would hold on to the segment that compaction replaces.
        await self._run(self._shard.flush)
        await self._run(self._shard.optimize)

    async def _delete(self, which: Filter) -> None:
        """In small bites: the engine holds the interpreter's lock while it deletes, and look-ups go on in between."""
        request = ScrollRequest(limit=_BATCH_SIZE, filter=which, with_payload=False, with_vector=False)
        while found := (await self._run(lambda: self._shard.scroll(request)))[0]:
            ids = [point.id for point in found]
            await self._run(lambda: self._shard.update(UpdateOperation.delete_points(ids)))  # noqa: B023

    async def _run(self, call: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, call)
        except Exception as error:
            # The engine raises bare Exceptions, which may quote a payload: only their type goes on.
            raise StoreDownError(f"The built-in vector store failed with {type(error).__name__}.") from None


def _open(path: Path, static_size: int, embedding_size: int) -> EdgeShard:
    if path.exists():
        return EdgeShard.load(str(path))
    path.mkdir()
    vectors = {
        # A byte per dimension instead of four: a scan is bound by memory, and the table's word is not exact anyway.
        STATIC: EdgeVectorParams(static_size, Distance.Cosine, datatype=VectorStorageDatatype.Turbo8),
        EMBEDDING: EdgeVectorParams(embedding_size, Distance.Cosine),
    }
    # The engine holds the interpreter's lock while it builds graphs: ten seconds for 20,000 entries, in which nothing is
    # answered. Without them a search is a scan of its partition, 1.5 ms where all of 50,000 entries are in one.
    # Compaction stops the process as well, a third of a second for 10,000 entries, so it waits until half are dead.
    config = EdgeConfig(
        vectors=vectors,
        hnsw_config=HnswIndexConfig(m=0, ef_construct=16, full_scan_threshold=_NEVER, payload_m=0),
        optimizers=EdgeOptimizersConfig(indexing_threshold=_NEVER, deleted_threshold=0.5),
    )
    shard = EdgeShard.create(str(path), config)
    shard.update(UpdateOperation.create_field_index(TENANT, KeywordIndexParams(is_tenant=True)))
    shard.update(UpdateOperation.create_field_index(PARTITION, PayloadSchemaType.Keyword))
    shard.update(UpdateOperation.create_field_index(EXPIRY, PayloadSchemaType.Integer))
    return shard


def _close_to_others(directory: Path) -> None:
    """What others asked and were answered is nobody's to read on this machine; earlier versions left it open."""
    directory.chmod(0o700)
    for path in directory.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)


def _forget_other_versions(directory: Path, collection: str) -> None:
    """Entries of another model or normal form can never be found again; they must not outlive their TTL on disk."""
    for other in directory.glob("promptly-answers-*"):
        if other.name != collection:
            shutil.rmtree(other)


def _filter(selector: Selector, *, semantic: bool = False) -> Filter:
    must: list[Any] = [FieldCondition(TENANT, match=MatchValue(selector.org_id))]
    if selector.alive_at_ms is not None:
        must.append(FieldCondition(EXPIRY, range=RangeFloat(gt=selector.alive_at_ms)))
    if semantic:
        must.append(HasVectorCondition(STATIC))
    return Filter(must=must)


def _vector(vectors: object) -> Vectors | None:
    found = vectors.get(EMBEDDING) if isinstance(vectors, dict) else None
    return np.asarray(found, dtype=np.float32) if found is not None else None
