"""Vectors of inputs that were embedded before, in the cache service."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import structlog

from libs.common.bus.ports import Bus
from libs.common.contracts.cache import (
    LOOKUP_VECTORS,
    MAX_VECTORS,
    STORE_VECTORS,
    CachedVector,
    LookupVectors,
    StoreVectors,
)
from libs.common.errors import PromptlyError
from libs.common.jobs import Background
from services.gateway.clients.service_client import ServiceClient
from services.gateway.ports import DependencySkipped

log = structlog.get_logger()
TTL_SECONDS: Final = 30 * 86_400
_MAX_BYTES: Final = 1 << 20  # of one message, before base64
_MAX_STORES: Final = 64


class BusVectorCache:
    """See `ports.VectorCache`. Large batches go in slices that fit into a message, each within the budget."""

    def __init__(self, bus: Bus, clock: Callable[[], float], budget_ms: float, background: Background) -> None:
        self._bus = bus
        self._budget = budget_ms
        self._stores = background
        self.hop = ServiceClient(bus, "cache", clock)

    async def find(self, org_id: str, keys: Sequence[str]) -> tuple[dict[str, CachedVector], bool]:
        found: dict[str, CachedVector] = {}
        try:
            for at in range(0, len(keys), MAX_VECTORS):
                lookup = LookupVectors(org_id=org_id, keys=tuple(keys[at : at + MAX_VECTORS]))
                found |= (await self.hop.call(LOOKUP_VECTORS, lookup, self._budget)).found
        except DependencySkipped:
            return found, False
        return found, True

    def store(self, org_id: str, vectors: Mapping[str, CachedVector]) -> None:
        if len(self._stores) >= _MAX_STORES or self.hop.is_open:
            log.warning("store_dropped")
            return
        self._stores.start("store_vectors", self._store(org_id, vectors))

    async def _store(self, org_id: str, vectors: Mapping[str, CachedVector]) -> None:
        try:
            for part in _slices(vectors):
                await self._bus.call(STORE_VECTORS, StoreVectors(org_id=org_id, ttl_seconds=TTL_SECONDS, vectors=part))
        except PromptlyError as error:
            log.warning("store_failed", code=error.code)


def _slices(vectors: Mapping[str, CachedVector]) -> Iterator[dict[str, CachedVector]]:
    part: dict[str, CachedVector] = {}
    size = 0
    for key, vector in vectors.items():
        if part and (len(part) >= MAX_VECTORS or size + len(vector.data) > _MAX_BYTES):
            yield part
            part, size = {}, 0
        part[key] = vector
        size += len(vector.data)
    if part:
        yield part
