"""Credits for optimize calls: tokens leased from auth's ledger, and charged here without a call.

The first call of an organization leases what it needs; while calls come fast, leases double, so that a busy organization
costs the ledger a few transactions a second, whatever it does. A lease that is too small gives back its rest when the
next one is requested, and one that nobody uses is ended.
"""

import asyncio
import math
from collections import OrderedDict
from collections.abc import Callable

import msgspec
import structlog

from libs.common.bus.ports import Bus
from libs.common.contracts.auth import (
    CREDITS,
    LEASE_CREDITS,
    SETTLE_CREDITS,
    CreditsLeased,
    CreditsShort,
    LeaseCredits,
    OrgRef,
    SettleCredits,
)
from libs.common.errors import InsufficientCredits, PromptlyError, Unavailable
from libs.common.ids import new_id
from libs.common.jobs import Background

log = structlog.get_logger()
_MAX_ORGS = 10_000
_IDLE_SECONDS = 2.0
_LONGEST_SECONDS = 30.0
_FAST_SECONDS, _SLOW_SECONDS = 1.0, 5.0
_LARGEST = 1 << 14  # calls in one lease
_REMEMBER_EMPTY = 1.0
LOST_SECONDS = LEASE_CREDITS.budget_ms / 1000  # by then auth has granted a lease, or never will
# How long others have to give back what they lease and do not use, try by try.
_PATIENCE = (0.05, 0.1, 0.2, 0.4)


class _Lease(msgspec.Struct, eq=False):
    """Tokens that may be charged. `going` calls are not over yet; with `closed` there will be no more of them."""

    id: str
    left: int
    began: float
    at: float
    used: int = 0
    going: int = 0
    closed: bool = False


class _Account(msgspec.Struct):
    """An organization, as this gateway knows it. Until `empty_until` nobody has more than `empty_at` tokens for it."""

    lease: _Lease | None = None
    calls: int = 1
    empty_at: int = 0
    empty_until: float = -math.inf
    leasing: asyncio.Lock = msgspec.field(default_factory=asyncio.Lock)


class _Charge:
    """Implements `ports.Charge`."""

    def __init__(self, lease: _Lease, tokens: int, ended: Callable[[_Lease], None]) -> None:
        self.lease_id: str | None = lease.id
        self._lease = lease
        self._tokens = tokens
        self._ended = ended

    def capture(self) -> None:
        self._lease.used += self._tokens
        self._end()

    def release(self) -> None:
        self._lease.left += self._tokens
        self._end()

    def _end(self) -> None:
        self._lease.going -= 1
        self._ended(self._lease)


class NoCredits:
    """Implements `ports.Credits` and `ports.Charge` for those who host for themselves: nothing is counted."""

    lease_id: str | None = None

    async def reserve(self, org_id: str, tokens: int) -> "NoCredits":
        return self

    async def balance(self, org_id: str) -> int | None:
        return None

    def capture(self) -> None: ...

    def release(self) -> None: ...


class SharedCredits:
    """Implements `ports.Credits`."""

    def __init__(
        self, bus: Bus, clock: Callable[[], float], *, leasing: bool = True, background: Background | None = None
    ) -> None:
        self._bus = bus
        self._clock = clock
        self._most = _LARGEST if leasing else 1
        self._accounts: OrderedDict[str, _Account] = OrderedDict()
        self._background = background or Background()

    async def reserve(self, org_id: str, tokens: int) -> _Charge:
        """Set a call's tokens aside."""
        account = self._account(org_id)
        while True:
            lease = account.lease
            if lease is not None and lease.left >= tokens:
                lease.left -= tokens
                lease.going += 1
                lease.at = self._clock()
                return _Charge(lease, tokens, lambda ended: self._close_if_over(org_id, ended))
            async with account.leasing:
                if account.lease is lease:
                    await self._lease(org_id, account, tokens)

    async def balance(self, org_id: str) -> int | None:
        """What is left, leases included, as far as they are closed."""
        return (await self._bus.call(CREDITS, OrgRef(org_id=org_id))).balance_tokens

    async def give_back(self, wanted: OrgRef) -> None:
        """Somebody is short of this organization's credits: let go of what is not in use."""
        account = self._accounts.get(wanted.org_id)
        if account is not None and account.lease is not None:
            await self._let_go(wanted.org_id, account, account.lease)

    async def added(self, more: OrgRef) -> None:
        """There are credits again."""
        if (account := self._accounts.get(more.org_id)) is not None:
            account.empty_until = -math.inf

    async def expire_idle(self) -> None:
        """End leases that nobody uses any more, or that are old."""
        now = self._clock()
        for org_id, account in list(self._accounts.items()):
            lease = account.lease
            if lease is not None and (now - lease.at > _IDLE_SECONDS or now - lease.began > _LONGEST_SECONDS):
                account.lease, account.calls = None, 1
                self._close(org_id, lease)

    async def drain(self) -> None:
        """End all leases, and wait for it."""
        for org_id, account in self._accounts.items():
            if account.lease is not None:
                lease, account.lease = account.lease, None
                self._close(org_id, lease)
        await self._background.drain()

    def _account(self, org_id: str) -> _Account:
        account = self._accounts.setdefault(org_id, _Account())
        self._accounts.move_to_end(org_id)
        if len(self._accounts) > _MAX_ORGS:
            gone, old = self._accounts.popitem(last=False)
            if old.leasing.locked():  # somebody waits for its lease
                self._accounts[gone] = old
            elif old.lease is not None:
                self._close(gone, old.lease)
        return account

    async def _lease(self, org_id: str, account: _Account, need: int) -> None:
        old, now = account.lease, self._clock()
        if now < account.empty_until and need > account.empty_at:
            raise _short(need, account.empty_at)
        lasted = math.inf if old is None else now - old.began
        if lasted < _FAST_SECONDS:
            account.calls = min(account.calls * 2, self._most)
        elif lasted > _SLOW_SECONDS:
            account.calls = max(account.calls // 2, 1)
        request = LeaseCredits(org_id=org_id, lease_id=new_id("lse"), need=need, wanted=need * account.calls)
        if old is not None:  # its rest helps to pay for the next one
            request = msgspec.structs.replace(request, returning=old.id, returned=old.left)
            old.left, account.lease = 0, None
        available = 0
        for pause in (*_PATIENCE, None):
            try:
                reply = await self._request(request)
            finally:
                if old is not None:
                    self._close(org_id, old)
                    old = None
            if isinstance(reply, CreditsLeased):
                account.lease = _Lease(id=request.lease_id, left=reply.tokens, began=now, at=now)
                return
            available = reply.available
            if not reply.leased or pause is None:
                break
            await asyncio.sleep(pause)
            request = msgspec.structs.replace(request, lease_id=new_id("lse"), returning=None, returned=0)
        account.empty_at, account.empty_until = available, self._clock() + _REMEMBER_EMPTY
        raise _short(need, available)

    async def _request(self, request: LeaseCredits) -> CreditsLeased | CreditsShort:
        """A lease; one that was granted and never arrived is ended as soon as it surely is there."""
        try:
            return await self._bus.call(LEASE_CREDITS, request)
        except Unavailable:
            self._background.start("end_lost_lease", self._end_lost(request))
            raise Unavailable("Credits cannot be checked right now. Try again in a moment.") from None
        except asyncio.CancelledError:
            self._background.start("end_lost_lease", self._end_lost(request))
            raise

    async def _end_lost(self, request: LeaseCredits) -> None:
        await asyncio.sleep(LOST_SECONDS)
        await self._report(request.org_id, _Lease(id=request.lease_id, left=0, began=0, at=0))

    async def _let_go(self, org_id: str, account: _Account, lease: _Lease) -> None:
        account.lease, rest = None, lease.left
        lease.left = 0
        if lease.going and rest:
            back = LeaseCredits(
                org_id=org_id, lease_id=new_id("lse"), need=0, wanted=0, returning=lease.id, returned=rest
            )
            try:
                await self._bus.call(LEASE_CREDITS, back)
            except PromptlyError as error:
                log.warning("credits_not_given_back", org_id=org_id, code=error.code)
        self._close(org_id, lease)

    def _close(self, org_id: str, lease: _Lease) -> None:
        lease.closed = True
        self._close_if_over(org_id, lease)

    def _close_if_over(self, org_id: str, lease: _Lease) -> None:
        if lease.closed and lease.going == 0:
            self._background.start("close_lease", self._report(org_id, lease))

    async def _report(self, org_id: str, lease: _Lease) -> None:
        try:
            await self._bus.call(SETTLE_CREDITS, SettleCredits(org_id=org_id, lease_id=lease.id, used=lease.used))
        except PromptlyError as error:  # the ledger's reaper reads the request log instead
            log.warning("credits_not_reported", org_id=org_id, code=error.code)


def _short(required: int, available: int) -> InsufficientCredits:
    return InsufficientCredits("Your account has insufficient credits", required=required, available=available)
