"""Monthly budgets of keys, over several gateways on one real nats-server. Other budgets: test_budgets_of_others.py."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import msgspec
import openai
import pytest

from libs.common.bus.nats import NatsBus
from libs.common.clock import ManualClock
from libs.common.contracts.analytics import SPENT, RequestQuery, Spent
from libs.common.contracts.auth import Principal
from libs.common.errors import InsufficientCredits, Unavailable
from libs.common.jobs import Background
from services.gateway.clients.budgets import SharedBudgets
from tests.fake_provider.script import Step
from tests.fixtures.budgets import Told, request_of
from tests.fixtures.gateway import Stack
from tests.fixtures.nats import NatsServer, until

START = datetime(2026, 11, 22, 12, tzinfo=UTC)
BUDGET = 1_000_000_000
WHO = Principal(org_id="org_1", key_id="key_1", monthly_budget_nano=BUDGET)


class Gateways:
    """Two gateways, and what analytics knows of the key."""

    def __init__(self, buses: list[NatsBus]) -> None:
        self.buses = buses
        self.clock = ManualClock(START)
        self.budgets = [SharedBudgets(bus, self.clock, 2000, Told(), Background()) for bus in buses]
        self.spent = 0
        self.asked: list[RequestQuery] = []

    async def answer(self, asked: RequestQuery) -> Spent:
        self.asked.append(asked)
        return Spent(nano=self.spent)


@pytest.fixture
async def gateways(nats_server: NatsServer) -> AsyncIterator[Gateways]:
    buses = [NatsBus(nats_server.url, f"gateway-{number}") for number in range(2)]
    for bus in buses:
        await bus.start(30)
    found = Gateways(buses)
    await buses[0].serve(SPENT, found.answer)
    yield found
    for bus in buses:
        await bus.drain()


async def test_what_was_not_spent_can_be_spent_again_and_no_more_than_the_budget_is(gateways: Gateways) -> None:
    spent = 0

    async def request(number: int) -> bool:
        nonlocal spent
        try:
            reserved = await gateways.budgets[number % 2].reserve(request_of(WHO), 5_000_000)
        except InsufficientCredits:
            return False
        await asyncio.sleep(0)
        reserved.close(3_000_000)
        spent += 3_000_000
        return True

    served = 0
    for first in range(0, 400, 20):
        served += sum(await asyncio.gather(*(request(first + number) for number in range(20))))
    # Each gateway may be left with a lease and a reservation that it cannot use up.
    assert BUDGET - 2 * (BUDGET // 100 + 5_000_000) <= spent <= BUDGET
    assert served < 400


async def test_a_call_that_cost_more_than_expected_is_paid_back_before_the_next(gateways: Gateways) -> None:
    budgets = gateways.budgets[0]
    (await budgets.reserve(request_of(WHO), 1_000_000)).close(990_000_000)
    with pytest.raises(InsufficientCredits, match=r"\$1\.00"):
        await budgets.reserve(request_of(WHO), 11_000_000)
    gateways.clock.advance(9 * 86_400)
    (await budgets.reserve(request_of(WHO), 11_000_000)).close(None)


async def test_a_sum_that_was_lost_is_taken_from_the_log(gateways: Gateways) -> None:
    gateways.spent = 995_000_000
    with pytest.raises(InsufficientCredits):
        await gateways.budgets[0].reserve(request_of(WHO), 6_000_000)
    (await gateways.budgets[0].reserve(request_of(WHO), 4_000_000)).close(4_000_000)
    assert gateways.asked[0] == RequestQuery(
        org_id="org_1", key_id="key_1", from_ms=int(datetime(2026, 11, 1, tzinfo=UTC).timestamp() * 1000)
    )
    with pytest.raises(InsufficientCredits):
        await gateways.budgets[1].reserve(request_of(WHO), 2_000_000)


async def test_without_the_bus_only_what_is_leased_can_be_spent(gateways: Gateways, nats_server: NatsServer) -> None:
    budgets = gateways.budgets[0]
    (await budgets.reserve(request_of(WHO), 5_000_000)).close(5_000_000)
    nats_server.kill()
    await until(lambda: not gateways.buses[0].connected)
    (await budgets.reserve(request_of(WHO), 9_000_000)).close(9_000_000)
    with pytest.raises(Unavailable):
        await budgets.reserve(request_of(WHO), 9_000_000)
    nats_server.start()
    await until(lambda: all(bus.connected for bus in gateways.buses))


async def test_a_key_without_a_budget_asks_nobody(gateways: Gateways) -> None:
    await gateways.buses[0].drain()
    nobody = msgspec.structs.replace(WHO, monthly_budget_nano=None)
    (await gateways.budgets[0].reserve(request_of(nobody), 10**15)).close(10**15)


@pytest.mark.parametrize("stream", [False, True])
async def test_a_client_is_told_with_a_402_and_its_provider_is_not_asked(stack: Stack, stream: bool) -> None:
    async def nothing(_: RequestQuery) -> Spent:
        return Spent(nano=0)

    await stack.bus.serve(SPENT, nothing)
    stack.change(monthly_budget_nano=12_000_000)
    client = stack.client()
    stack.provider.script.add("gpt-4o", [Step(completion_tokens=1150)])
    ask = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello!"}], "stream": stream, "max_tokens": 1000}
    first = await client.chat.completions.create(**ask)  # type: ignore[call-overload]
    if stream:
        async for _ in first:
            pass
    with pytest.raises(openai.APIStatusError) as refused:
        await client.chat.completions.create(**ask)  # type: ignore[call-overload]
    assert (refused.value.status_code, refused.value.code) == (402, "budget_exceeded")
    assert refused.value.response.headers["x-should-retry"] == "false"
    assert len(stack.provider.ledger) == 1


@pytest.mark.parametrize(
    ("spent", "nano", "sentence"),
    [
        (0, 1_000_000_001, "up to $1.000000001, which is more than this key's whole budget of $1.00 a month"),
        (0, 1_500_000_000, "up to $1.50, which is more than"),
        (999_000_000, 2_000_000, "$1.00 for this month has $0.001 left, and this call may cost up to $0.002."),
        (1_000_000_000, 2_000_000, "is used up or set aside for calls under way, and this call may cost up to $0.002."),
    ],
)
async def test_a_refusal_says_what_is_true(gateways: Gateways, spent: int, nano: int, sentence: str) -> None:
    gateways.spent = spent
    with pytest.raises(InsufficientCredits) as refused:
        await gateways.budgets[0].reserve(request_of(WHO), nano)
    assert sentence in str(refused.value)
    assert "PATCH /api/keys/platform/key_1" in str(refused.value)
