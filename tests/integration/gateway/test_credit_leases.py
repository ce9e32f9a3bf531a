"""Leases of credits in a gateway: how they grow, what is given back, and what becomes of lost ones."""

import asyncio
from typing import Any

import msgspec
import pytest

from libs.common.bus import MemoryBus
from libs.common.contracts.auth import LEASE_CREDITS, SETTLE_CREDITS, CreditsLeased, CreditsShort, LeaseCredits, OrgRef
from libs.common.errors import InsufficientCredits
from services.gateway.clients.credits import SharedCredits
from tests.fixtures.gateway import gateway_stack
from tests.integration.gateway.test_optimize import Parts, ask, serve


async def test_a_busy_organization_asks_the_ledger_seldom() -> None:
    bus, parts, given = MemoryBus(), Parts(), list[LeaseCredits]()

    async def lease(asked: LeaseCredits) -> CreditsLeased | CreditsShort:
        given.append(asked)
        wanted = min(asked.wanted, parts.balance // 20 // asked.need * asked.need)
        return await parts.lease(msgspec.structs.replace(asked, need=max(asked.need, wanted)))

    await bus.serve(LEASE_CREDITS, lease)
    await bus.serve(SETTLE_CREDITS, parts.settle)
    now = 0.0
    shared = SharedCredits(bus, lambda: now)
    for _ in range(400):
        (await shared.reserve("org", 10)).capture()
    assert len(given) == 9  # 1, 2, 4, … calls in a lease
    now = 3.0
    await shared.expire_idle()  # nobody has used the last one for a while
    await shared.drain()
    assert (sum(one.used for one in parts.settled), parts.leases, parts.balance) == (4_000, {}, 996_000)
    one_by_one = SharedCredits(bus, lambda: now, leasing=False)
    given.clear()
    for _ in range(10):
        (await one_by_one.reserve("org", 10)).release()
    assert len(given) == 1  # what was not charged is charged next


async def test_what_is_not_in_use_is_given_back_when_somebody_is_short() -> None:
    bus, parts = MemoryBus(), Parts(balance=100)
    await bus.serve(LEASE_CREDITS, parts.lease)
    await bus.serve(SETTLE_CREDITS, parts.settle)
    mine, theirs = SharedCredits(bus, lambda: 0.0), SharedCredits(bus, lambda: 0.0)
    lease = parts.lease

    async def all_of_it(asked: LeaseCredits) -> CreditsLeased | CreditsShort:
        if asked.need and parts.leases:
            await mine.give_back(OrgRef(org_id="org"))  # as auth would have it
        got = await lease(msgspec.structs.replace(asked, need=100) if asked.need and not parts.leases else asked)
        return msgspec.structs.replace(got, leased=1) if isinstance(got, CreditsShort) else got

    await bus.serve(LEASE_CREDITS, all_of_it)
    going = await mine.reserve("org", 10)
    (await theirs.reserve("org", 60)).capture()
    with pytest.raises(InsufficientCredits):
        await theirs.reserve("org", 60)
    going.capture()
    for one in (mine, theirs):
        await one.drain()
    assert (parts.balance, parts.leases) == (30, {})


async def test_the_end_of_a_gateway_is_the_end_of_its_leases(tmp_path: Any) -> None:
    async with gateway_stack(tmp_path) as stack:
        parts = Parts()
        await serve(stack, parts)
        charged = (await ask(stack)).json()["original_tokens"]
    assert (sum(one.used for one in parts.settled), parts.leases) == (charged, {})


async def test_a_lease_that_nobody_waited_for_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.gateway.clients.credits.LOST_SECONDS", 0.0)
    bus, parts, granted = MemoryBus(), Parts(balance=100), asyncio.Event()

    async def slow(asked: LeaseCredits) -> CreditsLeased | CreditsShort:
        given = await parts.lease(asked)
        granted.set()
        await asyncio.Event().wait()
        return given

    await bus.serve(LEASE_CREDITS, slow)
    await bus.serve(SETTLE_CREDITS, parts.settle)
    shared = SharedCredits(bus, lambda: 0.0)
    leaving = asyncio.create_task(shared.reserve("org", 60))
    await granted.wait()
    leaving.cancel()
    await asyncio.gather(leaving, return_exceptions=True)
    await shared.drain()
    assert (parts.balance, parts.leases) == (100, {})
