"""Budgets of teams, users and tags, by the day and the month, over two gateways on one real nats-server."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from libs.common.bus.memory import MemoryBus
from libs.common.bus.nats import NatsBus
from libs.common.clock import ManualClock
from libs.common.contracts.analytics import SPENT, RequestQuery, Spent
from libs.common.contracts.auth import Budget, Principal
from libs.common.contracts.base import SharedCounter
from libs.common.contracts.events import OTHER_VALUES
from libs.common.contracts.gateway import BUDGET, BUDGET_DAYS
from libs.common.errors import InsufficientCredits, NoResponders, PromptlyError, Unavailable
from libs.common.jobs import Background
from services.gateway.clients.budgets import SharedBudgets
from services.gateway.domain.budgets import BudgetShare
from services.gateway.state.budget_leases import BudgetLeases
from tests.fixtures.budgets import Told, request_of
from tests.fixtures.nats import NatsServer, until

START = datetime(2026, 11, 30, 12, tzinfo=UTC)
LIMIT = 1_000_000_000
LEASE = LIMIT // 100


def budget(subject: str, value: str | None = None, **fields: Any) -> Budget:
    """A budget of a dollar a day that blocks."""
    given = {"id": f"bgt_{subject}", "name": f"The {subject}'s", "period": "day", "on_exceed": "block", **fields}
    return Budget(subject=subject, value=value, limit_nano=given.pop("limit_nano", LIMIT), **given)  # type: ignore[arg-type]


def who(*budgets: Budget, org_id: str = "org_1", **fields: Any) -> Principal:
    return Principal(org_id=org_id, key_id="key_1", team_id="team_1", budgets=budgets, **fields)


EACH_USER = budget("user")


class Gateways:
    """Two gateways, and what analytics knows."""

    def __init__(self, buses: list[NatsBus] | list[MemoryBus], **settings: Any) -> None:
        self.clock, self.told, self.spent = ManualClock(START), Told(), 0
        self.asked: list[RequestQuery] = []
        self.background = Background()
        self.buses = buses
        self.both = [SharedBudgets(bus, self.clock, 2000, self.told, self.background, **settings) for bus in buses]

    async def answer(self, asked: RequestQuery) -> Spent:
        self.asked.append(asked)
        return Spent(nano=self.spent)

    async def total(self, one: Budget, value: str, period: str = "20261130") -> int | None:
        counter = BUDGET_DAYS if one.period == "day" else BUDGET
        return await self.buses[0].total(counter, f"{BudgetShare(budget=one, value=value).name}.{period}")

    async def spend(self, principal: Principal, nano: int, *, gateway: int = 0, **about: Any) -> None:
        (await self.both[gateway].reserve(request_of(principal, **about), nano)).close(nano)


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


@pytest.mark.parametrize("on_exceed", ["block", "route_simple", "alert"])
async def test_sums_are_exact_over_two_gateways(gateways: Gateways, on_exceed: str) -> None:
    """To the nano-dollar, whatever was expected, and failed or left alone in between; overshoot is what was under way."""
    chance = random.Random(7)
    principal = who(budget("team", "team_1", on_exceed=on_exceed), budget("user", on_exceed=on_exceed))
    spent, most_under_way = 0, 0

    async def request(number: int) -> None:
        nonlocal spent, most_under_way
        expected, cost = chance.randrange(1, 9_000_000), chance.randrange(0, 12_000_000)
        try:
            held = await gateways.both[number % 2].reserve(request_of(principal, "ann"), expected)
        except InsufficientCredits:
            return
        most_under_way = max(most_under_way, cost - expected)
        await asyncio.sleep(0)
        failed = chance.random() < 0.2
        held.close(0 if failed else cost)
        held.close(cost)  # the first word counts
        spent += 0 if failed else cost

    for first in range(0, 400, 20):
        await asyncio.gather(*(request(first + number) for number in range(20)))
    for one in gateways.both:
        await one.drain()
    assert await gateways.total(principal.budgets[0], "team_1") == spent
    assert await gateways.total(principal.budgets[1], "ann") == spent
    if on_exceed == "block":
        assert LIMIT - 2 * (LEASE + 9_000_000) <= spent <= LIMIT + 20 * most_under_way
    else:
        assert spent > LIMIT
        assert {one.budget_id for one in gateways.told.exceeded} == {"bgt_team", "bgt_user"}


async def test_what_steps_down_does_so_within_a_lease_of_each_gateway(gateways: Gateways) -> None:
    one = budget("team", "team_1", on_exceed="route_simple")
    principal, spent = who(one), 0
    nano = 1_000_000
    for number in range(3000):
        there = gateways.both[number % 2]
        if await there.without_room(request_of(principal), nano) is not None:
            break
        await gateways.spend(principal, nano, gateway=number % 2)
        spent += nano
    assert LIMIT - 2 * (LEASE + nano) <= spent <= LIMIT
    assert await there.without_room(request_of(principal), nano) == one


async def test_values_have_what_is_theirs(gateways: Gateways) -> None:
    principal = who(EACH_USER, budget("tag", "search", tag="app", id="bgt_app"))
    await gateways.spend(principal, LIMIT, user="ann")
    with pytest.raises(InsufficientCredits, match="for today for the user ann"):
        await gateways.spend(principal, 1, user="ann", gateway=1)
    await gateways.spend(principal, LIMIT, user="bob")
    await gateways.spend(principal, LIMIT)  # who names no user and no tag is in no budget
    await gateways.spend(principal, LIMIT, app="other")
    await gateways.spend(principal, LIMIT, app="search")
    with pytest.raises(InsufficientCredits, match="for today for app=search"):
        await gateways.spend(principal, 1, app="search")
    await gateways.spend(who(EACH_USER, org_id="org_2"), 1, user="cem")


async def test_what_one_budget_refuses_is_taken_from_none(gateways: Gateways) -> None:
    team, user = budget("team", "team_1"), budget("user", limit_nano=LIMIT // 10)
    principal = who(team, user)
    for _ in range(50):
        with pytest.raises(InsufficientCredits, match="The user's"):
            await gateways.spend(principal, LIMIT // 10 + 1, user="ann")
    await gateways.spend(principal, LIMIT, gateway=0)


@pytest.mark.parametrize(
    ("period", "seconds", "until_"), [("day", 12 * 3600, "2026-12-01 00:00"), ("month", 12 * 3600, "2026-12-01 00:00")]
)
async def test_it_starts_anew(gateways: Gateways, period: str, seconds: int, until_: str) -> None:
    principal = who(budget("key", "key_1", period=period))
    await gateways.spend(principal, LIMIT)
    gateways.clock.advance(seconds - 1)
    with pytest.raises(InsufficientCredits, match=f"It starts anew at {until_} UTC"):
        await gateways.spend(principal, 1)
    held = None
    with pytest.raises(InsufficientCredits):
        held = await gateways.both[1].reserve(request_of(principal), 1)
    assert held is None
    gateways.clock.advance(1)
    for gateway in (0, 1):
        await gateways.spend(principal, LIMIT // 2 - LEASE, gateway=gateway)


async def test_what_began_in_one_period_is_not_charged_to_the_next(gateways: Gateways) -> None:
    one = budget("key", "key_1")
    held = await gateways.both[0].reserve(request_of(who(one)), 5_000_000)
    gateways.clock.advance(13 * 3600)
    await gateways.spend(who(one), 1_000_000)
    held.close(900_000_000)
    await gateways.both[0].drain()
    assert await gateways.total(one, "key_1", "20261201") == 1_000_000


async def test_it_is_edited_while_it_is_in_use(gateways: Gateways) -> None:
    await gateways.spend(who(EACH_USER), LIMIT, user="ann")
    raised = msgspec.structs.replace(EACH_USER, limit_nano=2 * LIMIT)
    await gateways.spend(who(raised), LIMIT // 2, user="ann")
    for gateway in (0, 1):
        with pytest.raises(InsufficientCredits):
            await gateways.spend(who(EACH_USER), 2 * LEASE + 1, user="ann", gateway=gateway)
    by_month = msgspec.structs.replace(EACH_USER, period="month")
    await gateways.spend(who(by_month), LIMIT, user="ann")
    await gateways.spend(who(), 10**15, user="ann")


async def test_past_its_limit_a_budget_is_asked_about_now_and_then() -> None:
    class Counted(MemoryBus):
        added = 0

        async def add(self, tally: SharedCounter, key: str, amount: int) -> int:
            self.added += 1
            return await super().add(tally, key, amount)

    bus = Counted()
    gateways = Gateways([bus])
    await bus.serve(SPENT, gateways.answer)
    principal = who(budget("user", on_exceed="alert"))
    await gateways.spend(principal, LIMIT, user="ann")
    bus.added = 0
    there, request = gateways.both[0], request_of(principal, "ann")
    for _ in range(5):
        held = [await there.reserve(request, 50_000_000) for _ in range(20)]
        for one in held:
            one.close(100_000)
    assert bus.added <= 4
    await there.drain()
    assert await gateways.total(principal.budgets[0], "ann") == LIMIT + 100 * 100_000


@pytest.mark.parametrize("on_exceed", ["route_simple", "alert"])
async def test_a_raised_limit_holds_at_once(gateways: Gateways, on_exceed: str) -> None:
    one = budget("user", on_exceed=on_exceed)
    await gateways.spend(who(one), LIMIT, user="ann")
    request = request_of(who(budget("user", on_exceed="route_simple")), "ann")
    assert await gateways.both[0].without_room(request, 2) is not None
    raised = who(budget("user", on_exceed="route_simple", limit_nano=2 * LIMIT))
    assert await gateways.both[0].without_room(request_of(raised, "ann"), 2) is None


async def test_it_is_told_once_until_its_limit_is_set_again(gateways: Gateways) -> None:
    one = budget("user", name="Each user", on_exceed="alert", changed_ms=5)
    for user in ("ann", "bob"):
        await gateways.spend(who(one), LIMIT, user=user)
        await gateways.spend(who(one), LIMIT, user=user)
    await gateways.background.drain()
    (told,) = gateways.told.exceeded
    assert (told.org_id, told.budget_id, told.name, told.value, told.each) == (
        "org_1",
        one.id,
        "Each user",
        "ann",
        True,
    )
    assert (told.limit_nano, told.on_exceed) == (LIMIT, "alert")
    day = int(datetime(2026, 11, 30, tzinfo=UTC).timestamp() * 1000)
    assert (told.start_ms, told.until_ms) == (day, day + 86_400_000)
    set_again = msgspec.structs.replace(one, limit_nano=2 * LIMIT, changed_ms=day + 1)
    await gateways.spend(who(set_again), LIMIT, user="ann")
    await gateways.background.drain()
    assert [told.start_ms for told in gateways.told.exceeded] == [day, day + 1]


async def test_a_call_larger_than_the_budget_is_refused_and_nobody_is_told(gateways: Gateways) -> None:
    with pytest.raises(
        InsufficientCredits, match=r'more than the whole budget "The user.s" of \$1\.00 a day for the user'
    ):
        await gateways.spend(who(EACH_USER), LIMIT + 1, user="ann")
    await gateways.spend(who(EACH_USER), LIMIT, user="ann", gateway=1)
    await gateways.background.drain()
    assert gateways.told.exceeded == []


async def test_a_budget_counts_what_was_spent_before_it_was_made(gateways: Gateways) -> None:
    gateways.spent = LIMIT - 5
    day = int(datetime(2026, 11, 30, tzinfo=UTC).timestamp() * 1000)
    with pytest.raises(InsufficientCredits):
        await gateways.spend(who(budget("tag", tag="app")), 6, app="search")
    with pytest.raises(InsufficientCredits):
        await gateways.spend(who(budget("team", "team_1", period="month")), 6)
    assert gateways.asked == [
        RequestQuery(org_id="org_1", from_ms=day, tag=("app", "search")),
        RequestQuery(org_id="org_1", from_ms=day - 29 * 86_400_000, team_id="team_1"),
    ]


async def test_while_the_log_cannot_be_asked_a_budget_that_blocks_waits_for_it(nats_server: NatsServer) -> None:
    buses = [NatsBus(nats_server.url, "gateway")]
    await buses[0].start(30)
    gateways, answers = Gateways(buses), [None, Spent(nano=LIMIT)]

    async def answer(_: RequestQuery) -> Spent:
        found = answers.pop(0)
        if found is None:
            raise NoResponders("not there")
        return found

    await buses[0].serve(SPENT, answer)
    with pytest.raises(Unavailable, match="The user's"):
        await gateways.spend(who(EACH_USER), 1, user="ann")
    with pytest.raises(InsufficientCredits):
        await gateways.spend(who(EACH_USER), 1, user="ann")
    await buses[0].drain()


async def test_without_the_bus_what_does_not_block_goes_on_and_is_added_later(
    gateways: Gateways, nats_server: NatsServer
) -> None:
    one = budget("user", on_exceed="alert")
    await gateways.spend(who(one), 5_000_000, user="ann")
    nats_server.kill()
    await until(lambda: not gateways.buses[0].connected)
    for _ in range(3):
        await gateways.spend(who(one), 90_000_000, user="ann")
    nats_server.start()
    await _usable(gateways)
    gateways.clock.advance(2)
    await gateways.spend(who(one), 1_000_000, user="ann")
    await gateways.both[0].drain()
    assert await gateways.total(one, "ann") == 276_000_000


async def test_while_the_log_cannot_be_asked_nothing_steps_down_and_no_value_is_counted_twice() -> None:
    bus = MemoryBus()
    gateways, away = Gateways([bus]), [True]

    async def answer(_: RequestQuery) -> Spent:
        if away[0]:
            raise NoResponders("not there")
        return Spent(nano=LIMIT)

    await bus.serve(SPENT, answer)
    request = request_of(who(budget("user", on_exceed="route_simple")), "ann")
    for _ in range(3):
        assert await gateways.both[0].without_room(request, 1) is None
        gateways.clock.advance(2)
    away[0] = False
    assert await gateways.both[0].without_room(request, 1) is not None
    assert await bus.total(BUDGET_DAYS, "bgt_user.values.20261130") == 1


async def _usable(gateways: Gateways) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                await gateways.total(EACH_USER, "nobody")
                return
            except PromptlyError:
                await asyncio.sleep(0.005)


async def test_a_hundred_thousand_users_take_no_more_room_than_a_few_thousand() -> None:
    """Neither in the gateway nor on the bus; what is left of a lease that had to go is given back."""
    bus = MemoryBus()
    gateways = Gateways([bus], leases=BudgetLeases(2_000, 500), max_values=1_000)
    await bus.serve(SPENT, gateways.answer)
    neighbour = who(budget("user", id="bgt_theirs"), org_id="org_2")
    await gateways.spend(neighbour, 100, user="zoe")
    mine, theirs = who(budget("user", on_exceed="alert")), gateways.both[0]
    for number in range(100_000):
        await gateways.spend(mine, 100, user=f"user-{number}")
    await gateways.background.drain()
    assert len(theirs._leases) <= 501  # the neighbour's is there still
    sums = [name for (_, name), _ in bus._tallies.items()]
    assert len(sums) <= 1_010
    assert await gateways.total(mine.budgets[0], "user-7") == 100
    await theirs.drain()
    assert await gateways.total(mine.budgets[0], OTHER_VALUES) == 99_000 * 100
    assert await gateways.total(neighbour.budgets[0], "zoe") == 100


async def test_a_value_with_a_sum_of_its_own_keeps_it_when_many_have_come(gateways: Gateways) -> None:
    small = Gateways(gateways.buses, max_values=3, leases=BudgetLeases(10, 1))  # type: ignore[arg-type]
    principal = who(EACH_USER)
    for user in ("ann", "bob", "cem", "dee", "eve"):
        await small.spend(principal, LIMIT // 4, user=user)
    await small.background.drain()
    assert await small.total(EACH_USER, "ann") is not None
    assert [await small.total(EACH_USER, user) for user in ("dee", "eve")] == [None, None]
    with pytest.raises(InsufficientCredits, match="for all that came after the first"):
        await small.spend(principal, LIMIT - LEASE, user="fay")
    await small.spend(principal, LIMIT // 2, user="ann")
