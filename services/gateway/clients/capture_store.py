"""Captured requests in a bucket that all gateways share, compressed and sealed for their organization.

What a list shows is in the keys, so that nothing is opened for one: organization, member, UTC day, request, kind, time and size.
"""

import asyncio
import base64
import zlib
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Final, get_args

import msgspec

from libs.common import context
from libs.common.bus.ports import Bus
from libs.common.byte_lru import ByteLru
from libs.common.clock import Clock
from libs.common.contracts.base import DECODE_ERRORS, decoder
from libs.common.contracts.gateway import CAPTURE_BYTES, CAPTURES, Captured, CapturedKind
from libs.common.ids import is_id
from libs.common.sealing import CannotOpen, Sealer
from services.gateway.domain.captured import CapturedRequest

_PURPOSE: Final = "capture"
_NOBODY: Final = "nobody"
_LEAST: Final = 4_096  # bytes that an entry counts for, so that their number is bounded, too
_MOST: Final = 2 << 20  # bytes, sealed
_NEARLY: Final = 20
_UNPACKED: Final = 8 << 20
_MOST_DAYS: Final = 32
_BUDGET_MS: Final = 5_000.0
_DAY_MS: Final = 86_400_000


class BusCaptureStore:
    """See `capture_ports.CaptureStore`. `ttl` is in seconds; `daily` is bytes of each organization's in a UTC day."""

    def __init__(self, bus: Bus, sealer: Sealer, clock: Clock, *, ttl: float, daily: int) -> None:
        self._bus = bus
        self._sealer = sealer
        self._clock = clock
        self._ttl = ttl
        self._daily = daily
        self._full = ByteLru[str, str](1 << 20, share=1.0)

    def is_full(self, org_id: str) -> bool:
        return self._daily <= 0 or self._full.get(org_id) == self._today()

    async def save(self, org_id: str, request: CapturedRequest) -> bool:
        if self.is_full(org_id):
            return False
        sealed = await asyncio.to_thread(self._sealed, org_id, request)
        size, today = max(len(sealed), _LEAST), self._today()
        if len(sealed) > _MOST:
            return False
        with _within():
            if (total := await self._bus.add(CAPTURE_BYTES, f"{org_id}.{today}", size)) > self._daily:
                left = self._daily - await self._bus.add(CAPTURE_BYTES, f"{org_id}.{today}", -size)
                if left < total // _NEARLY:  # what would still fit is not worth sealing all that does not
                    self._full.put(org_id, today, 16)
                return False
            await self._bus.put(CAPTURES, _key(org_id, request.known), sealed, max_age=self._ttl)
        return True

    async def list(self, org_id: str, from_ms: int, to_ms: int) -> list[Captured]:
        days = _days(from_ms, to_ms)
        with _within():
            found = [await self._bus.keys(CAPTURES, f"{org_id}.*.{day}.>") for day in days]
        known = [one for keys in found for key in keys if (one := _known(key)) is not None]
        return sorted((one for one in known if from_ms <= one.time_ms < to_ms), key=lambda one: (-one.time_ms, one.id))

    async def load(self, org_id: str, captured: Captured) -> CapturedRequest | None:
        with _within():
            data = await self._bus.get(CAPTURES, _key(org_id, captured))
        return None if data is None else await asyncio.to_thread(self._opened, org_id, captured.id, data)

    async def find(self, org_id: str, request_id: str) -> Captured | None:
        if not is_id(request_id, "req"):
            return None
        with _within():
            keys = await self._bus.keys(CAPTURES, f"{org_id}.*.*.{request_id}.>")
        return next((one for key in keys if (one := _known(key)) is not None), None)

    async def forget(self, org_id: str, captured: Captured) -> None:
        with _within():
            await self._bus.delete(CAPTURES, _key(org_id, captured))

    async def erase(self, org_id: str, user_id: str | None = None) -> int:
        begins = f"{org_id}.>" if user_id is None else f"{org_id}.{user_id}.>"
        with _within():
            count = len(await self._bus.keys(CAPTURES, begins))
            await self._bus.delete(CAPTURES, begins)
        return count

    def _today(self) -> str:
        return f"{self._clock.now():%Y%m%d}"

    def _sealed(self, org_id: str, request: CapturedRequest) -> bytes:
        packed = base64.b64encode(zlib.compress(msgspec.json.encode(request))).decode()
        return self._sealer.seal(org_id, _PURPOSE, request.id, packed).encode()

    def _opened(self, org_id: str, request_id: str, data: bytes) -> CapturedRequest | None:
        try:
            packed = base64.b64decode(self._sealer.open(org_id, _PURPOSE, request_id, data.decode()))
            found: CapturedRequest = decoder(CapturedRequest).decode(zlib.decompressobj().decompress(packed, _UNPACKED))
        except (CannotOpen, UnicodeDecodeError, zlib.error, *DECODE_ERRORS):
            return None
        return found


def _key(org_id: str, one: Captured) -> str:
    day = f"{datetime.fromtimestamp(one.time_ms / 1000, UTC):%Y%m%d}"
    return f"{org_id}.{one.user_id or _NOBODY}.{day}.{one.id}.{one.kind}.{one.time_ms}.{one.bytes}"


def _known(key: str) -> Captured | None:
    parts = key.split(".")
    if len(parts) != 7 or not (parts[5].isdecimal() and parts[6].isdecimal()):
        return None
    kind: CapturedKind | None = next((one for one in get_args(CapturedKind) if one == parts[4]), None)
    if kind is None:
        return None
    user_id = None if parts[1] == _NOBODY else parts[1]
    return Captured(id=parts[3], kind=kind, time_ms=int(parts[5]), user_id=user_id, bytes=int(parts[6]))


def _days(from_ms: int, to_ms: int) -> Sequence[str]:
    first = datetime.fromtimestamp(from_ms / 1000, UTC)
    count = min((to_ms - 1) // _DAY_MS - from_ms // _DAY_MS + 1, _MOST_DAYS)
    return [f"{first + timedelta(days=at):%Y%m%d}" for at in range(count)]


def _within() -> AbstractContextManager[None]:
    return context.bound(request_id=context.request_id(), budget_ms=_BUDGET_MS)
