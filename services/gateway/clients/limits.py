"""The rate limit over all gateways: blocks of requests, leased from sums that they share."""

import asyncio
import math
from collections import OrderedDict

import msgspec

from libs.common import context
from libs.common.bus.ports import Bus
from libs.common.clock import Clock
from libs.common.contracts.gateway import RATE
from libs.common.errors import PromptlyError
from services.gateway.clients.replicas import Replicas
from services.gateway.domain.rate_limit import Verdict, Window, block_of
from services.gateway.state.rate_windows import LocalLimiter

_MINUTE = 60
_REMEMBER_REFUSAL = 1.0
_MAX_KEYS = 10_000  # that are busy at a time; a busy one takes some kilobytes


class _Lease(msgspec.Struct):
    """What this gateway may still let through in one minute, and has let through in it. `free` is what there was for all
    of them beside its last block; `unreported` were let through without the others knowing.
    """

    minute: int
    left: int = 0
    free: int = 0
    taken: int = 0
    taken_before: int = 0
    current: int = 0
    previous: int | None = None
    before: int = 0
    unreported: int = 0
    refused_until: float = -math.inf
    retry_after: int = 0
    request: "asyncio.Task[None] | None" = None


class SharedLimits:
    """See `ports.Limits`. While the bus is away, each gateway keeps to its share of the limit."""

    def __init__(
        self, bus: Bus, clock: Clock, replicas: Replicas, budget_ms: float, *, shared_clock: bool = False
    ) -> None:
        self._shared = shared_clock
        self._bus = bus
        self._clock = clock
        self._replicas = replicas
        self._budget_ms = budget_ms
        self._local = LocalLimiter(clock.monotonic, _MAX_KEYS)
        self._leases: OrderedDict[str, _Lease] = OrderedDict()

    async def take(self, key_id: str, limit: int) -> Verdict:
        """Count one request of a key, if it fits."""
        lease = self._lease(key_id)
        while True:
            if lease.left > 0:
                lease.left -= 1
                lease.taken += 1
                self._local.note(key_id)
                return self._verdict(lease, limit, allowed=True)
            if self._clock.monotonic() < lease.refused_until:
                return self._verdict(lease, limit, allowed=False)
            # One request at a time per key: a block for each of a hundred waiting requests would be most of the limit.
            if lease.request is None:
                lease.request = asyncio.create_task(self._request_block(key_id, limit, lease))
            try:
                await asyncio.shield(lease.request)
            except PromptlyError:
                return self._take_locally(key_id, limit, lease)

    def _now(self) -> float:
        """Minutes are the bus's: a gateway whose clock is ahead would have one to itself, and a limit of its own with it."""
        shared = self._bus.time()
        return self._clock.now().timestamp() if shared is None or not self._shared else shared

    def _lease(self, key_id: str) -> _Lease:
        minute = int(self._now()) // _MINUTE
        lease = self._leases.get(key_id)
        if lease is None or lease.minute != minute:
            last = lease if lease is not None and lease.minute == minute - 1 else _Lease(minute - 1)
            lease = self._leases[key_id] = _Lease(minute, before=last.unreported, taken_before=last.taken)
            self._leases.move_to_end(key_id)
            if len(self._leases) > _MAX_KEYS:
                self._leases.popitem(last=False)
        return lease

    async def _request_block(self, key_id: str, limit: int, lease: _Lease) -> None:
        try:
            with context.bound(request_id=context.request_id(), budget_ms=self._budget_ms):
                if lease.previous is None:
                    lease.previous = await self._bus.add(RATE, f"{key_id}.{lease.minute - 1}", lease.before)
                block, unreported = block_of(limit), lease.unreported
                total = await self._bus.add(RATE, f"{key_id}.{lease.minute}", block + unreported)
                lease.unreported -= unreported
                window = self._window(key_id, lease, limit, total - block)
                free = max(math.floor(window.free()), 0)
                granted = min(free, block)
                lease.left, lease.free, lease.current = granted, free - granted, total - block + granted
                if not granted:
                    lease.refused_until = self._clock.monotonic() + _REMEMBER_REFUSAL
                    lease.retry_after = window.wait
                if granted < block:
                    await self._bus.add(RATE, f"{key_id}.{lease.minute}", granted - block)
        finally:
            lease.request = None

    def _take_locally(self, key_id: str, limit: int, lease: _Lease) -> Verdict:
        share = max(1, limit // self._replicas.count)
        verdict = self._local.take(key_id, share)
        lease.unreported += verdict.allowed
        lease.taken += verdict.allowed
        return msgspec.structs.replace(verdict, limit=limit, local=True)

    def _elapsed(self, lease: _Lease) -> float:
        return min(max(self._now() - lease.minute * _MINUTE, 0.0), float(_MINUTE))

    def _window(self, key_id: str, lease: _Lease, limit: int, current: int) -> Window:
        return Window(
            limit=limit,
            previous=lease.previous or 0,
            current=current,
            elapsed=self._elapsed(lease),
            own=self._local.recent(key_id),
            own_previous=lease.taken_before,
        )

    def _verdict(self, lease: _Lease, limit: int, *, allowed: bool) -> Verdict:
        return Verdict(
            allowed=allowed,
            limit=limit,
            remaining=lease.free + lease.left if allowed else 0,
            reset=_MINUTE - self._elapsed(lease),
            retry_after=0 if allowed else lease.retry_after,
        )
