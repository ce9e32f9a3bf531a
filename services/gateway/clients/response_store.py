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
from services.gateway.domain import stored_media
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
_MAX_MEDIA = 5 << 20  # the bus takes 8 MiB, and sealing makes four thirds of it
_MOST_MEDIA = 32
_RESPONSE, _MEDIA = "response", "response-media"
_RECORD_SECONDS = 30 * 86_400.0
_KNOWN_BYTES = 4 << 20


class BusResponseStore:
    """See `ports.ResponseStore`. `ttl` is in seconds, 0 for a store that keeps nothing; `quota` is bytes for each organization;
    `pepper` is a secret.
    """

    def __init__(self, bus: Bus, sealer: Sealer, *, ttl: float, quota: int, budget_ms: float, pepper: str) -> None:
        self._pepper = pepper
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
        """Keep a response, and say whether it is kept. An entry has at most 1 MiB, sealed, and large media lie beside it."""
        found = place(entry.id)
        if found is None or not self.keeps:
            return False
        entry, media = await asyncio.to_thread(
            stored_media.taken_out, entry, f"{new_id('media')}:", self._digest_key(org_id)
        )
        large = any(len(text) > _MAX_MEDIA for text in media.values()) or len(media) > _MOST_MEDIA
        if large or sum(len(bytes(part)) for part in (entry.head, *entry.input, *entry.output)) > _MAX_CONTENT:
            log.warning("response_not_kept", code="too_large")
            return False
        key = f"{org_id}.{found[0]}"
        size = 0
        try:
            with self._within_budget():
                for digest, text in media.items():
                    size += await self._put(f"{key}.{digest}", org_id, _MEDIA, digest, text)
                size += await self._put(
                    f"{key}.{found[1]}", org_id, _RESPONSE, entry.id, msgspec.json.encode(entry).decode()
                )
        except PromptlyError as error:
            log.warning("response_not_kept", code=error.code)
            return False
        await self._count(org_id, size)
        return True

    async def load(self, org_id: str, identity: str) -> StoredResponse | None:
        """A response that was made here and is still kept; None for every other. `Unavailable` where that cannot be known."""
        found = place(identity)
        if found is None:
            return None
        key = f"{org_id}.{found[0]}"
        opened = await self._open(f"{key}.{found[1]}", org_id, _RESPONSE, identity)
        if opened is None:
            return None
        try:
            stored: StoredResponse = decoder(StoredResponse).decode(opened)
        except DECODE_ERRORS:
            return None
        if not stored.media:
            return stored
        texts = await asyncio.gather(
            *(self._open(f"{key}.{digest}", org_id, _MEDIA, digest) for digest in stored.media)
        )
        media = {digest: text for digest, text in zip(stored.media, texts, strict=True) if text is not None}
        if len(media) < len(stored.media):
            return None
        return await asyncio.to_thread(stored_media.put_back, stored, media)

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

    async def _put(self, key: str, org_id: str, purpose: str, name: str, text: str) -> int:
        """Seal a text and keep it; how many bytes it takes."""
        sealed = (await asyncio.to_thread(self._sealer.seal, org_id, purpose, name, text)).encode()
        await self._bus.put(RESPONSES, key, sealed, max_age=self._ttl)
        return len(sealed)

    async def _open(self, key: str, org_id: str, purpose: str, name: str) -> str | None:
        """A text that was kept; None where there is none that opens."""
        data = await self._get(key)
        if data is None:
            return None
        try:
            return await asyncio.to_thread(self._sealer.open, org_id, purpose, name, data.decode())
        except (CannotOpen, UnicodeDecodeError):
            return None

    def _digest_key(self, org_id: str) -> bytes:
        return hashlib.blake2b(f"{self._pepper}\n{org_id}".encode(), digest_size=32).digest()

    def _within_budget(self) -> AbstractContextManager[None]:
        return context.bound(request_id=context.request_id(), budget_ms=self._budget_ms)


def _record_key(org_id: str, identity: str) -> str:
    """A provider chooses its ids; a key takes only some characters."""
    digest = hashlib.blake2b(identity.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return f"{org_id}.at_provider.{digest}"


def _unreachable() -> Unavailable:
    return Unavailable("Stored responses cannot be read now. Send the request again.")
