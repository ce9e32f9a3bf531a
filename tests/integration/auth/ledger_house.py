"""Credits over one store, with everybody around them played."""

from datetime import UTC, datetime, timedelta

import msgspec

from libs.common.clock import ManualClock
from libs.common.contracts.auth import LeaseCredits, OptimizationSettings
from libs.common.ids import new_id
from services.auth.billing.credits import Credits
from services.auth.billing.domain.ledger import Account, Entry
from services.auth.domain.accounts import Org, User
from services.auth.domain.mails import Mail
from services.auth.ports import UnitOfWork

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TRIAL = 1_000
KINDS = ("trial", "grant", "purchase", "reserve", "release", "settle", "expire")


class LedgerHouse:
    """`heard` is what gateways were told, `mails` what admins were; `log` is what the request log charged by lease."""

    def __init__(self, uow: UnitOfWork, *, trial: int = TRIAL, low: int = 100) -> None:
        self.uow = uow
        self.clock = ManualClock(NOW)
        self.heard: list[tuple[str, str]] = []
        self.mails: list[Mail] = []
        self.log: dict[str, int] = {}
        self.credits = Credits(
            uow,
            self,  # type: ignore[arg-type]  # all that credits announce
            self,
            self,
            self.clock,
            self._now,
            trial=trial,
            low=low,
            reap_after=timedelta(minutes=15),
        )

    async def org(self) -> str:
        """An organization with one admin."""
        org = Org(id=new_id("org"), name="Name", account_type="team", created_at=NOW)
        email = f"{org.id}@example.com"
        user = User(id=new_id("usr"), org_id=org.id, email=email, role="admin", version=1, created_at=NOW)
        async with self.uow() as tx:
            assert await tx.accounts.add(org, user, "hash")
            await tx.configuration.put_settings(org.id, OptimizationSettings())
        return org.id

    async def lease(self, org_id: str, need: int, wanted: int = 0, **more: object) -> tuple[str, int | None]:
        """A lease's id and what it got; None: nothing."""
        asked = LeaseCredits(org_id=org_id, lease_id=new_id("lse"), need=need, wanted=wanted)
        got = await self.credits.lease(msgspec.structs.replace(asked, **more))
        return asked.lease_id, getattr(got, "tokens", None)

    async def books(self, org_id: str) -> tuple[Account, list[Entry]]:
        """The account and all its entries, which have to agree."""
        async with self.uow() as tx:
            account = await tx.ledger.account(org_id)
            entries = list(await tx.ledger.entries(org_id, KINDS, 100_000))
        assert account is not None
        assert account.balance == sum(entry.tokens for entry in entries) >= 0
        assert account.reserved == sum(entry.reserved for entry in entries) >= 0
        return account, entries

    async def credits_wanted(self, org_id: str) -> None:
        self.heard.append(("wanted", org_id))

    async def credits_added(self, org_id: str) -> None:
        self.heard.append(("added", org_id))

    async def of_lease(self, org_id: str, lease_id: str) -> int:
        return self.log.get(lease_id, 0)  # leases of other tests are reaped, too

    @property
    def configured(self) -> bool:
        return True

    async def send(self, mail: Mail) -> bool:
        self.mails.append(mail)
        return True

    def _now(self, work: object) -> None:
        try:
            work.send(None)  # type: ignore[attr-defined]  # nothing in it waits, on the store in memory
        except StopIteration:
            return
        work.close()  # type: ignore[attr-defined]
