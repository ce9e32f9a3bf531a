"""Credits on both stores: what is leased, charged, given back and bought, whatever comes twice or in a strange order."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

import services.auth.store
from libs.common.clock import ManualClock
from libs.common.contracts.auth import (
    GrantCredits,
    OnceBegin,
    OnceDone,
    OnceEnd,
    OnceOther,
    OnceProceed,
    OnceRunning,
    SettleCredits,
)
from libs.common.db import connect, migrate
from libs.common.errors import BadRequest, NotFound
from services.auth.billing.domain import ledger
from services.auth.billing.idempotency import Idempotency
from services.auth.ports import UnitOfWork
from services.auth.store.unit_of_work import unit_of_work
from tests.fakes.auth.unit_of_work import MemoryUnitOfWork
from tests.integration.auth.ledger_house import NOW, TRIAL, LedgerHouse


@pytest.fixture
def house(uow: UnitOfWork) -> LedgerHouse:
    return LedgerHouse(uow)


@pytest.fixture
async def sql(database_url: str) -> AsyncIterator[UnitOfWork]:
    await migrate(database_url, "auth", Path(services.auth.store.__path__[0]) / "migrations")
    async with connect(database_url) as database:
        yield unit_of_work(database)


async def test_an_account_opens_with_its_trial_once(house: LedgerHouse) -> None:
    org = await house.org()
    for _ in range(2):
        assert (await house.credits.balance(org)).balance_tokens == TRIAL
    _, entries = await house.books(org)
    assert [(entry.kind, entry.tokens) for entry in entries] == [("trial", TRIAL)]
    with pytest.raises(NotFound):
        await house.credits.balance("org_nobody")


async def test_a_lease_is_settled_once_and_the_rest_goes_back(house: LedgerHouse) -> None:
    org = await house.org()
    lease, got = await house.lease(org, 300)
    assert got == 300
    assert (await house.credits.balance(org)).balance_tokens == TRIAL  # until it is known what was charged
    for used in (120, 300, 0):
        left = await house.credits.settle(SettleCredits(org_id=org, lease_id=lease, used=used))
        assert left.balance_tokens == TRIAL - 120
    account, entries = await house.books(org)
    assert (account.balance, account.reserved) == (TRIAL - 120, 0)
    assert [entry.kind for entry in entries].count("settle") == 1


async def test_nobody_can_charge_more_than_a_lease_holds(house: LedgerHouse) -> None:
    org = await house.org()
    lease, _ = await house.lease(org, 300)
    await house.credits.settle(SettleCredits(org_id=org, lease_id=lease, used=10_000))
    account, _ = await house.books(org)
    assert account.balance == TRIAL - 300


async def test_too_little_is_said_and_others_are_asked_for_theirs(house: LedgerHouse) -> None:
    org = await house.org()
    held, _ = await house.lease(org, 900)
    assert (await house.lease(org, 200))[1] is None
    assert house.heard == [("wanted", org)]
    # What the other one does not need comes back while it goes on with the rest.
    assert (await house.lease(org, 0, returning=held, returned=700))[1] == 0
    assert (await house.lease(org, 0, returning=held, returned=700))[1] == 0  # told twice
    assert (await house.lease(org, 200))[1] == 200
    await house.credits.settle(SettleCredits(org_id=org, lease_id=held, used=200))
    account, _ = await house.books(org)
    assert (account.balance, account.reserved) == (TRIAL - 400, 200)


async def test_a_busy_organization_leases_many_calls_and_leaves_some_for_others(house: LedgerHouse) -> None:
    org = await house.org()
    _, got = await house.lease(org, 10, 100_000)
    assert got == 50  # a twentieth, in whole calls
    _, got = await house.lease(org, 10, 30)
    assert got == 30


async def test_what_a_dead_gateway_leased_is_ended_with_what_the_log_charged(house: LedgerHouse) -> None:
    org = await house.org()
    lease, _ = await house.lease(org, 300)
    house.log[lease] = 100
    await house.credits.reap()
    assert (await house.books(org))[0].reserved == 300  # it may still be alive
    house.clock.advance(16 * 60)
    await house.credits.reap()
    await house.credits.reap()
    await house.credits.settle(SettleCredits(org_id=org, lease_id=lease, used=300))  # back from the dead
    account, entries = await house.books(org)
    assert (account.balance, account.reserved) == (TRIAL - 100, 0)
    assert [entry.kind for entry in entries].count("expire") == 1


async def test_credits_come_in_once_by_source(house: LedgerHouse) -> None:
    org = await house.org()
    bought = ledger.added(org, "purchase", ledger.tokens_for(500), "cs_1", NOW)
    assert bought.tokens == 50_000_000
    for first in (True, False):
        balance, fresh = await house.credits.add(bought)
        assert (balance.balance_tokens, fresh) == (TRIAL + 50_000_000, first)
    assert house.heard == [("added", org)]
    given = await house.credits.give(GrantCredits(email=f"{org}@example.com", tokens=5))
    assert given.balance_tokens == TRIAL + 50_000_005
    for wrong in (GrantCredits(org_id="org_nobody", tokens=1), GrantCredits(email="nobody@example.com", tokens=1)):
        with pytest.raises(NotFound):
            await house.credits.give(wrong)
    with pytest.raises(BadRequest):
        await house.credits.give(GrantCredits(org_id=org, tokens=0))


async def test_admins_hear_once_that_little_is_left() -> None:
    house = LedgerHouse(MemoryUnitOfWork(), low=900)
    org = await house.org()
    for _ in range(3):
        lease, _ = await house.lease(org, 200)
        await house.credits.settle(SettleCredits(org_id=org, lease_id=lease, used=200))
    assert [(mail.kind, mail.to) for mail in house.mails] == [("low_credits", f"{org}@example.com")]
    await house.credits.give(GrantCredits(org_id=org, tokens=1_000))
    for _ in range(5):
        lease, _ = await house.lease(org, 200)
        await house.credits.settle(SettleCredits(org_id=org, lease_id=lease, used=200))
    assert len(house.mails) == 2


async def test_many_at_once_get_exactly_what_there_is(sql: UnitOfWork) -> None:
    house = LedgerHouse(sql)
    org = await house.org()
    got = await asyncio.gather(*(house.lease(org, 30) for _ in range(100)))
    assert [tokens for _, tokens in got].count(30) == TRIAL // 30
    account, _ = await house.books(org)
    assert (account.balance, account.reserved) == (TRIAL % 30, TRIAL - TRIAL % 30)


async def test_what_is_written_in_the_ledger_stays(sql: UnitOfWork, database_url: str) -> None:
    house = LedgerHouse(sql)
    org = await house.org()
    await house.credits.balance(org)
    async with connect(database_url) as database:
        with pytest.raises(DBAPIError, match="only ever added to"):
            async with database() as tx:
                await tx.execute(text("UPDATE auth.credit_entries SET tokens = 5 WHERE org_id = :org"), {"org": org})
    await house.lease(org, 5)
    async with sql() as stores:
        await stores.erasures.erase(org, NOW)  # but an organization that ends leaves nothing
    async with sql() as stores:
        assert await stores.ledger.account(org) is None


async def test_a_request_that_is_done_once(uow: UnitOfWork) -> None:
    house, clock = LedgerHouse(uow), ManualClock(NOW)
    idempotency, org = Idempotency(uow, clock), await house.org()

    async def begin(digest: str = "a") -> object:
        return await idempotency.begin(OnceBegin(org_id=org, key="k", digest=digest))

    assert await begin() == OnceProceed()
    assert await begin() == OnceRunning()
    assert await begin("b") == OnceOther()
    await idempotency.end(OnceEnd(org_id=org, key="k", digest="a"))  # it failed
    assert await begin("b") == OnceProceed()
    clock.advance(61)  # whoever began it is dead
    assert await begin() == OnceProceed()
    await idempotency.end(OnceEnd(org_id=org, key="k", digest="a", sealed="answer"))
    await idempotency.end(OnceEnd(org_id=org, key="k", digest="a", sealed="another"))
    await idempotency.end(OnceEnd(org_id=org, key="k", digest="a"))
    assert await begin() == OnceDone(sealed="answer")
    assert await begin("b") == OnceOther()
    clock.advance(timedelta(days=1).total_seconds() + 1)
    assert await begin("b") == OnceProceed()
    clock.advance(timedelta(days=1).total_seconds() + 1)
    await idempotency.sweep()
    assert await begin("c") == OnceProceed()
