"""Requests that are to be done once, over all gateways. Their answers hold prompts, so they are kept sealed."""

import hashlib

from libs.common.bus.ports import Bus
from libs.common.contracts.auth import BEGIN_ONCE, END_ONCE, OnceBegin, OnceDone, OnceEnd, OnceOther, OnceRunning
from libs.common.errors import Conflict, PromptlyError, Unavailable, Unprocessable
from libs.common.sealing import Sealer

_PURPOSE = "once"


def _name(key: str) -> str:
    """A key may hold anything; what stands for it is short and plain."""
    return hashlib.sha256(key.encode()).hexdigest()


class BusIdempotencyStore:
    """Implements `ports.IdempotencyStore`."""

    def __init__(self, bus: Bus, sealer: Sealer) -> None:
        self._bus = bus
        self._sealer = sealer

    async def begin(self, org_id: str, key: str, digest: str) -> bytes | None:
        """See the port."""
        key = _name(key)
        try:
            found = await self._bus.call(BEGIN_ONCE, OnceBegin(org_id=org_id, key=key, digest=digest))
        except Unavailable:
            raise Unavailable("Idempotency-Key cannot be checked right now. Try again in a moment.") from None
        match found:
            case OnceDone():
                return self._sealer.open(org_id, _PURPOSE, key, found.sealed).encode()
            case OnceRunning():
                raise Conflict(
                    "The first request with this Idempotency-Key has no answer yet.", code="idempotency_in_progress"
                )
            case OnceOther():
                raise Unprocessable("This Idempotency-Key came with another body before.", code="idempotency_mismatch")
        return None

    async def end(self, org_id: str, key: str, digest: str, answer: bytes | None) -> None:
        """See the port."""
        key = _name(key)
        sealed = None if answer is None else self._sealer.seal(org_id, _PURPOSE, key, answer.decode())
        try:
            await self._bus.call(END_ONCE, OnceEnd(org_id=org_id, key=key, digest=digest, sealed=sealed))
        except PromptlyError:
            raise Unavailable("The answer could not be kept for a repetition. Try again in a moment.") from None
