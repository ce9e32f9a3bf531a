"""Credits of organizations: leased to gateways, charged, returned; bought, or granted by an operator."""

from datetime import timedelta
from typing import Final

import msgspec
import structlog

from libs.common.clock import Clock
from libs.common.contracts.auth import (
    CreditBalance,
    CreditsLeased,
    CreditsShort,
    GrantCredits,
    LeaseCredits,
    SettleCredits,
)
from libs.common.errors import BadRequest, NotFound, Unavailable
from libs.common.ids import new_id
from services.auth.billing.domain import ledger
from services.auth.billing.domain.ledger import Account, Ending, Entry, Lease
from services.auth.billing.domain.mails import low_credits_mail
from services.auth.billing.ports import Charges
from services.auth.domain.accounts import active_admins
from services.auth.ports import EventPublisher, Mailer, RunInBackground, Tx, UnitOfWork

log = structlog.get_logger()
_AT_ONCE: Final = 200


class Credits:
    """One transaction per change. `trial` tokens come with the account, which is opened when it is first looked at;
    below `low` tokens the admins get one mail until more are added. Where credits are `unlimited`, gateways lease none.
    """

    def __init__(
        self,
        uow: UnitOfWork,
        publisher: EventPublisher,
        charges: Charges,
        mailer: Mailer,
        clock: Clock,
        in_background: RunInBackground,
        *,
        trial: int,
        low: int,
        reap_after: timedelta,
        unlimited: bool = False,
    ) -> None:
        self.unlimited = unlimited
        self._uow = uow
        self._publisher = publisher
        self._charges = charges
        self._mailer = mailer
        self._clock = clock
        self._in_background = in_background
        self._trial = trial
        self._low = low
        self._reap_after = reap_after

    async def balance(self, org_id: str) -> CreditBalance:
        """What can be spent, leases included."""
        async with self._uow() as tx:
            account = await self._account(tx, org_id)
        return CreditBalance(balance_tokens=account.spendable)

    async def lease(self, request: LeaseCredits) -> CreditsLeased | CreditsShort:
        """Set tokens aside. Where there are too few, other gateways are to return what they do not use.
        To need none is to give back only.
        """
        now, warn = self._clock.now(), False
        async with self._uow() as tx:
            account = await self._account(tx, request.org_id)
            back = await self._release(tx, request)
            balance = account.balance + back
            tokens = ledger.grant(balance, request.need, max(request.wanted, request.need))
            if tokens:
                lease = Lease(org_id=request.org_id, id=request.lease_id, tokens=tokens, opened_at=now)
                await tx.ledger.write(ledger.reserved(lease))
                await tx.ledger.put_lease(lease)
            if warn := account.spendable < self._low and not account.low_told:
                await tx.ledger.mark_low_notified(request.org_id, notified=True)
        if warn:
            self._in_background(self._warn(request.org_id, account.spendable))
        if tokens or not request.need:
            return CreditsLeased(tokens=tokens)
        leased = account.reserved - back
        if leased:
            await self._publisher.credits_wanted(request.org_id)
        return CreditsShort(available=balance, leased=leased)

    async def settle(self, request: SettleCredits) -> CreditBalance:
        """End a lease; one that has ended stays as it is."""
        async with self._uow() as tx:
            account = await self._account(tx, request.org_id)
            used = await self._end(tx, request.org_id, request.lease_id, request.used, "settle")
        return CreditBalance(balance_tokens=account.spendable - used)

    async def give(self, request: GrantCredits) -> CreditBalance:
        """Credits from the operator. `NotFound` for an organization or a person that is not there."""
        if request.tokens <= 0:
            raise BadRequest("tokens must be more than 0.", param="tokens")
        org_id = request.org_id
        async with self._uow() as tx:
            if request.email is not None:
                known = await tx.accounts.credentials(request.email)
                org_id = None if known is None else known.user.org_id
            if org_id is None or await tx.accounts.org(org_id) is None:
                raise NotFound("There is no such organization.")
        balance, _ = await self.add(ledger.added(org_id, "grant", request.tokens, new_id("grt"), self._clock.now()))
        return balance

    async def add(self, entry: Entry) -> tuple[CreditBalance, bool]:
        """Write credits that come in; whether they are new, for what was written before comes in no second time."""
        async with self._uow() as tx:
            account = await self._account(tx, entry.org_id)
            fresh = await tx.ledger.write(entry)
            if fresh and account.low_told and account.spendable + entry.tokens >= self._low:
                await tx.ledger.mark_low_notified(entry.org_id, notified=False)
        if fresh:
            await self._publisher.credits_added(entry.org_id)
        return CreditBalance(balance_tokens=account.spendable + (entry.tokens if fresh else 0)), fresh

    async def reap(self) -> None:
        """End leases whose gateway is gone, charged with what the request log has."""
        async with self._uow() as tx:
            behind = await tx.ledger.stale_leases(self._clock.now() - self._reap_after, _AT_ONCE)
        for lease in behind:
            try:
                used = await self._charges.of_lease(lease.org_id, lease.id)
            except Unavailable:  # the log cannot be read; the next round tries again
                continue
            async with self._uow() as tx:
                await self._account(tx, lease.org_id)
                await self._end(tx, lease.org_id, lease.id, used, "expire")
            log.info("credits_reaped", org_id=lease.org_id)

    async def _account(self, tx: Tx, org_id: str) -> Account:
        account = await tx.ledger.account(org_id)
        if account is not None:
            return account
        if await tx.ledger.open(org_id) and self._trial:
            await tx.ledger.write(ledger.added(org_id, "trial", self._trial, org_id, self._clock.now()))
        account = await tx.ledger.account(org_id)
        if account is None:
            raise NotFound("There is no such organization.")
        return account

    async def _release(self, tx: Tx, request: LeaseCredits) -> int:
        if request.returning is None or request.returned <= 0:
            return 0
        lease = await tx.ledger.lease(request.org_id, request.returning)
        if lease is None or lease.tokens < request.returned:
            return 0
        if not await tx.ledger.write(ledger.released(lease, request.returned, self._clock.now())):
            return 0
        await tx.ledger.put_lease(msgspec.structs.replace(lease, tokens=lease.tokens - request.returned))
        return request.returned

    async def _end(self, tx: Tx, org_id: str, lease_id: str, used: int, kind: Ending) -> int:
        """How many tokens were used of a lease that ends now; 0 where it had ended."""
        lease = await tx.ledger.lease(org_id, lease_id)
        if lease is None:
            return 0
        entry = ledger.settled(lease, used, self._clock.now(), kind)
        await tx.ledger.write(entry)
        await tx.ledger.drop_lease(lease)
        return lease.tokens - entry.tokens

    async def _warn(self, org_id: str, tokens: int) -> None:
        async with self._uow() as tx:
            admins = active_admins(await tx.accounts.members(org_id))
        for user in admins:
            await self._mailer.send(low_credits_mail(user.email, tokens))
