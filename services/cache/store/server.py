"""A Qdrant server, or a cluster of them, through its client."""

from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import numpy as np
from qdrant_client import AsyncQdrantClient, models
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from libs.common.embedding.ports import Vectors
from services.cache.ports import Match, Partition, Payload, Selector, StoreDownError
from services.cache.store.shape import BYTES, EMBEDDING, EXPIRY, PARTITION, STATIC, TENANT, summed

T = TypeVar("T")


_PAGE = 1_000


class ServerPoints:
    """Many cache processes may share one server. `ping` makes the collection; until then every call fails."""

    def __init__(self, client: AsyncQdrantClient, collection: str, *, static_size: int, embedding_size: int) -> None:
        self._client = client
        self._collection = collection
        self._sizes = {STATIC: static_size, EMBEDDING: embedding_size}
        self._made = False

    async def fetch(self, *point_ids: str) -> Mapping[str, Payload]:
        found = await _asked(self._client.retrieve(self._collection, list(point_ids), with_payload=True))
        return {str(point.id): point.payload or {} for point in found}

    async def nearest(
        self, static: Vectors, partition: Partition, *, limit: int, floor: float, fields: Sequence[str]
    ) -> Sequence[Match]:
        found = await _asked(
            self._client.query_points(
                self._collection,
                query=static.tolist(),
                using=STATIC,
                query_filter=models.Filter(must=[_equal(TENANT, partition.org_id), _equal(PARTITION, partition.key)]),
                limit=limit,
                score_threshold=floor,
                with_payload=list(fields),
                with_vectors=[EMBEDDING],
            )
        )
        return [
            Match(point_id=str(point.id), payload=point.payload or {}, embedding=_vector(point.vector))
            for point in found.points
        ]

    async def put(self, point_id: str, payload: Payload, static: Vectors | None) -> None:
        vectors: models.VectorStruct = {} if static is None else {STATIC: static.tolist()}
        point = models.PointStruct(id=point_id, payload=dict(payload), vector=vectors)
        await _asked(self._client.upsert(self._collection, [point], wait=True))

    async def put_many(self, points: Mapping[str, Payload]) -> None:
        many = [
            models.PointStruct(id=point_id, payload=dict(payload), vector={}) for point_id, payload in points.items()
        ]
        await _asked(self._client.upsert(self._collection, many, wait=True))

    async def set_embedding(self, point_id: str, embedding: Vectors) -> None:
        vectors = models.PointVectors(id=point_id, vector={EMBEDDING: embedding.tolist()})
        # A point that has gone meanwhile is not an error of anybody's.
        if await self.fetch(point_id):
            with suppress(KeyError):
                await _asked(self._client.update_vectors(self._collection, [vectors], wait=True))

    async def count(self, selector: Selector, *, semantic: bool = False) -> int:
        return (
            await _asked(
                self._client.count(self._collection, count_filter=_filter(selector, semantic=semantic), exact=True)
            )
        ).count

    async def sizes(self, org_id: str | None = None) -> Mapping[str, int]:
        found: list[Payload] = []
        at: Any = None
        selector = None if org_id is None else _filter(Selector(org_id=org_id))
        while True:
            points, at = await _asked(
                self._client.scroll(
                    self._collection,
                    selector,
                    limit=_PAGE,
                    offset=at,
                    with_payload=[TENANT, EXPIRY, BYTES],
                    with_vectors=False,
                )
            )
            found += [point.payload or {} for point in points]
            if at is None:
                return summed(found)

    async def remove(self, point_id: str) -> None:
        await _asked(self._client.delete(self._collection, models.PointIdsList(points=[point_id]), wait=True))

    async def delete(self, selector: Selector) -> None:
        points = models.FilterSelector(filter=_filter(selector))
        await _asked(self._client.delete(self._collection, points, wait=True))

    async def evict(self, selector: Selector, count: int) -> None:
        found, _ = await _asked(
            self._client.scroll(
                self._collection,
                scroll_filter=_filter(selector),
                limit=count,
                order_by=models.OrderBy(key=EXPIRY),
                with_payload=False,
                with_vectors=False,
            )
        )
        if found:
            chosen = models.PointIdsList(points=[point.id for point in found])
            await _asked(self._client.delete(self._collection, chosen, wait=True))

    async def sweep(self, now_ms: int) -> None:
        expired = models.Filter(must=[models.FieldCondition(key=EXPIRY, range=models.Range(lte=now_ms))])
        await _asked(self._client.delete(self._collection, models.FilterSelector(filter=expired), wait=True))

    async def ping(self) -> None:
        if not (self._made and await _asked(self._client.collection_exists(self._collection))):
            await self._make()
            self._made = True

    async def close(self) -> None:
        await self._client.close()

    async def _make(self) -> None:
        """Safe to run from many processes at once: whoever comes second finds it made."""
        if not await _asked(self._client.collection_exists(self._collection)):
            with suppress(_Exists):
                await _asked(
                    self._client.create_collection(
                        self._collection,
                        vectors_config={
                            STATIC: models.VectorParams(size=self._sizes[STATIC], distance=models.Distance.COSINE),
                            # Compared, never searched: no graph.
                            EMBEDDING: models.VectorParams(
                                size=self._sizes[EMBEDDING],
                                distance=models.Distance.COSINE,
                                hnsw_config=models.HnswConfigDiff(m=0, payload_m=0),
                            ),
                        },
                        # Graphs per organization instead of one for all: no look-up ever crosses them.
                        hnsw_config=models.HnswConfigDiff(m=0, payload_m=16),
                    )
                )
        tenant = models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD, is_tenant=True)
        await _asked(self._client.create_payload_index(self._collection, TENANT, tenant))
        await _asked(self._client.create_payload_index(self._collection, PARTITION, models.PayloadSchemaType.KEYWORD))
        await _asked(self._client.create_payload_index(self._collection, EXPIRY, models.PayloadSchemaType.INTEGER))


def connect(url: str, api_key: str | None) -> AsyncQdrantClient:
    """A client that has not spoken to the server yet. Its timeout is for clears; look-ups have budgets of their own."""
    return AsyncQdrantClient(url=url, api_key=api_key, timeout=5, check_compatibility=False)


class _Exists(StoreDownError):
    """The collection is there already."""


async def _asked(call: Awaitable[T]) -> T:
    try:
        return await call
    except UnexpectedResponse as error:
        if error.status_code == 409:
            raise _Exists("The collection exists already.") from None
        raise StoreDownError(f"Qdrant answered {error.status_code}.") from None
    except (TimeoutError, ResponseHandlingException, OSError) as error:
        raise StoreDownError(f"Qdrant does not answer ({type(error).__name__}).") from None


def _filter(selector: Selector, *, semantic: bool = False) -> models.Filter:
    must: list[models.Condition] = [_equal(TENANT, selector.org_id)]
    if selector.alive_at_ms is not None:
        must.append(models.FieldCondition(key=EXPIRY, range=models.Range(gt=selector.alive_at_ms)))
    if semantic:
        must.append(models.HasVectorCondition(has_vector=STATIC))
    return models.Filter(must=must)


def _equal(key: str, value: str) -> models.FieldCondition:
    return models.FieldCondition(key=key, match=models.MatchValue(value=value))


def _vector(vectors: object) -> Vectors | None:
    found = vectors.get(EMBEDDING) if isinstance(vectors, dict) else None
    return np.asarray(found, dtype=np.float32) if found is not None else None
