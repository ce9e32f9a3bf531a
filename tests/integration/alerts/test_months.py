"""Rules about a month's spend and about an unusual day, on Postgres."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from libs.common.clock import ManualClock
from libs.common.contracts.alerts import AlertScope
from libs.common.db import connect, migrate
from libs.common.errors import BadRequest
from services.alerts.ports import UnitOfWork
from services.alerts.store.unit_of_work import unit_of_work
from tests.integration.alerts.conftest import MIGRATIONS
from tests.integration.alerts.test_evaluation import DOLLAR, House

FIRST = datetime(2026, 9, 1, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(FIRST)


@pytest.fixture
def house(uow: UnitOfWork, clock: ManualClock) -> House:
    return House(uow, clock)


async def test_a_month_adds_up_over_its_days_and_begins_anew(house: House) -> None:
    await house.watch(metric="monthly_spend", threshold=100)
    for _ in range(20):  # longer than minutes are remembered
        await house.finish(actual_cost_nano=5 * DOLLAR)
        await house.counting.sweep()
        assert await house.evaluate() == []
        house.clock.advance(24 * 3600 - 1)
    await house.finish(actual_cost_nano=DOLLAR)
    assert await house.evaluate() == [("fired", 101)]
    [event] = await house.events()
    assert event.message.startswith("$101.00 was spent this month, more than $100; on pace for $1")
    assert event.forecast == pytest.approx(101 * 30 / 20.5, rel=0.001)
    house.clock.advance((datetime(2026, 10, 1, 0, 1, tzinfo=UTC) - house.clock.now()).total_seconds())
    assert await house.evaluate() == [("fired", 101), ("resolved", 0)]
    await house.finish(actual_cost_nano=99 * DOLLAR)
    assert len(await house.evaluate()) == 2
    await house.finish(actual_cost_nano=2 * DOLLAR)
    assert await house.evaluate() == [("fired", 101), ("resolved", 0), ("fired", 101)]


async def _weeks(house: House, days: int, **changes: object) -> None:
    for day in range(days):
        await house.finish(actual_cost_nano=(10 + day % 3) * DOLLAR, **changes)
        await house.evaluate()
        house.clock.advance(24 * 3600 - 1)


async def test_an_unusual_day_fires_once_and_says_what_is_usual(house: House) -> None:
    await house.watch(metric="spend_anomaly", threshold=5)
    await _weeks(house, 35)
    assert not await house.events()
    await house.finish(actual_cost_nano=40 * DOLLAR)
    assert [kind for kind, _ in await house.evaluate()] == ["fired"]
    await house.finish(actual_cost_nano=40 * DOLLAR)
    assert [kind for kind, _ in await house.evaluate()] == ["fired"]
    [event] = await house.events()
    assert "deviations above the usual, more than 5 deviations ($40.00, where $11.00 is usual)." in event.message
    house.clock.advance(24 * 3600)
    assert [kind for kind, _ in await house.evaluate()] == ["fired", "resolved"]
    await house.finish(actual_cost_nano=11 * DOLLAR)
    assert len(await house.evaluate()) == 2


async def test_a_new_organization_hears_nothing_however_its_spend_leaps(house: House) -> None:
    await house.watch(metric="spend_anomaly", threshold=1)
    for day in range(28):
        await house.finish(actual_cost_nano=DOLLAR * 3**day // 2**day)
        assert await house.evaluate() == []
        house.clock.advance(24 * 3600 - 1)


async def test_what_is_usual_is_of_the_scope_and_of_the_time_that_it_is_watched(house: House) -> None:
    scope = AlertScope(by="model", value="gpt-4o")
    rule = await house.watch(metric="spend_anomaly", threshold=5, scope=scope)
    await _weeks(house, 30, served_model="gpt-4o")
    await house.finish(actual_cost_nano=500 * DOLLAR, served_model="gpt-4o-mini")
    assert await house.evaluate() == []
    await house.finish(actual_cost_nano=50 * DOLLAR, served_model="gpt-4o")
    assert [kind for kind, _ in await house.evaluate()] == ["fired"]
    # Nobody watches for a month: the gap would pass for days that cost nothing.
    await house.evaluation.evaluate()
    async with house.evaluation._uow() as tx:
        await tx.rules.delete(house.org, rule.id)
    await house.counting.sweep()
    house.clock.advance(30 * 24 * 3600)
    await house.watch(metric="spend_anomaly", threshold=5, scope=scope)
    await house.finish(actual_cost_nano=50 * DOLLAR, served_model="gpt-4o")
    assert [kind for kind, _ in await house.evaluate()] == ["fired"]


@pytest.mark.parametrize("operator", ["lt", "lte"])
async def test_less_than_usual_is_no_rule(house: House, operator: str) -> None:
    with pytest.raises(BadRequest, match="gt or gte"):
        await house.watch(metric="spend_anomaly", threshold=5, operator=operator)


async def test_days_that_no_rule_can_need_are_forgotten(house: House, database_url: str) -> None:
    await _weeks(house, 70)
    await house.counting.sweep()
    async with connect(database_url) as database, database() as tx:
        rows = await tx.execute(
            text("SELECT min(day), count(*) FROM alerts.days WHERE org_id = :org"), {"org": house.org}
        )
        [(oldest, count)] = rows.all()
    assert house.clock.now() - oldest < timedelta(days=65)
    assert count > 60


async def test_what_was_counted_by_the_minute_is_known_by_the_day(database_url: str, house: House) -> None:
    """As after an update from a version that did not count days."""
    for _ in range(3):
        await house.finish(2, actual_cost_nano=10 * DOLLAR)
        house.clock.advance(24 * 3600)
    async with connect(database_url) as database:
        async with database() as tx:
            await tx.execute(text("DROP TABLE alerts.days"))
            await tx.execute(text("UPDATE alerts.revisions SET version_num = '0004'"))
        await migrate(database_url, "alerts", MIGRATIONS)
        again = House(unit_of_work(database), house.clock)
        again.org = house.org
        await again.watch(metric="monthly_spend", threshold=59)
        assert await again.evaluate() == [("fired", 60)]
