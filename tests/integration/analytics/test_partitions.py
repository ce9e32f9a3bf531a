"""The weeks of the log, as Postgres has them."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from libs.common.clock import ManualClock
from libs.common.contracts.analytics import BreakdownQuery, RequestById, RequestQuery
from libs.common.db import Database, connect, migrate
from libs.common.ids import new_id
from services.analytics.domain.periods import week_of
from services.analytics.figures import Figures
from services.analytics.requests import Requests
from services.analytics.store.unit_of_work import unit_of_work
from tests.integration.analytics.conftest import MIGRATIONS
from tests.unit.analytics.examples import NOW, entry_of, ms, request

WEEK = timedelta(days=7)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    await migrate(database_url, "analytics", MIGRATIONS)
    async with connect(database_url) as found:
        yield found


def _requests(database: Database, clock: ManualClock) -> Requests:
    return Requests(unit_of_work(database), clock, timedelta(days=90))


async def _places(database: Database, org_id: str) -> list[str]:
    async with database() as tx:
        rows = await tx.execute(
            text("SELECT tableoid::regclass::text FROM analytics.requests WHERE org_id = :org ORDER BY at"),
            {"org": org_id},
        )
        return [name.removeprefix("analytics.requests_") for name in rows.scalars()]


async def test_each_request_lies_in_the_week_of_its_id(database: Database, clock: ManualClock) -> None:
    org = new_id("org")
    requests = _requests(database, clock)
    await requests.record([request(org, NOW), request(org, NOW - WEEK), request(org, week_of(NOW))])
    assert await _places(database, org) == ["2026_11_09", "2026_11_16", "2026_11_16"]


@pytest.mark.parametrize("skew", [-600, -5, 5, 600])
async def test_a_gateway_s_clock_that_is_off_puts_nothing_into_the_wrong_week(
    skew: int, database: Database, clock: ManualClock
) -> None:
    org, monday = new_id("org"), week_of(NOW) + WEEK
    clock.advance((monday - clock.now()).total_seconds() - skew / 2)  # skewed, it is another week
    requests = _requests(database, clock)
    entry = request(org, clock.now() + timedelta(seconds=skew))
    await requests.record([entry])
    week = "2026_11_23" if skew > 0 else "2026_11_16"
    assert await _places(database, org) == [week]
    await requests.maintain_partitions()
    assert await requests.one(RequestById(org_id=org, id=entry.id)) == entry_of(entry)


async def test_what_is_not_believed_makes_no_table(database: Database, clock: ManualClock) -> None:
    org = new_id("org")
    times = [NOW - timedelta(days=4000), NOW + timedelta(days=400), NOW + timedelta(days=2_900_000)]
    requests = _requests(database, clock)
    entries = [request(org, time) for time in times]
    await requests.record(entries)
    assert await _places(database, org) == ["default"] * 3
    for entry in entries:
        assert await requests.one(RequestById(org_id=org, id=entry.id)) == entry_of(entry)


async def test_a_week_that_comes_takes_its_requests_from_the_default_partition(
    database: Database, clock: ManualClock
) -> None:
    org = new_id("org")
    requests = _requests(database, clock)
    early = request(org, NOW + 5 * WEEK)
    await requests.record([early])
    assert await _places(database, org) == ["default"]
    clock.advance((5 * WEEK).total_seconds())
    await requests.record([request(org, NOW + 5 * WEEK), early])
    assert await _places(database, org) == ["2026_12_21"] * 2


async def test_weeks_are_made_ahead_and_dropped_behind(database: Database, clock: ManualClock) -> None:
    clock.advance((100 * WEEK).total_seconds())
    org = new_id("org")
    requests = _requests(database, clock)
    await requests.maintain_partitions()
    entry = request(org, NOW + 100 * WEEK)
    await requests.record([entry])
    assert {"2028_10_16", "2028_10_23"} <= await _weeks(database)
    clock.advance((14 * WEEK).total_seconds())
    await requests.maintain_partitions()
    assert await _weeks(database) == {"2028_10_23", "2029_01_22", "2029_01_29"}
    assert (await requests.page(RequestQuery(org_id=org))).requests == ()


async def test_copies_that_need_the_same_week_make_it_once(database: Database, clock: ManualClock) -> None:
    clock.advance((200 * WEEK).total_seconds())
    org = new_id("org")
    batches = [[request(org, NOW + 200 * WEEK) for _ in range(20)] for _ in range(6)]
    await asyncio.gather(*(_requests(database, clock).record(batch) for batch in batches))
    assert await _places(database, org) == [f"{week_of(NOW + 200 * WEEK):%Y_%m_%d}"] * 120


async def _weeks(database: Database) -> set[str]:
    async with database() as tx:
        names = await tx.execute(
            text(
                "SELECT relname FROM pg_class JOIN pg_inherits ON inhrelid = oid WHERE inhparent = 'analytics.requests'::regclass"
            )
        )
        return {name.removeprefix("requests_") for name in names.scalars()} - {"default"}


async def test_what_an_older_copy_counted_by_the_hour_alone_is_added_to_days_later(database: Database) -> None:
    org, clock = new_id("org"), ManualClock(datetime.now(UTC))
    requests, figures = _requests(database, clock), Figures(unit_of_work(database))
    now = clock.now()
    await requests.record(
        [request(org, now - timedelta(days=days), tags={"team": "a"}) for days in range(6) for _ in range(3)]
    )
    week = {"from_ms": ms(now - timedelta(days=7)), "to_ms": ms(now)}
    queries = [BreakdownQuery(org_id=org, by=by, **week) for by in (("tag:team",), ("model",), ("endpoint", "key"))]
    right = [await figures.breakdown(query) for query in queries]
    async with database() as tx:
        # As the migration leaves them; another test's clock may have come to the end of them.
        await tx.execute(
            text(
                "INSERT INTO analytics.day_repairs SELECT day, now() + interval '1 day' FROM generate_series("
                "date_trunc('day', now(), 'UTC') - interval '8 days', now(), interval '1 day') AS days (day)"
                " ON CONFLICT DO NOTHING"
            )
        )
        for table in ("dimension_days", "label_days"):
            await tx.execute(
                text(f"UPDATE analytics.{table} SET requests = requests - 1 WHERE org_id = :org"), {"org": org}
            )
            await tx.execute(
                text(f"DELETE FROM analytics.{table} WHERE org_id = :org AND day < :day"),
                {"org": org, "day": now - timedelta(days=4)},
            )
    assert [await figures.breakdown(query) for query in queries] != right
    await requests.maintain_partitions()  # too early: older copies may still be there
    assert [await figures.breakdown(query) for query in queries] != right
    clock.advance(timedelta(days=1, minutes=5).total_seconds())
    await requests.maintain_partitions()
    assert [await figures.breakdown(query) for query in queries] == right
    await requests.maintain_partitions()
    assert [await figures.breakdown(query) for query in queries] == right


async def test_hours_of_breakdowns_become_days_with_the_log_s_retention(database: Database) -> None:
    org, other, clock = new_id("org"), new_id("org"), ManualClock(NOW)
    requests, figures = _requests(database, clock), Figures(unit_of_work(database))
    told = [
        request(one, NOW - timedelta(hours=hours), key_id=f"key_{hours % 2}", tags={"team": "a"})
        for hours in (0, 1, 5, 12, 30, 31)
        for one in (org, other)
    ]
    await requests.record(told)
    end = ms(NOW + timedelta(days=1))
    query = BreakdownQuery(org_id=org, from_ms=0, to_ms=end, by=("tag:team", "key"))
    before = await figures.breakdown(query)
    assert before.total.requests == 6
    for _ in range(2):
        clock.advance(timedelta(days=200).total_seconds())
        await requests.maintain_partitions()
        assert await figures.breakdown(query) == before
    async with database() as tx:
        for table, rows in (("dimension_hours", 4), ("label_hours", 4)):
            count = await tx.execute(
                text(f"SELECT count(*), count(DISTINCT hour) FROM analytics.{table} WHERE org_id = :org"),
                {"org": org},
            )
            assert tuple(count.one()) == (rows, 2)
