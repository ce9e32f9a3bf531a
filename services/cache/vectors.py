"""Vectors that an organisation's embeddings requests brought: bytes by key. No search looks through them."""

import base64
import binascii
from collections.abc import Mapping

from libs.common.clock import Clock
from libs.common.contracts.cache import (
    MAX_VECTORS,
    CachedVector,
    LookupVectors,
    StoreVectors,
    VectorsFound,
    VectorsStored,
)
from libs.common.errors import BadRequest, Unavailable
from services.cache.domain.identity import vector_id
from services.cache.ports import Payload, Points, Selector, StoreDownError
from services.cache.quota import Quota

_BESIDE = 300  # bytes of a vector's ids and keys


class Vectors:
    """One organisation's at a time: its id is in every id, and whatever comes back is checked for it."""

    def __init__(self, points: Points, quota: Quota, clock: Clock) -> None:
        self._points = points
        self._quota = quota
        self._clock = clock

    async def find(self, asked: LookupVectors) -> VectorsFound:
        """The live ones among these keys; none while the store is away."""
        _check(len(asked.keys))
        ids = {vector_id(asked.org_id, key): key for key in asked.keys}
        try:
            found = await self._points.fetch(*ids) if ids else {}
        except StoreDownError:
            return VectorsFound(found={})
        live = {ids[name]: self._vector(payload, asked.org_id, ids[name]) for name, payload in found.items()}
        return VectorsFound(found={key: vector for key, vector in live.items() if vector is not None})

    async def store(self, given: StoreVectors) -> VectorsStored:
        """Keep them, within the organisation's quota."""
        _check(len(given.vectors))
        expires = self._now_ms() + given.ttl_seconds * 1000
        points: dict[str, Payload] = {}
        try:
            for key, vector in given.vectors.items():
                data = base64.b64encode(vector.data).decode()
                size = len(data) + _BESIDE
                if await self._quota.admits(given.org_id, size):
                    points[vector_id(given.org_id, key)] = {
                        "org_id": given.org_id,
                        "key": key,
                        "data": data,
                        "tokens": vector.tokens,
                        "expires_at_ms": expires,
                        "bytes": size,
                    }
            if points:
                await self._points.put_many(points)
        except StoreDownError as error:
            raise Unavailable(f"The vectors were not stored: {error}") from None
        return VectorsStored(accepted=len(points))

    async def erase(self, org_id: str) -> None:
        """Remove all of an organisation's."""
        try:
            await self._points.delete(Selector(org_id=org_id))
        except StoreDownError as error:
            raise Unavailable(f"The vectors were not erased: {error}") from None

    def _vector(self, payload: Payload, org_id: str, key: str) -> CachedVector | None:
        if (payload.get("org_id"), payload.get("key")) != (org_id, key) or payload.get(
            "expires_at_ms", 0
        ) <= self._now_ms():
            return None
        return _read(payload)

    def _now_ms(self) -> int:
        return int(self._clock.now().timestamp() * 1000)


def _read(payload: Mapping[str, object]) -> CachedVector | None:
    data, tokens = payload.get("data"), payload.get("tokens")
    if not isinstance(data, str) or not isinstance(tokens, int):
        return None
    try:
        return CachedVector(data=base64.b64decode(data, validate=True), tokens=tokens)
    except binascii.Error:
        return None


def _check(count: int) -> None:
    if count > MAX_VECTORS:
        raise BadRequest(f"At most {MAX_VECTORS} vectors at once.")
