"""From finished requests to firings, on both stores."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from libs.common.clock import ManualClock
from libs.common.contracts.alerts import AlertEvent, AlertRule, AlertRuleId, EventsQuery, RulesOf
from libs.common.db import connect, migrate
from libs.common.ids import new_id
from services.alerts.domain.rule_evaluation import State
from services.alerts.evaluation import Evaluation
from services.alerts.ports import Tx, UnitOfWork
from services.alerts.rules import Rules
from services.alerts.store.unit_of_work import unit_of_work
from services.alerts.usage_counters import UsageCounting
from tests.integration.alerts.conftest import MIGRATIONS
from tests.unit.alerts.examples import rule
from tests.unit.analytics.examples import NOW, ms, request

DOLLAR = 1_000_000_000
AT_ONCE = timedelta(0)


class Counting:
    """A backlog that a test sets."""

    def __init__(self) -> None:
        self.late = False

    async def behind(self) -> bool:
        return self.late


class House:
    """The use cases over one store, for an organization of the test's own."""

    def __init__(self, uow: UnitOfWork, clock: ManualClock, resolve_after: timedelta = AT_ONCE) -> None:
        self.org = new_id("org")
        self.clock = clock
        self.backlog = Counting()
        self.rules = Rules(uow, clock)
        self.counting = UsageCounting(uow, clock)
        self.evaluation = Evaluation(uow, self.backlog, clock, resolve_after)

    async def watch(self, **changes: Any) -> AlertRule:
        return await self.rules.put(rule(self.org, **changes))

    async def finish(self, count: int = 1, ago: timedelta = timedelta(0), **changes: Any) -> None:
        await self.counting.count([request(self.org, self.clock.now() - ago, **changes) for _ in range(count)])

    async def evaluate(self) -> Sequence[tuple[str, float]]:
        """Look once, and let a second pass; all events so far, oldest first."""
        await self.evaluation.evaluate()
        self.clock.advance(1)
        return [(event.kind, round(event.value, 6)) for event in reversed(await self.events())]

    async def events(self) -> Sequence[AlertEvent]:
        return (await self.rules.events(EventsQuery(org_id=self.org))).events


@pytest.fixture
def house(uow: UnitOfWork, clock: ManualClock) -> House:
    return House(uow, clock)


async def test_spending_fires_once_a_crossing_and_resolves_with_the_day(house: House) -> None:
    watched = await house.watch(threshold=50)
    await house.finish(actual_cost_nano=50 * DOLLAR, baseline_cost_nano=None)
    assert await house.evaluate() == []
    await house.finish(actual_cost_nano=1)
    assert await house.evaluate() == [("fired", 50.000000)]
    await house.finish(actual_cost_nano=DOLLAR)
    assert await house.evaluate() == [("fired", 50.000000)]
    [event] = await house.events()
    assert event.value > 50
    assert (event.rule_id, event.rule_name, event.threshold) == (watched.id, watched.name, 50)
    assert event.time_ms == event.data_as_of_ms == ms(NOW) + 1000
    house.clock.advance(24 * 3600)
    assert await house.evaluate() == [("fired", 50.000000), ("resolved", 0)]
    await house.finish(actual_cost_nano=70 * DOLLAR)
    assert [kind for kind, _ in await house.evaluate()] == ["fired", "resolved", "fired"]


async def test_a_value_has_to_be_back_for_a_while(uow: UnitOfWork, clock: ManualClock) -> None:
    house = House(uow, clock, timedelta(seconds=15))
    await house.watch(metric="error_rate", threshold=50, window_minutes=1, cooldown_minutes=1)
    await house.finish(1, status="error")
    assert await house.evaluate() == [("fired", 100)]
    await house.finish(9)
    assert await house.evaluate() == [("fired", 100)]
    clock.advance(10)
    await house.finish(30, status="error")  # crossed again before the time was up
    assert await house.evaluate() == [("fired", 100)]
    await house.finish(60)
    for seconds in (1, 13):
        assert await house.evaluate() == [("fired", 100)]
        clock.advance(seconds - 1)
    clock.advance(2)
    assert await house.evaluate() == [("fired", 100), ("resolved", 31)]


async def test_a_firing_says_where_the_day_is_going(house: House) -> None:
    await house.watch(threshold=50)
    await house.finish(actual_cost_nano=60 * DOLLAR)
    await house.evaluate()
    [event] = await house.events()
    assert event.forecast == pytest.approx(60 * 86_400 / (12 * 3600 + 34 * 60 + 56))
    assert event.message == "$60.00 was spent today, more than $50; on pace for $114 of $50."


async def test_a_raised_limit_fires_again_on_the_same_day(house: House) -> None:
    watched = await house.watch(threshold=50, cooldown_minutes=1)
    await house.finish(actual_cost_nano=60 * DOLLAR)
    await house.evaluate()
    await house.rules.put(msgspec.structs.replace(watched, threshold=100.0))
    assert [kind for kind, _ in await house.evaluate()] == ["fired", "resolved"]
    house.clock.advance(60)
    await house.finish(actual_cost_nano=60 * DOLLAR)
    assert await house.evaluate() == [("fired", 60), ("resolved", 60), ("fired", 120)]


async def test_a_rate_looks_at_its_window_and_keeps_still_without_requests(house: House) -> None:
    await house.watch(metric="error_rate", threshold=20, operator="gte", window_minutes=10, cooldown_minutes=1)
    await house.finish(9, ago=timedelta(minutes=30), status="error")
    assert await house.evaluate() == []
    await house.finish(4)
    await house.finish(1, status="error")
    assert await house.evaluate() == [("fired", 20)]
    house.clock.advance(30 * 60)  # nothing in the window any more
    assert await house.evaluate() == [("fired", 20)]
    await house.finish(1)
    assert await house.evaluate() == [("fired", 20), ("resolved", 0)]


async def test_savings_count_only_what_has_both_costs(house: House) -> None:
    await house.watch(metric="savings_percentage", operator="lt", threshold=30)
    await house.finish(1, baseline_cost_nano=None, actual_cost_nano=10**12)
    await house.finish(1, baseline_cost_nano=10**12, actual_cost_nano=None)
    assert await house.evaluate() == []
    await house.finish(1, baseline_cost_nano=400, actual_cost_nano=300)
    assert await house.evaluate() == [("fired", 25)]


async def test_a_slow_tail_fires(house: House) -> None:
    await house.watch(metric="latency_p95", threshold=2000)
    await house.finish(95, latency_ms=100.0)
    await house.finish(5, latency_ms=9000.0)
    assert await house.evaluate() == []
    await house.finish(1, latency_ms=9000.0)
    [(kind, value)] = await house.evaluate()
    assert kind == "fired"
    assert value == pytest.approx(9000, rel=0.02)


async def test_nothing_is_decided_on_half_a_window(house: House) -> None:
    await house.watch(metric="error_rate", threshold=20)
    await house.watch(threshold=1)
    await house.finish(1, status="error", actual_cost_nano=2 * DOLLAR)
    house.backlog.late = True
    assert await house.evaluate() == [("fired", 2)]
    house.backlog.late = False
    assert sorted(await house.evaluate()) == [("fired", 2), ("fired", 100)]


async def test_a_rule_that_is_off_is_not_looked_at_and_starts_afresh(house: House) -> None:
    watched = await house.watch(threshold=1, cooldown_minutes=1)
    await house.finish(actual_cost_nano=2 * DOLLAR)
    assert len(await house.evaluate()) == 1
    await house.rules.put(msgspec.structs.replace(watched, is_active=False))
    house.clock.advance(24 * 3600)
    assert len(await house.evaluate()) == 1
    await house.finish(actual_cost_nano=3 * DOLLAR)
    await house.rules.put(watched)
    assert await house.evaluate() == [("fired", 2), ("fired", 3)]


async def test_a_rule_says_since_when_it_fires(house: House) -> None:
    watched = await house.watch(threshold=50)
    await house.finish(actual_cost_nano=60 * DOLLAR)
    await house.evaluate()
    [told] = (await house.rules.all(RulesOf(org_id=house.org))).rules
    assert told == msgspec.structs.replace(watched, firing_since_ms=ms(NOW))
    assert await house.rules.one(AlertRuleId(org_id=house.org, id=watched.id)) == told
    # What is put does not say where a rule stands; a rule that is off stands nowhere.
    renamed = msgspec.structs.replace(told, name="Other", firing_since_ms=1)
    assert (await house.rules.put(renamed)).firing_since_ms == ms(NOW)
    assert (await house.rules.put(msgspec.structs.replace(renamed, is_active=False))).firing_since_ms is None
    [told] = (await house.rules.all(RulesOf(org_id=house.org))).rules
    assert (told.name, told.firing_since_ms) == ("Other", None)


async def test_no_organization_is_measured_by_anothers_requests(uow: UnitOfWork, clock: ManualClock) -> None:
    mine, theirs = House(uow, clock), House(uow, clock)
    for house in (mine, theirs):
        await house.watch(threshold=1)
        await house.watch(metric="error_rate", threshold=1)
        await house.watch(metric="latency_p95", threshold=1000)
    await theirs.finish(status="error", actual_cost_nano=5 * DOLLAR, latency_ms=5000.0)
    await mine.finish()
    assert await mine.evaluate() == []
    assert len(await theirs.evaluate()) == 3


async def test_a_request_counts_once_however_often_it_is_told(house: House) -> None:
    await house.watch(threshold=0.5)
    once = request(house.org, NOW, actual_cost_nano=DOLLAR // 2)
    for _ in range(3):
        await house.counting.count([once, once])
    assert await house.evaluate() == []
    await house.counting.sweep()
    await house.counting.count([once])
    assert await house.evaluate() == []
    await house.counting.count([request(house.org, NOW, actual_cost_nano=1)])
    assert len(await house.evaluate()) == 1


async def test_what_is_swept_is_not_counted_again(house: House) -> None:
    week = await house.watch(metric="error_rate", threshold=1, window_minutes=10_080)
    old = request(house.org, NOW, status="error")
    await house.counting.count([old])
    house.clock.advance(8 * 86_400 + 60)
    await house.counting.sweep()
    await house.counting.count([old])
    assert await house.evaluate() == []
    assert week.window_minutes * 60 < 8 * 86_400


async def test_two_that_look_at_once_fire_once_and_resolve_once(database_url: str, clock: ManualClock) -> None:
    await migrate(database_url, "alerts", MIGRATIONS)
    async with connect(database_url) as one, connect(database_url) as other:
        house = House(unit_of_work(one), clock)
        twin = Evaluation(unit_of_work(other), Counting(), clock, AT_ONCE)
        for _ in range(20):
            await house.watch(threshold=1)
        await house.finish(actual_cost_nano=2 * DOLLAR)
        for kind in ("fired", "resolved"):
            for _ in range(5):
                await asyncio.gather(
                    house.evaluation.evaluate(), twin.evaluate(), house.evaluation.evaluate(), twin.evaluate()
                )
            said = [event.rule_id for event in await house.events() if event.kind == kind]
            assert len(said) == len(set(said)) == 20
            clock.advance(24 * 3600)  # a new day, nothing spent


class Cut(Exception):
    """Where the process would have died."""


async def test_a_look_cut_short_leaves_no_trace_and_one_whose_state_was_lost_fires_no_second_time(
    database_url: str, clock: ManualClock
) -> None:
    await migrate(database_url, "alerts", MIGRATIONS)
    async with connect(database_url) as database:
        uow = unit_of_work(database)
        house = House(uow, clock)
        watched = await house.watch(threshold=1)
        await house.finish(actual_cost_nano=2 * DOLLAR)

        @asynccontextmanager
        async def cut() -> AsyncIterator[Tx]:
            async with uow() as tx:
                yield tx
                raise Cut  # event and state are written, nothing is committed

        with pytest.raises(Cut):
            await Evaluation(cut, house.backlog, clock, AT_ONCE).evaluate()
        assert await house.events() == ()
        assert await house.evaluate() == [("fired", 2)]
        async with uow() as tx:
            await tx.rules.save_state(watched, State())
        assert await house.evaluate() == [("fired", 2)]
