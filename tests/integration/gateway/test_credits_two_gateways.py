"""Credits over two gateways, separate processes, and auth's ledger in a real Postgres: exactly what was paid for."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import Popen
from typing import Any

import aiohttp
import pytest

import services.auth.store
from deploy.local.ports import free_port
from libs.common import ids, keys, tokens
from libs.common.bus.nats import NatsBus
from libs.common.clock import SystemClock
from libs.common.contracts.auth import CREDITS, VERIFY_API_KEY, OrgRef, Principal, VerifyApiKey
from libs.common.contracts.events import COMPLETION_FINISHED, CompletionFinished
from libs.common.contracts.optimizer import OPTIMIZE_TEXT, TextReply, TextRequest
from libs.common.db import connect, migrate
from services.auth.billing import handlers as credit_doors
from services.auth.billing.credits import Credits
from services.auth.billing.domain import ledger
from services.auth.billing.idempotency import Idempotency
from services.auth.clients.event_publisher import BusEventPublisher
from services.auth.domain.accounts import Org, User
from services.auth.ports import UnitOfWork
from services.auth.store.unit_of_work import unit_of_work
from tests.fixtures.gateway import PASSIVE
from tests.fixtures.nats import NatsServer
from tests.integration.auth.ledger_house import KINDS
from tests.integration.gateway.test_two_gateways import ready, start

PROMPT = "Write a detailed Python function that calculates factorial using recursion"
EACH = tokens.count_text("gpt-4o", PROMPT)
ENOUGH_FOR, CALLS, AT_ONCE = 1_000, 5_000, 500


@dataclass
class Town:
    """Two gateways, the ledger that they lease from, and what the log says of the calls."""

    org_id: str
    api_key: str
    uow: UnitOfWork
    bus: NatsBus
    credits: Credits
    urls: list[str] = field(default_factory=list)
    gateways: list[Popen[bytes]] = field(default_factory=list)
    log: list[CompletionFinished] = field(default_factory=list)

    async def pay(self, pieces: int) -> None:
        entry = ledger.added(self.org_id, "purchase", pieces * EACH, ids.new_id("cs"), datetime.now(UTC))
        await self.credits.add(entry)

    async def of_lease(self, _: str, lease_id: str) -> int:
        return sum(event.charged_tokens for event in self.log if event.credit_lease == lease_id)

    @property
    def charged(self) -> int:
        return sum(event.charged_tokens for event in self.log)

    async def until_settled(self) -> int:
        """The balance, once nothing is leased; the ledger's entries have to add up to it."""
        while True:
            async with self.uow() as tx:
                account = await tx.ledger.account(self.org_id)
                entries = await tx.ledger.entries(self.org_id, KINDS, 1_000_000)
            assert account is not None
            assert account.balance == sum(entry.tokens for entry in entries)
            assert account.reserved == sum(entry.reserved for entry in entries)
            if not account.reserved:
                return account.balance
            await self.credits.reap()
            await asyncio.sleep(0.1)  # between two looks

    async def ask(self, number: int, session: aiohttp.ClientSession) -> tuple[int, Any]:
        url = f"{self.urls[number % len(self.urls)]}/v1/optimize"
        try:
            async with session.post(url, json={"prompt": PROMPT}) as answer:
                return answer.status, await answer.json()
        except aiohttp.ClientError:
            return 0, None

    def session(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(headers={"x-api-key": self.api_key}, connector=aiohttp.TCPConnector(limit=AT_ONCE))


@pytest.fixture
async def town(
    nats_server: NatsServer, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Town]:
    for name, value in {"OPTIMIZE_RPM": "1000000", "MAX_CONCURRENCY": "10000"}.items():
        monkeypatch.setenv(f"PROMPTLY_{name}", value)
    await migrate(database_url, "auth", Path(services.auth.store.__path__[0]) / "migrations")
    bus, clock, api_key = NatsBus(nats_server.url, "auth"), SystemClock(), keys.new_key()
    await bus.start(30)
    async with connect(database_url) as database:
        uow = unit_of_work(database)
        town = Town(ids.new_id("org"), api_key, uow, bus, None)  # type: ignore[arg-type]  # set in the next line
        town.credits = Credits(
            uow,
            BusEventPublisher(bus, lambda *_: None),
            town,
            None,  # type: ignore[arg-type]  # nobody is mailed
            clock,
            lambda work: work.close(),
            trial=0,
            low=0,
            reap_after=timedelta(seconds=3),
        )
        org = Org(id=town.org_id, name="n", account_type="team", created_at=clock.now())
        email = f"{org.id}@example.com"
        user = User(id=ids.new_id("usr"), org_id=org.id, email=email, role="admin", version=1, created_at=clock.now())
        async with uow() as tx:
            await tx.accounts.add(org, user, "hash")
        principal = Principal(org_id=org.id, key_id=ids.new_id("key"), settings=PASSIVE, rpm=1_000_000)

        async def verify(_: VerifyApiKey) -> Principal:
            return principal

        async def optimize(asked: TextRequest) -> TextReply:
            return TextReply(
                text=asked.text, similarity=1.0, original_tokens=EACH, compressed_tokens=EACH, method="none"
            )

        async def finished(batch: Sequence[CompletionFinished]) -> None:
            town.log.extend(batch)

        await bus.serve(VERIFY_API_KEY, verify)
        await bus.serve(OPTIMIZE_TEXT, optimize)
        await credit_doors.serve(bus, town.credits, Idempotency(uow, clock))
        await bus.consume(COMPLETION_FINISHED, "analytics", finished)
        ports = [free_port(), free_port()]
        town.urls = [f"http://127.0.0.1:{port}" for port in ports]
        town.gateways = [start(nats_server.url, port, "", tmp_path / str(port)) for port in ports]
        try:
            await ready(town.urls)
            yield town
        finally:
            for process in town.gateways:
                process.kill()
                process.wait()
            await bus.drain()


async def test_exactly_as_many_calls_as_were_paid_for(town: Town) -> None:
    await town.pay(ENOUGH_FOR)
    outcomes: Counter[int] = Counter()
    others: list[Any] = []
    async with town.session() as session:

        async def ask(number: int) -> None:
            status, body = await town.ask(number, session)
            outcomes[status] += 1
            if status not in (200, 402):
                others.append(body)
            if status == 402:
                details = body["error"]["details"]
                assert details["required"] == EACH
                assert 0 <= details["available"] < EACH

        calls = []
        for number in range(CALLS):
            calls.append(asyncio.create_task(ask(number)))
            if number % 50 == 49:  # auth, which grants the credits, lives in this loop, too: it has to get its turn
                await asyncio.sleep(0)
        await asyncio.gather(*calls)
    assert not others
    assert outcomes == {200: ENOUGH_FOR, 402: CALLS - ENOUGH_FOR}
    assert await town.until_settled() == 0
    assert (await town.bus.call(CREDITS, OrgRef(org_id=town.org_id))).balance_tokens == 0


async def test_a_gateway_killed_in_mid_flight_costs_nobody_a_token(town: Town) -> None:
    await town.pay(CALLS)
    answered: Counter[int] = Counter()
    async with town.session() as session:

        async def ask(number: int) -> None:
            status, _ = await town.ask(number, session)
            answered[status] += 1
            if answered[200] == 300 and town.gateways[0].poll() is None:
                town.gateways[0].kill()

        await asyncio.gather(*(ask(number) for number in range(2_000)))
    town.gateways[0].wait()
    balance = await town.until_settled()
    while await town.bus.pending(COMPLETION_FINISHED, "analytics"):
        await asyncio.sleep(0.05)  # between two looks
    spent = CALLS * EACH - balance
    print(f"answered {answered[200]}, charged {spent // EACH}, in the log {town.charged // EACH}")
    # Whatever was answered was charged; what was charged is in the log, call by call.
    assert spent == town.charged >= answered[200] * EACH
    assert spent <= (answered[200] + answered[0]) * EACH
