"""The ledger under any sequence of leases, returns, ends and purchases, repetitions included."""

import asyncio
from typing import Any

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from libs.common.contracts.auth import SettleCredits
from services.auth.billing.domain import ledger
from tests.fakes.auth.unit_of_work import MemoryUnitOfWork
from tests.integration.auth.ledger_house import NOW, TRIAL, LedgerHouse

tokens = st.integers(0, 400)


class Ledger(RuleBasedStateMachine):
    """`spent` is what ends of leases charged, `came` what came in: the model that the books have to agree with."""

    leases = Bundle("leases")

    def __init__(self) -> None:
        super().__init__()
        self.house = LedgerHouse(MemoryUnitOfWork())
        self.org = self.do(self.house.org())
        self.do(self.house.credits.balance(self.org))
        self.held: dict[str, int] = {}
        self.spent, self.came = 0, TRIAL
        self.sources: set[str] = set()

    def do(self, work: Any) -> Any:
        return asyncio.run(work)

    @rule(target=leases, need=st.integers(1, 400), wanted=tokens)
    def lease(self, need: int, wanted: int) -> str:
        lease_id, got = self.do(self.house.lease(self.org, need, wanted))
        if got is None:
            assert need > self.came - self.spent - sum(self.held.values())
        else:
            assert got >= need
            self.held[lease_id] = got
        return str(lease_id)

    @rule(lease_id=leases, back=tokens)
    def give_back(self, lease_id: str, back: int) -> None:
        before = self.do(self.house.books(self.org))[0].reserved
        self.do(self.house.lease(self.org, 0, returning=lease_id, returned=back))
        if lease_id in self.held:
            self.held[lease_id] -= before - self.do(self.house.books(self.org))[0].reserved

    @rule(lease_id=leases, used=tokens)
    def settle(self, lease_id: str, used: int) -> None:
        self.do(self.house.credits.settle(SettleCredits(org_id=self.org, lease_id=lease_id, used=used)))
        self.spent += min(used, self.held.pop(lease_id, 0))

    @rule(used=tokens)
    def reap(self, used: int) -> None:
        self.house.clock.advance(3600)
        self.house.log = dict.fromkeys(self.held, used)
        self.do(self.house.credits.reap())
        self.spent += sum(min(used, held) for held in self.held.values())
        self.held.clear()

    @rule(source=st.sampled_from("abc"), amount=st.integers(1, 1000))
    def buy(self, source: str, amount: int) -> None:
        entry = ledger.added(self.org, "purchase", amount, source, NOW)
        self.do(self.house.credits.add(msgspec.structs.replace(entry)))
        self.came += amount if source not in self.sources else 0
        self.sources.add(source)

    @invariant()
    def the_books_agree(self) -> None:
        account, _ = self.do(self.house.books(self.org))
        assert account.reserved == sum(self.held.values())
        assert account.balance == self.came - self.spent - account.reserved


Ledger.TestCase.settings = settings(max_examples=30, stateful_step_count=30, deadline=None)
TestLedger = Ledger.TestCase
