"""Budgets over all gateways: amounts leased from sums that they share."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from datetime import UTC, datetime

from libs.common import context
from libs.common.budget_periods import period_at
from libs.common.bus.ports import Bus
from libs.common.clock import Clock
from libs.common.contracts.analytics import SPENT, RequestQuery
from libs.common.contracts.auth import Budget
from libs.common.contracts.events import OTHER_VALUES, BudgetExceeded
from libs.common.contracts.gateway import BUDGET, BUDGET_DAYS
from libs.common.errors import InsufficientCredits, PromptlyError, Unavailable
from libs.common.jobs import Background
from services.gateway.domain.budgets import MAX_VALUES, BudgetShare, refusal, shares
from services.gateway.domain.request import Request
from services.gateway.ports import Events
from services.gateway.state.budget_leases import BudgetLeases, Lease

_COUNTERS = {"month": BUDGET, "day": BUDGET_DAYS}
_REMEMBER_SECONDS = 1.0
_MOST_REMEMBERED = 10_000
_AT_ONCE = 100
_DRAIN_SECONDS = 2.0


class _Reserved:
    """Implements `ports.Reservation`: the same amount of each of a request's budgets."""

    def __init__(self, nano: int) -> None:
        self._nano = nano
        self._leases: list[Lease] = []

    def take(self, lease: Lease) -> None:
        """Take it from one more."""
        lease.left -= self._nano
        lease.held += self._nano
        lease.users += 1
        self._leases.append(lease)

    def close(self, actual_nano: int | None) -> None:
        leases, self._leases = self._leases, []
        for lease in leases:
            lease.left += self._nano - (self._nano if actual_nano is None else actual_nano)
            lease.held -= self._nano
            lease.users -= 1


class SharedBudgets:
    """See `ports.Budgets`. While the bus is away, only what is leased already can be spent of a budget that blocks; the others are spent
    on, and that is added to their sums when the bus is back. That a budget has no room is published once in its period.
    """

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        budget_ms: float,
        events: Events,
        background: Background,
        *,
        leases: BudgetLeases | None = None,
        max_values: int = MAX_VALUES,
        shared_clock: bool = False,
    ) -> None:
        self._shared = shared_clock
        self._bus = bus
        self._clock = clock
        self._budget_ms = budget_ms
        self._events = events
        self._background = background
        self._max_values = max_values
        self._leases = BudgetLeases() if leases is None else leases
        # How many values a budget has sums for, as far as it was heard of; and whose lack of room is told.
        self._values: OrderedDict[str, int] = OrderedDict()
        self._told: OrderedDict[tuple[str, str, int], None] = OrderedDict()

    async def reserve(self, request: Request, nano: int) -> _Reserved:
        """Set an amount aside."""
        reserved = _Reserved(nano)
        try:
            for share in shares(request):
                lease, share_of = await self._leased(request, share, nano)
                if share.budget.on_exceed == "block" and lease.left < nano and nano:
                    raise _refused(share_of, lease, lease.left, nano)
                reserved.take(lease)
        except BaseException:
            reserved.close(0)
            raise
        return reserved

    async def without_room(self, request: Request, nano: int) -> Budget | None:
        """The first budget that steps down and has less than this."""
        for share in shares(request):
            if share.budget.on_exceed == "route_simple":
                lease, _ = await self._leased(request, share, nano)
                if lease.left < nano and not lease.failed:
                    return share.budget
        return None

    def give_back(self, org_id: str, budgets: Sequence[BudgetShare], nano: int, time_ms: int) -> None:
        reserved_at = datetime.fromtimestamp(time_ms / 1000, UTC)
        for share in budgets:
            period = period_at(share.budget.period, self._now())
            if period == period_at(share.budget.period, reserved_at):
                lease = self._leases.get(org_id, share.name, period) or self._new(org_id, share)
                lease.left += nano

    async def drain(self) -> None:
        """Return what is leased and not spent, as far as that can be done in two seconds."""
        await self._background.drain()
        leases = [lease for lease in self._leases.clear() if lease.left]
        try:
            async with asyncio.timeout(_DRAIN_SECONDS):
                for first in range(0, len(leases), _AT_ONCE):
                    await asyncio.gather(*map(self._return, leases[first : first + _AT_ONCE]))
        except TimeoutError:
            return

    def _now(self) -> datetime:
        """Periods are the bus's, so that they begin for all gateways at once."""
        shared = self._bus.time()
        return self._clock.now() if shared is None or not self._shared else datetime.fromtimestamp(shared, UTC)

    async def _leased(self, request: Request, share: BudgetShare, nano: int) -> tuple[Lease, BudgetShare]:
        """The lease to take from, with so much left where that could be had, and whose it is."""
        org_id, budget = request.principal.org_id, share.budget
        lease = self._leases.get(org_id, share.name, period_at(budget.period, self._now()))
        if lease is None:
            if await self._is_beyond(share):
                share = share.others
            period = period_at(budget.period, self._now())
            lease = self._leases.get(org_id, share.name, period) or self._new(org_id, share)
        if budget.on_exceed == "block" and nano > budget.limit_nano:
            raise _refused(share, lease, 0, nano)
        if nano and lease.left < nano and self._may_ask(share, lease):
            lease.users += 1
            try:
                async with lease.asking:
                    if lease.left < nano and self._may_ask(share, lease):
                        await self._request_lease(org_id, share, lease, nano)
            finally:
                lease.users -= 1
        if nano and lease.left < nano <= budget.limit_nano and not lease.failed:
            self._tell(org_id, share, lease)
        return lease, share

    def _new(self, org_id: str, share: BudgetShare) -> Lease:
        kind = share.budget.period
        lease = Lease(name=share.name, kind=kind, period=period_at(kind, self._now()))
        for gone in self._leases.add(org_id, lease):
            if gone.left and gone.period == period_at(gone.kind, self._now()):
                self._background.start("return_budget_lease", self._return(gone))
        return lease

    async def _is_beyond(self, share: BudgetShare) -> bool:
        """Whether a value comes after as many as have sums of their own."""
        period = period_at(share.budget.period, self._now()).name
        if share.budget.value is not None or self._values.get(f"{share.budget.id}.{period}", 0) < self._max_values:
            return False
        try:
            with context.bound(request_id=context.request_id(), budget_ms=self._budget_ms):
                return await self._bus.total(_COUNTERS[share.budget.period], f"{share.name}.{period}") is None
        except PromptlyError:
            return True

    def _may_ask(self, share: BudgetShare, lease: Lease) -> bool:
        """A budget that does not block is asked about now and then once it has no room; what was spent of it meanwhile is reported in
        parts as large as a lease.
        """
        if share.budget.on_exceed == "block" or self._clock.monotonic() >= lease.ask_after:
            return True
        changed = lease.limit_nano != share.budget.limit_nano
        return not lease.failed and (changed or lease.left + lease.held <= -max(share.lease_nano, 1))

    async def _request_lease(self, org_id: str, share: BudgetShare, lease: Lease, nano: int) -> None:
        budget, counter = share.budget, _COUNTERS[lease.kind]
        # What calls under way have set aside beyond the limit is not spent yet.
        owed = max(-lease.left - (0 if budget.on_exceed == "block" else lease.held), 0)
        wanted = nano - lease.left + share.lease_nano
        try:
            with context.bound(request_id=context.request_id(), budget_ms=self._budget_ms):
                total = await self._bus.add(counter, lease.key, wanted)
                if total == wanted:  # nobody has spent anything, or the sum was lost
                    total = await self._begun(org_id, share, lease, wanted)
                free = min(max(budget.limit_nano - (total - wanted), owed), wanted)
                # Where it does not do, others may still have use for it.
                granted = free if lease.left + free >= nano else min(free, owed + share.lease_nano)
                if granted < wanted:
                    await self._bus.add(counter, lease.key, granted - wanted)
        except PromptlyError:
            lease.failed, lease.ask_after = True, self._clock.monotonic() + _REMEMBER_SECONDS
            if budget.on_exceed == "block":
                if share.is_own:
                    raise Unavailable("This key's budget cannot be checked right now. Try again in a moment.") from None
                raise Unavailable(
                    f'The budget "{budget.name}" cannot be checked right now. Try again in a moment.'
                ) from None
            return
        available = lease.left + free
        lease.left += granted
        lease.failed, lease.limit_nano = False, budget.limit_nano
        if granted < wanted:
            lease.ask_after = self._clock.monotonic() + _REMEMBER_SECONDS
        if available < nano and budget.on_exceed == "block":
            self._tell(org_id, share, lease)
            raise _refused(share, lease, available, nano)

    async def _begun(self, org_id: str, share: BudgetShare, lease: Lease, wanted: int) -> int:
        """The sum, with what the log says was spent in this period."""
        budget, counter = share.budget, _COUNTERS[lease.kind]
        if share.value == OTHER_VALUES and budget.value is None:
            return wanted
        try:
            spent = (await self._bus.call(SPENT, _spent_query(org_id, share, lease))).nano
            if budget.value is None:
                self._note_values(f"{budget.id}.{lease.period.name}", await self._count_value(budget, lease))
        except PromptlyError:
            await self._bus.add(counter, lease.key, -wanted)  # so that the next one asks, too
            raise
        return await self._bus.add(counter, lease.key, spent) if spent else wanted

    async def _count_value(self, budget: Budget, lease: Lease) -> int:
        return await self._bus.add(_COUNTERS[lease.kind], f"{budget.id}.values.{lease.period.name}", 1)

    def _note_values(self, name: str, count: int) -> None:
        self._values[name] = count
        self._values.move_to_end(name)
        if len(self._values) > _MOST_REMEMBERED:
            self._values.popitem(last=False)

    def _tell(self, org_id: str, share: BudgetShare, lease: Lease) -> None:
        budget, period = share.budget, lease.period
        about = (budget.id, period.name, budget.changed_ms)
        if share.is_own or about in self._told:
            return
        self._told[about] = None
        if len(self._told) > _MOST_REMEMBERED:
            self._told.popitem(last=False)
        event = BudgetExceeded(
            org_id=org_id,
            budget_id=budget.id,
            name=budget.name,
            subject=budget.subject,
            tag=budget.tag,
            value=share.value,
            each=budget.value is None,
            period=budget.period,
            limit_nano=budget.limit_nano,
            on_exceed=budget.on_exceed,
            time_ms=_ms(self._now()),
            start_ms=max(_ms(period.start), budget.changed_ms),
            until_ms=_ms(period.end),
        )
        self._background.start("publish_budget_exceeded", self._events.budget_exceeded(event))

    async def _return(self, lease: Lease) -> None:
        left, lease.left = lease.left, 0
        try:
            with context.bound(request_id=context.request_id(), budget_ms=self._budget_ms):
                await self._bus.add(_COUNTERS[lease.kind], lease.key, -left)
        except PromptlyError:
            return  # it counts as spent until the period is over


def _refused(share: BudgetShare, lease: Lease, left: int, nano: int) -> InsufficientCredits:
    return InsufficientCredits(refusal(share, lease.period, left, nano), code="budget_exceeded", should_retry=False)


def _spent_query(org_id: str, share: BudgetShare, lease: Lease) -> RequestQuery:
    budget, start = share.budget, _ms(lease.period.start)
    match budget.subject:
        case "key":
            return RequestQuery(org_id=org_id, from_ms=start, key_id=share.value)
        case "team":
            return RequestQuery(org_id=org_id, from_ms=start, team_id=share.value)
        case "user":
            return RequestQuery(org_id=org_id, from_ms=start, end_user=share.value)
        case "tag":
            return RequestQuery(org_id=org_id, from_ms=start, tag=(budget.tag or "", share.value))


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
