"""Idempotent requests: the same key and body are processed once, whichever gateway they reach."""

from datetime import timedelta
from typing import Final

import msgspec

from libs.common.clock import Clock
from libs.common.contracts.auth import (
    Noted,
    Once,
    OnceBegin,
    OnceDone,
    OnceEnd,
    OnceOther,
    OnceProceed,
    OnceRunning,
)
from services.auth.billing.ports import IdempotencyRecord
from services.auth.ports import UnitOfWork

_KEPT: Final = timedelta(hours=24)
# No request takes so long: the gateway that processed it is gone.
_RUNS: Final = timedelta(seconds=60)


class Idempotency:
    """The first request under a key goes ahead, the others get its answer; a key is remembered for a day."""

    def __init__(self, uow: UnitOfWork, clock: Clock) -> None:
        self._uow = uow
        self._clock = clock

    async def begin(self, request: OnceBegin) -> Once:
        """Whether to go ahead."""
        now = self._clock.now()
        record = IdempotencyRecord(org_id=request.org_id, key=request.key, digest=request.digest, began_at=now)
        async with self._uow() as tx:
            known = await tx.idempotency.claim(record)
            if known is None:
                return OnceProceed()
            dead = known.sealed is None and known.began_at < now - _RUNS
            if dead or known.began_at < now - _KEPT:
                await tx.idempotency.put(record)
                return OnceProceed()
        if known.digest != request.digest:
            return OnceOther()
        return OnceRunning() if known.sealed is None else OnceDone(sealed=known.sealed)

    async def end(self, ended: OnceEnd) -> Noted:
        """Keep the answer, or delete the record of the request."""
        async with self._uow() as tx:
            if ended.sealed is None:
                await tx.idempotency.forget(ended.org_id, ended.key, ended.digest)
            else:
                record = IdempotencyRecord(
                    org_id=ended.org_id, key=ended.key, digest=ended.digest, began_at=self._clock.now()
                )
                known = await tx.idempotency.claim(record)
                if known is None or (known.sealed is None and known.digest == ended.digest):
                    await tx.idempotency.put(msgspec.structs.replace(record, sealed=ended.sealed))
        return Noted()

    async def sweep(self) -> None:
        """Delete records that are too old to be repeated."""
        async with self._uow() as tx:
            await tx.idempotency.sweep(self._clock.now() - _KEPT)
