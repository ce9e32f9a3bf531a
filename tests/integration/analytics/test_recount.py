"""Figures of twenty thousand requests, as seeded for the benchmark and as they come over time, equal a recount in SQL."""

from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import text

from bench.analytics.recount import (
    breakdown_differs,
    counting,
    levers_differ,
    models_differ,
    overview_differs,
    savings_differ,
)
from bench.analytics.seed import LARGEST, seed
from libs.common.clock import ManualClock
from libs.common.contracts.analytics import BreakdownQuery, Period, RequestQuery, SavingsQuery
from libs.common.contracts.events import CompletionFinished
from libs.common.db import Database, connect, migrate
from services.analytics.figures import Figures
from services.analytics.requests import Requests
from services.analytics.store.unit_of_work import unit_of_work
from tests.integration.analytics.conftest import MIGRATIONS
from tests.unit.analytics.examples import HOUR, NOW, ms

BREAKDOWNS = (
    ("key",),
    ("tag:team",),
    ("model", "key"),
    ("tag:feature", "provider"),
    ("endpoint",),
    ("client", "model"),
    ("error", "model"),
    ("client",),
)
FEW = (("key",), ("tag:team",), ("endpoint",), ("client", "model"))
PERIODS = [
    (NOW - timedelta(days=60), NOW),
    (NOW - timedelta(days=30, minutes=17), NOW - timedelta(minutes=5)),
    (NOW - timedelta(days=2, hours=3), NOW - timedelta(days=1, hours=1)),
    (NOW - 5 * HOUR, NOW - 2 * HOUR),
    (NOW - timedelta(minutes=300), NOW - timedelta(minutes=270)),
]


async def differences(database: Database, org: str) -> list[str]:
    """What the figures of every period have that a recount has not."""
    figures, found = Figures(unit_of_work(database)), []
    for start, end in PERIODS:
        period = Period(org_id=org, from_ms=ms(start), to_ms=ms(end))
        async with database() as tx:
            count = counting(tx)
            found += await overview_differs(count, period, await figures.overview(period))
            found += await models_differ(count, period, await figures.models(period))
            found += await levers_differ(count, period, await figures.levers(period))
            for by in BREAKDOWNS:
                days = min(4_000 // ((end - start).days + 2), 500)
                question = BreakdownQuery(org_id=org, from_ms=period.from_ms, to_ms=period.to_ms, by=by, limit=500)
                found += await breakdown_differs(count, question, await figures.breakdown(question))
                if by in FEW:
                    question = msgspec.structs.replace(question, interval="day", limit=days)
                    found += await breakdown_differs(count, question, await figures.breakdown(question))
            for step in ("hour", "day", "week"):
                asked = SavingsQuery(org_id=org, from_ms=period.from_ms, to_ms=period.to_ms, interval=step)
                found += await savings_differ(count, period, step, await figures.savings(asked))
    return found


@pytest.mark.timeout(240)
async def test_figures_equal_a_recount(database_url: str) -> None:
    await migrate(database_url, "analytics", MIGRATIONS)
    async with connect(database_url, query_seconds=60) as database:
        async with database() as tx:
            await seed(tx, 20_000, 4, NOW)
        assert await differences(database, LARGEST) == []
        await _days_are_added_up_from_hours(database, database_url)
        await _points_make_their_rows(database)
        # The same requests told one batch after the other, newest first, under another name.
        requests = Requests(unit_of_work(database), ManualClock(NOW), timedelta(days=90))
        again = await _all(requests)
        assert len(again) > 5000
        for start in range(0, len(again), 500):
            await requests.record(again[start : start + 500])
            await requests.record(again[start : start + 10])
        assert await differences(database, "org_told") == []


async def _days_are_added_up_from_hours(database: Database, database_url: str) -> None:
    """As after an update from a version that kept no days of breakdowns."""

    async def kept() -> list[list[tuple[object, ...]]]:
        async with database() as tx:
            orders = {"dimension_days": "1, 2, 3, 4, 5, 6", "label_days": "1, 2, 3, 4"}
            return [
                [tuple(row) for row in await tx.execute(text(f"SELECT * FROM analytics.{table} ORDER BY {order}"))]
                for table, order in orders.items()
            ]

    before = await kept()
    assert all(before)
    async with database() as tx:
        await tx.execute(text("DROP TABLE analytics.dimension_days, analytics.label_days, analytics.day_repairs"))
        # What came after it comes again.
        await tx.execute(text("ALTER TABLE analytics.requests DROP COLUMN lever_arms, DROP COLUMN shadow_levers"))
        await tx.execute(text("UPDATE analytics.revisions SET version_num = '0014'"))
    await migrate(database_url, "analytics", MIGRATIONS)
    assert await kept() == before


async def _points_make_their_rows(database: Database) -> None:
    """Also where days begin in the middle of an hour of UTC, and at other times than those that are added up."""
    figures, (start, end) = Figures(unit_of_work(database)), PERIODS[1]
    for zone in ("UTC", "Europe/Berlin", "Asia/Kolkata", "America/St_Johns"):
        for by in (("client",), ("key",), ("tag:team", "model")):
            question = BreakdownQuery(
                org_id=LARGEST, from_ms=ms(start), to_ms=ms(end), by=by, limit=100, interval="day", time_zone=zone
            )
            found = await figures.breakdown(question)
            assert found.rows
            for row in found.rows:
                assert sum(point.use.cost_nano for point in row.points) == row.use.cost_nano
                assert sum(point.use.requests for point in row.points) == row.use.requests


async def _all(requests: Requests) -> list[CompletionFinished]:
    found: list[CompletionFinished] = []
    query: RequestQuery | None = RequestQuery(org_id=LARGEST, limit=200)
    while query is not None:
        page = await requests.page(query)
        found += [msgspec.structs.replace(entry, org_id="org_told") for entry in page.requests]
        more = page.next_cursor is not None
        query = msgspec.structs.replace(query, cursor=page.next_cursor) if more else None
    return found
