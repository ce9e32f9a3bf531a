"""Responses in a bucket that all gateways share, sealed for their organization.

An id holds the number of its segment: how many times `SEGMENT_BYTES` its organization had stored when it was made. So the oldest ones
are removed by the segment, without a list of them: a segment goes as soon as what was stored after it fills the quota.
"""

import asyncio
import hashlib
from contextlib import AbstractContextManager

import msgspec
import structlog

from libs.common import context
from libs.common.bus.ports import Bus
from libs.common.byte_lru import ByteLru
from libs.common.contracts.base import DECODE_ERRORS, decoder
from libs.common.contracts.gateway import RESPONSE_BYTES, RESPONSES
from libs.common.errors import PromptlyError, Unavailable
from libs.common.ids import new_id
from libs.common.sealing import CannotOpen, Sealer
from services.gateway.domain.stored_response import (
    SEGMENT_BYTES,
    RoutingRecord,
    StoredResponse,
    place,
    response_id,
)

log = structlog.get_logger()
_MAX_ENTRY = 1 << 20
_MAX_CONTENT = _MAX_ENTRY * 3 // 4  # base64 makes four letters of three bytes
_RECORD_SECONDS = 30 * 86_400.0
_KNOWN_BYTES = 4 << 20


class BusResponseStore:
    """See `ports.ResponseStore`. `ttl` is in seconds, 0 for a store that keeps nothing; `quota` is bytes for each organization."""

    def __init__(self, bus: Bus, sealer: Sealer, *, ttl: float, quota: int, budget_ms: float) -> None:
        self._bus = bus
        self._sealer = sealer
        self._ttl = ttl
        self._segments = max(1, quota // SEGMENT_BYTES - 1)  # the one that is being filled comes on top
        self._budget_ms = budget_ms
        self._totals = ByteLru[str, int](_KNOWN_BYTES, share=1.0)

    @property
    def keeps(self) -> bool:
        """Whether anything is kept at all."""
        return self._ttl > 0

    async def new_id(self, org_id: str) -> str:
        """An id for a response that is about to be made."""
        total = self._totals.get(org_id)
        if total is None and self.keeps:
            try:
                with self._within_budget():
                    total = self._noted(org_id, await self._bus.add(RESPONSE_BYTES, org_id, 0))
            except PromptlyError as error:
                self._noted(org_id, 0)  # read once only: the next response that is stored shows it
                log.warning("response_total_unknown", code=error.code)
        return response_id((total or 0) // SEGMENT_BYTES, new_id("resp").removeprefix("resp_"))

    async def save(self, org_id: str, entry: StoredResponse) -> bool:
        """Keep a response, and say whether it is kept. An entry has at most 1 MiB, sealed."""
        found = place(entry.id)
        if found is None or not self.keeps:
            return False
        if sum(len(bytes(part)) for part in (entry.head, *entry.input, *entry.output)) > _MAX_CONTENT:
            log.warning("response_not_kept", code="too_large")
            return False
        sealed = await asyncio.to_thread(self._seal, org_id, entry)
        if len(sealed) > _MAX_ENTRY:
            log.warning("response_not_kept", code="too_large")
            return False
        try:
            with self._within_budget():
                await self._bus.put(RESPONSES, f"{org_id}.{found[0]}.{found[1]}", sealed, max_age=self._ttl)
        except PromptlyError as error:
            log.warning("response_not_kept", code=error.code)
            return False
        await self._count(org_id, len(sealed))
        return True

    async def load(self, org_id: str, identity: str) -> StoredResponse | None:
        """A response that was made here and is still kept; None for every other. `Unavailable` where that cannot be known."""
        found = place(identity)
        if found is None:
            return None
        data = await self._get(f"{org_id}.{found[0]}.{found[1]}")
        if data is None:
            return None
        try:
            opened = await asyncio.to_thread(self._sealer.open, org_id, "response", identity, data.decode())
            stored: StoredResponse = decoder(StoredResponse).decode(opened)
        except (CannotOpen, *DECODE_ERRORS):
            return None
        return stored

    async def delete(self, org_id: str, identity: str) -> None:
        """Remove a response, or the record of one. `Unavailable` where that is not certain."""
        found = place(identity)
        key = f"{org_id}.{found[0]}.{found[1]}" if found is not None else _record_key(org_id, identity)
        try:
            with self._within_budget():
                await self._bus.delete(RESPONSES, key)
        except PromptlyError:
            raise _unreachable() from None

    async def save_record(self, org_id: str, record: RoutingRecord) -> bool:
        """Keep where a provider stores a response. It holds nothing of what was said."""
        try:
            with self._within_budget():
                data = msgspec.json.encode(record)
                await self._bus.put(RESPONSES, _record_key(org_id, record.id), data, max_age=_RECORD_SECONDS)
        except PromptlyError as error:
            log.warning("response_record_not_kept", code=error.code)
            return False
        return True

    async def record(self, org_id: str, identity: str) -> RoutingRecord | None:
        """Where a provider stores a response of this organization's. `Unavailable` where that cannot be known."""
        data = await self._get(_record_key(org_id, identity))
        if data is None:
            return None
        try:
            found: RoutingRecord = decoder(RoutingRecord).decode(data)
        except DECODE_ERRORS:
            return None
        return found

    async def erase(self, org_id: str) -> None:
        """Remove all that an organization has stored."""
        await self._bus.delete(RESPONSES, f"{org_id}.>")

    async def _get(self, key: str) -> bytes | None:
        try:
            with self._within_budget():
                return await self._bus.get(RESPONSES, key)
        except PromptlyError:
            raise _unreachable() from None

    async def _count(self, org_id: str, size: int) -> None:
        """Add to what the organization has stored, and remove what has thereby become too old."""
        try:
            with self._within_budget():
                total = self._noted(org_id, await self._bus.add(RESPONSE_BYTES, org_id, size))
                segment = total // SEGMENT_BYTES
                if segment == (total - size) // SEGMENT_BYTES:
                    return
                # The one before the last one that goes: a removal that failed is made up for.
                for old in {segment - self._segments - 1, segment - self._segments - 2}:
                    if old >= 0:
                        await self._bus.delete(RESPONSES, f"{org_id}.{old & 0xFFFFFF:06x}.>")
        except PromptlyError as error:
            log.warning("response_bytes_not_counted", code=error.code)

    def _noted(self, org_id: str, total: int) -> int:
        self._totals.put(org_id, total, 8)
        return total

    def _seal(self, org_id: str, entry: StoredResponse) -> bytes:
        return self._sealer.seal(org_id, "response", entry.id, msgspec.json.encode(entry).decode()).encode()

    def _within_budget(self) -> AbstractContextManager[None]:
        return context.bound(request_id=context.request_id(), budget_ms=self._budget_ms)


def _record_key(org_id: str, identity: str) -> str:
    """A provider chooses its ids; a key takes only some characters."""
    digest = hashlib.blake2b(identity.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return f"{org_id}.at_provider.{digest}"


def _unreachable() -> Unavailable:
    return Unavailable("Stored responses cannot be read now. Send the request again.")
