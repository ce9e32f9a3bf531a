"""What outlives a turn: in this gateway's memory for the next turn that comes here, in a bucket for one that does not."""

import asyncio
import hashlib
from collections.abc import Container, Mapping, Sequence

import msgspec
import structlog

from libs.common import context
from libs.common.bus.ports import Bus
from libs.common.byte_lru import ByteLru
from libs.common.contracts.base import DECODE_ERRORS, decoder
from libs.common.contracts.gateway import TURNS
from libs.common.errors import PromptlyError
from libs.common.sealing import CannotOpen, Sealer
from services.gateway.domain.turns import Kept
from services.gateway.ports import DependencySkipped

log = structlog.get_logger()
_MAX_BYTES = 512 << 10
_ABSENT_SHARE = 16


class BusToolCallStore:
    """See `ports.ToolCallStore`. Values are sealed: a signature or a thought is the organization's, and nobody else's to read."""

    def __init__(self, bus: Bus, sealer: Sealer, budget_ms: float, memory_bytes: int = 64 << 20) -> None:
        self._bus = bus
        self._sealer = sealer
        self._budget_ms = budget_ms
        self._kept = ByteLru[tuple[str, bytes], Kept](memory_bytes)
        # A history that began elsewhere brings the same unknown calls with every turn.
        self._absent = ByteLru[tuple[str, bytes], bool](memory_bytes // _ABSENT_SHARE)

    async def load(self, org_id: str, call_ids: Sequence[str], *, may_come: Container[str] = ()) -> dict[str, Kept]:
        """What is known of these calls."""
        keys = {name: (org_id, _short(name)) for name in call_ids}
        found = {name: known for name, key in keys.items() if (known := self._kept.get(key)) is not None}
        if missing := [name for name, key in keys.items() if name not in found and not self._absent.get(key)]:
            try:
                with context.bound(request_id=context.request_id(), budget_ms=self._budget_ms):
                    values = await asyncio.gather(*(self._fetch(org_id, name) for name in missing))
            except PromptlyError:
                if not found:
                    raise DependencySkipped("turns") from None
                return found
            for name, value in zip(missing, values, strict=True):
                if value is not None:
                    found[name] = value
                elif name not in may_come:
                    self._absent.put(keys[name], True, 0, org_id)
        return found

    async def save(self, org_id: str, kept: Mapping[str, Kept]) -> None:
        """Keep it, here and for the other gateways."""
        for name, value in kept.items():
            self._remember(org_id, name, value, len(msgspec.json.encode(value)))
        try:
            with context.bound(request_id=context.request_id(), budget_ms=self._budget_ms):
                await asyncio.gather(*(self._store(org_id, name, value) for name, value in kept.items()))
        except PromptlyError as error:
            log.warning("turn_not_kept", code=error.code)

    async def _store(self, org_id: str, name: str, value: Kept) -> None:
        data = msgspec.json.encode(value)
        if len(data) <= _MAX_BYTES:
            digest = _digest(name)
            sealed = self._sealer.seal(org_id, "turn", digest, data.decode())
            await self._bus.put(TURNS, f"{org_id}.{digest}", sealed.encode())

    async def _fetch(self, org_id: str, name: str) -> Kept | None:
        digest = _digest(name)
        sealed = await self._bus.get(TURNS, f"{org_id}.{digest}")
        if sealed is None:
            return None
        try:
            opened = self._sealer.open(org_id, "turn", digest, sealed.decode())
            kept: Kept = decoder(Kept).decode(opened)
        except (CannotOpen, *DECODE_ERRORS):
            return None
        self._remember(org_id, name, kept, len(opened))
        return kept

    def _remember(self, org_id: str, name: str, kept: Kept, size: int) -> None:
        # Decoded, thinking blocks take several times as much as their text.
        self._kept.put((org_id, _short(name)), kept, 4 * size, org_id)


def _short(name: str) -> bytes:
    """A client may send an id of megabytes."""
    return hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _digest(name: str) -> str:
    """A client may send any text as an id; a key takes only some characters."""
    return _short(name).hex()
