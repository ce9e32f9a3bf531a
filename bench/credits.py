"""How many calls a second one busy organization can be charged: python -m bench.credits [calls]

A real Postgres with its commits on disk, the ledger and a gateway's leases in one process: with leases that grow, and with
the ledger asked about every call.
"""

import asyncio
import shutil
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import services.auth.store
from deploy.local.postgres import PostgresProcess
from libs.common.bus import MemoryBus
from libs.common.clock import SystemClock
from libs.common.contracts.auth import LEASE_CREDITS, CreditsLeased, CreditsShort, LeaseCredits
from libs.common.db import connect, migrate
from libs.common.ids import new_id
from services.auth.billing import handlers as credit_doors
from services.auth.billing.credits import Credits
from services.auth.billing.domain import ledger
from services.auth.billing.idempotency import Idempotency
from services.auth.domain.accounts import Org, User
from services.auth.store.unit_of_work import unit_of_work
from services.gateway.clients.credits import SharedCredits

AT_ONCE, ROUNDS, EACH = 64, 3, 1_000


class Nobody:
    """Who is told of changes here."""

    async def credits_wanted(self, org_id: str) -> None: ...

    async def credits_added(self, org_id: str) -> None: ...


async def run(url: str, calls: int) -> None:
    """Measure both ways in turn, and print their medians."""
    await migrate(url, "auth", Path(services.auth.store.__path__[0]) / "migrations")
    bus, clock = MemoryBus(), SystemClock()
    played: Any = Nobody()
    async with connect(url) as database:
        uow = unit_of_work(database)
        credits_ = Credits(
            uow,
            played,
            played,
            played,
            clock,
            lambda work: work.close(),
            trial=0,
            low=0,
            reap_after=timedelta(minutes=15),
        )
        await credit_doors.serve(bus, credits_, Idempotency(uow, clock))
        print(f"{calls:,} calls, {AT_ONCE} at once, {ROUNDS} rounds in turn; medians")
        rates: dict[bool, list[float]] = {False: [], True: []}
        asked: dict[bool, int] = {}
        for _ in range(ROUNDS):
            for leasing in (False, True):
                some = calls if leasing else calls // 10
                org = await _organization(uow, credits_, 1_000_000_000)
                shared = SharedCredits(bus, clock.monotonic, leasing=leasing)
                counted = _Counted(credits_.lease)
                await bus.serve(LEASE_CREDITS, counted)
                started = time.perf_counter()
                await _charge(shared, org, some)
                rates[leasing].append(some / (time.perf_counter() - started))
                await shared.drain()
                asked[leasing] = counted.calls
                left = (await credits_.balance(org)).balance_tokens
                assert left == 1_000_000_000 - some * EACH, "the ledger does not agree with what was charged"
        for leasing, name in ((False, "the ledger is asked about every call"), (True, "leases that grow")):
            print(f"{name:40}{median(rates[leasing]):>10,.0f} calls/s {asked[leasing]:>8,} leases")
        print(f"{'ratio':40}{median(rates[True]) / median(rates[False]):>10,.1f} ×")
    await bus.drain()


class _Counted:
    """The ledger's door, and how often somebody came in."""

    def __init__(self, door: Callable[[LeaseCredits], Awaitable[CreditsLeased | CreditsShort]]) -> None:
        self.calls = 0
        self._door = door

    async def __call__(self, asked: LeaseCredits) -> CreditsLeased | CreditsShort:
        self.calls += 1
        return await self._door(asked)


async def _charge(shared: SharedCredits, org: str, calls: int) -> None:
    async def worker(times: int) -> None:
        for _ in range(times):
            charge = await shared.reserve(org, EACH)
            await asyncio.sleep(0)  # the call itself
            charge.capture()

    await asyncio.gather(*(worker(calls // AT_ONCE + (number < calls % AT_ONCE)) for number in range(AT_ONCE)))


async def _organization(uow: Any, credits_: Credits, tokens: int) -> str:
    now = datetime.now(UTC)
    org = Org(id=new_id("org"), name="n", account_type="team", created_at=now)
    email = f"{org.id}@example.com"
    user = User(id=new_id("usr"), org_id=org.id, email=email, role="admin", version=1, created_at=now)
    async with uow() as tx:
        await tx.accounts.add(org, user, "hash")
    await credits_.add(ledger.added(org.id, "grant", tokens, org.id, now))
    return org.id


def main() -> None:
    """Start a server of our own, measure, and leave nothing behind."""
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    directory = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    server = PostgresProcess(directory / "data")
    server.start()
    try:
        asyncio.run(run(server.url(), calls))
    finally:
        server.stop()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
