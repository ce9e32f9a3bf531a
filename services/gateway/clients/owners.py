"""Whose objects at providers are: in a bucket that all gateways see. Neither ids nor keys stand in it, only digests of them."""

import hashlib
from typing import Final

import msgspec

from libs.common import context
from libs.common.bus.ports import Bus
from libs.common.contracts.base import DECODE_ERRORS, decoder
from libs.common.contracts.gateway import OWNERS
from libs.common.errors import PromptlyError, Unavailable
from services.gateway.domain.passthrough import Owner

_BUDGET_MS: Final = 1000.0
_MAX_SHARING: Final = 16  # organizations that are remembered of one provider key
_AWAY: Final = "Whose this object is cannot be looked up right now. Try again in a moment."


class BusOwners:
    """See `ports.Owners`."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def find(self, object_id: str) -> Owner | None:
        data = await self._get(_object_key(object_id))
        if not data:
            return None
        try:
            found: Owner = decoder(Owner).decode(data)
        except DECODE_ERRORS:
            return None
        return found

    async def bind(self, object_id: str, owner: Owner) -> None:
        await self._put(_object_key(object_id), msgspec.json.encode(owner))

    async def release(self, object_id: str) -> None:
        await self._put(_object_key(object_id), b"")

    async def shared(self, fingerprint: str, org_id: str) -> bool:
        key = f"key.{fingerprint}"
        data = await self._get(key)
        try:
            orgs: list[str] = decoder(list[str]).decode(data) if data else []
        except DECODE_ERRORS:
            orgs = []
        if org_id not in orgs:
            orgs = [*orgs, org_id][-_MAX_SHARING:]
            await self._put(key, msgspec.json.encode(orgs))
        return len(orgs) > 1

    async def _get(self, key: str) -> bytes | None:
        try:
            with context.bound(request_id=context.request_id(), budget_ms=_BUDGET_MS):
                return await self._bus.get(OWNERS, key)
        except PromptlyError:
            raise Unavailable(_AWAY) from None

    async def _put(self, key: str, value: bytes) -> None:
        try:
            with context.bound(request_id=context.request_id(), budget_ms=_BUDGET_MS):
                await self._bus.put(OWNERS, key, value)
        except PromptlyError:
            raise Unavailable(_AWAY) from None


def _object_key(object_id: str) -> str:
    return f"object.{hashlib.sha256(object_id.encode()).hexdigest()}"
