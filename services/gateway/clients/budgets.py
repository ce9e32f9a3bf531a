"""Monthly budgets of keys over all gateways: amounts leased from a sum that they share."""

import asyncio
from collections import OrderedDict
from datetime import UTC, datetime

import msgspec

from libs.common import context
from libs.common.bus.ports import Bus
from libs.common.clock import Clock
from libs.common.contracts.analytics import SPENT, KeySpending
from libs.common.contracts.auth import Principal
from libs.common.contracts.gateway import BUDGET
from libs.common.errors import InsufficientCredits, PromptlyError, Unavailable
from libs.common.money import written

_MAX_KEYS = 100_000
_LEASES = 100


class _Lease(msgspec.Struct):
    """What this gateway may still spend of a key's month, in nano-dollars; below zero where calls cost more than expected."""

    month: str
    left: int = 0
    request: asyncio.Lock = msgspec.field(default_factory=asyncio.Lock)


class _Unlimited:
    """The reservation of a key without a budget."""

    def close(self, actual_nano: int | None) -> None: ...


class _Reserved:
    """Implements `ports.Reservation`."""

    def __init__(self, lease: _Lease, nano: int) -> None:
        self._lease = lease
        self._nano: int | None = nano

    def close(self, actual_nano: int | None) -> None:
        if self._nano is not None:
            self._lease.left += self._nano - (self._nano if actual_nano is None else actual_nano)
            self._nano = None


class SharedBudgets:
    """See `ports.Budgets`. While the bus is away only what is leased already can be spent."""

    def __init__(self, bus: Bus, clock: Clock, budget_ms: float, *, shared_clock: bool = False) -> None:
        self._shared = shared_clock
        self._bus = bus
        self._clock = clock
        self._budget_ms = budget_ms
        self._leases: OrderedDict[str, _Lease] = OrderedDict()

    async def reserve(self, principal: Principal, nano: int) -> _Reserved | _Unlimited:
        """Set an amount aside."""
        budget = principal.monthly_budget_nano
        if budget is None:
            return _Unlimited()
        lease = self._lease(principal.key_id)
        if lease.left < nano:
            async with lease.request:
                if lease.left < nano:
                    await self._request_lease(principal, budget, lease, nano)
        lease.left -= nano
        return _Reserved(lease, nano)

    def give_back(self, principal: Principal, nano: int, time_ms: int) -> None:
        if (
            principal.monthly_budget_nano is None
            or f"{datetime.fromtimestamp(time_ms / 1000, UTC):%Y%m}" != self._month()
        ):
            return
        self._lease(principal.key_id).left += nano

    def _now(self) -> datetime:
        """Months are the bus's, so that they begin for all gateways at once."""
        shared = self._bus.time()
        return self._clock.now() if shared is None or not self._shared else datetime.fromtimestamp(shared, UTC)

    def _month(self) -> str:
        return self._now().strftime("%Y%m")

    def _lease(self, key_id: str) -> _Lease:
        month = self._month()
        lease = self._leases.get(key_id)
        if lease is None or lease.month != month:
            lease = self._leases[key_id] = _Lease(month)
            if len(self._leases) > _MAX_KEYS:
                self._leases.popitem(last=False)
        return lease

    async def _request_lease(self, principal: Principal, budget: int, lease: _Lease, nano: int) -> None:
        wanted = nano - lease.left + budget // _LEASES
        name = f"{principal.key_id}.{lease.month}"
        try:
            with context.bound(request_id=context.request_id(), budget_ms=self._budget_ms):
                total = await self._bus.add(BUDGET, name, wanted)
                if total == wanted:  # nobody has spent anything, or the sum was lost
                    total = await self._rebuilt(principal, name, total)
                granted = min(max(budget - (total - wanted), 0), wanted)
                if granted < wanted:
                    await self._bus.add(BUDGET, name, granted - wanted)
        except PromptlyError:
            raise Unavailable("This key's budget cannot be checked right now. Try again in a moment.") from None
        lease.left += granted
        if lease.left < nano:
            raise InsufficientCredits(
                _refusal(principal.key_id, budget, lease.left, nano), code="budget_exceeded", should_retry=False
            )

    async def _rebuilt(self, principal: Principal, name: str, total: int) -> int:
        now = self._now()
        start = datetime(now.year, now.month, 1, tzinfo=UTC)
        query = KeySpending(org_id=principal.org_id, key_id=principal.key_id, from_ms=int(start.timestamp() * 1000))
        spent = (await self._bus.call(SPENT, query)).nano
        return await self._bus.add(BUDGET, name, spent) if spent else total


def _refusal(key_id: str, budget: int, left: int, nano: int) -> str:
    """Why a call is refused; amounts in nano-dollars. `left` is what this gateway could get hold of."""
    advice = f"Lower `max_tokens`, which bounds that, or have the budget raised (PATCH /api/keys/platform/{key_id})."
    if nano > budget:
        return (
            f"This call may cost up to {written(nano)}, which is more than this key's whole budget of {written(budget)} a month; "
            f"so much would be set aside for it. {advice}"
        )
    state = f"has {written(left)} left" if left > 0 else "is used up or set aside for calls under way"
    return f"This key's budget of {written(budget)} for this month {state}, and this call may cost up to {written(nano)}. {advice}"
