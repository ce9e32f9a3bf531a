"""The memory twin: a dictionary and a dot product."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from libs.common.embedding.ports import Vectors
from services.cache.ports import Match, Partition, Payload, Selector
from services.cache.store.shape import EXPIRY, PARTITION, TENANT, summed


@dataclass(slots=True)
class _Point:
    payload: Payload
    static: Vectors | None
    embedding: Vectors | None = None


class MemoryPoints:
    """Forgets everything when the process ends."""

    def __init__(self) -> None:
        self._points: dict[str, _Point] = {}

    async def fetch(self, *point_ids: str) -> Mapping[str, Payload]:
        return {point_id: self._points[point_id].payload for point_id in point_ids if point_id in self._points}

    async def nearest(
        self, static: Vectors, partition: Partition, *, limit: int, floor: float, fields: Sequence[str]
    ) -> Sequence[Match]:
        scored = [
            (float(point.static @ static), point_id, point)
            for point_id, point in self._points.items()
            if point.static is not None
            and (point.payload[TENANT], point.payload[PARTITION]) == (partition.org_id, partition.key)
        ]
        best = sorted((found for found in scored if found[0] >= floor), key=lambda found: -found[0])[:limit]
        return [
            Match(
                point_id=point_id, payload={field: point.payload[field] for field in fields}, embedding=point.embedding
            )
            for _, point_id, point in best
        ]

    async def put(self, point_id: str, payload: Payload, static: Vectors | None) -> None:
        self._points[point_id] = _Point(payload, static)

    async def put_many(self, points: Mapping[str, Payload]) -> None:
        for point_id, payload in points.items():
            await self.put(point_id, payload, None)

    async def set_embedding(self, point_id: str, embedding: Vectors) -> None:
        if point_id in self._points:
            self._points[point_id].embedding = embedding

    async def count(self, selector: Selector, *, semantic: bool = False) -> int:
        return sum(
            _matches(point.payload, selector) and (point.static is not None or not semantic)
            for point in self._points.values()
        )

    async def sizes(self, org_id: str | None = None) -> Mapping[str, int]:
        return summed(point.payload for point in self._points.values() if org_id in (None, point.payload[TENANT]))

    async def remove(self, point_id: str) -> None:
        self._points.pop(point_id, None)

    async def delete(self, selector: Selector) -> None:
        self._points = {key: point for key, point in self._points.items() if not _matches(point.payload, selector)}

    async def evict(self, selector: Selector, count: int) -> None:
        mine = [key for key, point in self._points.items() if _matches(point.payload, selector)]
        for key in sorted(mine, key=lambda key: self._points[key].payload[EXPIRY])[:count]:
            del self._points[key]

    async def sweep(self, now_ms: int) -> None:
        self._points = {
            key: point for key, point in self._points.items() if point.payload.get(EXPIRY, now_ms + 1) > now_ms
        }

    async def ping(self) -> None:
        pass

    async def close(self) -> None:
        pass


def _matches(payload: Payload, selector: Selector) -> bool:
    # What has no expiry is no answer.
    return payload[TENANT] == selector.org_id and (
        selector.alive_at_ms is None or payload.get(EXPIRY, selector.alive_at_ms) > selector.alive_at_ms
    )
