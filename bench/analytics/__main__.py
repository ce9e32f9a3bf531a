"""`python -m bench.analytics`: a million requests in a Postgres of its own, then each call of the dashboard, fifty times."""

import argparse
import asyncio
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import msgspec

import services.analytics.store
from bench.analytics.recount import (
    breakdown_differs,
    counting,
    levers_differ,
    models_differ,
    overview_differs,
    savings_differ,
)
from bench.analytics.seed import DAYS, LARGEST, RARE_KEY, RARE_MODEL, seed
from deploy.local.postgres import PostgresProcess
from libs.common.bus import MemoryBus
from libs.common.contracts import analytics
from libs.common.db import connect, migrate
from services.analytics.app import create_app
from services.analytics.settings import AnalyticsSettings

GOAL_MS = 200
Call = Callable[[], Awaitable[Any]]
# One core: no parallel workers. Nobody misses what a power cut takes.
_SETTINGS = (
    "fsync = off",
    "max_parallel_workers_per_gather = 0",
    "max_wal_size = '4GB'",
    "maintenance_work_mem = '256MB'",
)


async def run(url: str, rows: int, orgs: int, times: int) -> None:
    """Seed, measure, count again, print."""
    end = datetime.now(UTC).replace(microsecond=0)
    bus = MemoryBus()
    started = time.perf_counter()
    await migrate(url, "analytics", Path(services.analytics.store.__path__[0]) / "migrations")
    async with connect(url, query_seconds=900) as database, database() as tx:
        await seed(tx, rows, orgs, end)
    await _prepare(url, "VACUUM ANALYZE")
    async with create_app(AnalyticsSettings(database_url=url), bus), connect(url, query_seconds=900) as database:
        async with database() as tx:
            [[size]] = await counting(tx)(
                "SELECT count(*) FROM analytics.requests WHERE org_id = :org", {"org": LARGEST}
            )
        print(f"{rows:,} rows of {orgs} organizations and {DAYS} days, in {time.perf_counter() - started:.0f} s;")
        print(f"asked for the largest one, {size:,} rows\n")
        period = _period(end, 30, minutes=17)
        print(f"{'call':34} {'p50 ms':>8} {'p95 ms':>8}")
        worst = 0.0
        for name, call in (await _calls(bus, end, period)).items():
            p50, p95 = await _measure(call, times)
            worst = max(worst, p95)
            print(f"{name:34} {p50:8.1f} {p95:8.1f}")
        print(f"\nslowest p95 {worst:.0f} ms; goal: under {GOAL_MS} ms")
        differ = []
        async with database() as tx:
            count = counting(tx)
            for asked in (period, _period(end, DAYS, minutes=0), _period(end, 1, minutes=23)):
                differ += await overview_differs(count, asked, await bus.call(analytics.OVERVIEW, asked))
                differ += await models_differ(count, asked, await bus.call(analytics.MODELS, asked))
                for question in breakdowns(asked).values():
                    plain = msgspec.structs.replace(question, previous=False, interval=None, limit=500)
                    if "user" not in question.by:  # more of them than an answer has rows
                        differ += await breakdown_differs(count, plain, await bus.call(analytics.BREAKDOWN, plain))
                differ += await levers_differ(count, asked, await bus.call(analytics.LEVERS, asked))
                for step in ("hour", "day", "week"):
                    series = await bus.call(analytics.SAVINGS, _cut(asked, step))
                    differ += await savings_differ(count, asked, step, series)
        print("figures equal a recount in plain SQL" if not differ else f"figures differ from a recount: {differ}")
    await bus.drain()


def breakdowns(period: analytics.Period) -> dict[str, analytics.BreakdownQuery]:
    """What the cost page and the month's report ask."""

    def by(*names: str, **more: Any) -> analytics.BreakdownQuery:
        return analytics.BreakdownQuery(
            org_id=period.org_id, from_ms=period.from_ms, to_ms=period.to_ms, by=names, previous=True, **more
        )

    return {
        "key": by("key"),
        "key, by day": by("key", interval="day", limit=50),
        "team tag": by("tag:team"),
        "feature tag, by day": by("tag:feature", interval="day", limit=50, time_zone="Europe/Berlin"),
        "user": by("user"),
        "model and key": by("model", "key"),
        "team tag and model": by("tag:team", "model"),
        "client": by("client"),
        "endpoint": by("endpoint"),
    }


async def _calls(bus: MemoryBus, end: datetime, period: analytics.Period) -> dict[str, Call]:
    def ask(rpc: Any, request: Any) -> Call:
        return lambda: bus.call(rpc, request)

    page = analytics.RequestQuery(org_id=LARGEST)
    deep = msgspec.structs.replace(page, to_ms=round((end - timedelta(days=45)).timestamp() * 1000))
    newest = await bus.call(analytics.REQUESTS, page)
    one = analytics.RequestById(org_id=LARGEST, id=newest.requests[-1].id)
    whole = _period(end, DAYS, minutes=0)
    filters: dict[str, Any] = {
        "model=gpt-4o": {"model": "gpt-4o"},
        "a rare model": {"model": RARE_MODEL},
        "no such model": {"model": "none"},
        "status=error": {"status": "error"},
        "cache_hit=true": {"cache_hit": True},
        "a rare key": {"key_id": RARE_KEY},
        "a rare key, hits, errors": {"key_id": RARE_KEY, "status": "error", "cache_hit": True},
        "kind=completion": {"kind": "completion"},
        "kind=optimize (none)": {"kind": "optimize"},
        "semantic hits": {"semantic": True},
        "semantic hits of one entry (none)": {"cache_entry_id": "0b4d2c1e-6a57-5a0f-9d53-1c7f6a0e5b21"},
    }
    return {
        "overview, 30 days": ask(analytics.OVERVIEW, period),
        "overview, 60 days": ask(analytics.OVERVIEW, whole),
        **{
            f"savings by {step}, 60 days": ask(analytics.SAVINGS, _cut(whole, step)) for step in ("hour", "day", "week")
        },
        "models, 30 days": ask(analytics.MODELS, period),
        "models, 60 days": ask(analytics.MODELS, whole),
        "levers, 60 days": ask(analytics.LEVERS, whole),
        **{
            f"breakdown by {name}, 30 days": ask(analytics.BREAKDOWN, question)
            for name, question in breakdowns(period).items()
        },
        "requests, first page of 50": ask(analytics.REQUESTS, page),
        "requests, 200 from day 45 on": ask(analytics.REQUESTS, msgspec.structs.replace(deep, limit=200)),
        **{
            f"requests, {name}": ask(analytics.REQUESTS, msgspec.structs.replace(page, **changes))
            for name, changes in filters.items()
        },
        "request by id": ask(analytics.REQUEST, one),
    }


async def _measure(call: Call, times: int) -> tuple[float, float]:
    took: list[float] = []
    for _ in range(times):
        started = time.perf_counter()
        await call()
        took.append(1000 * (time.perf_counter() - started))
    return _nth(took, 0.5), _nth(took, 0.95)


def _nth(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, round(share * len(values)))]


def _period(end: datetime, days: int, minutes: int) -> analytics.Period:
    """Ends that are no full hours, so that both the sums and the log are asked."""
    to = end - timedelta(minutes=minutes)
    start = to - timedelta(days=days)
    return analytics.Period(org_id=LARGEST, from_ms=round(start.timestamp() * 1000), to_ms=round(to.timestamp() * 1000))


def _cut(period: analytics.Period, step: str) -> analytics.SavingsQuery:
    return analytics.SavingsQuery(org_id=period.org_id, from_ms=period.from_ms, to_ms=period.to_ms, interval=step)


async def _prepare(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement, timeout=600)
    finally:
        await connection.close()


def main() -> None:
    """Parse, start a server of our own, measure, and leave nothing behind."""
    parser = argparse.ArgumentParser(prog="bench.analytics", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--orgs", type=int, default=8)
    parser.add_argument("--times", type=int, default=50)
    given = parser.parse_args()
    directory = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    server = PostgresProcess(directory / "data")
    server.start()
    try:
        asyncio.run(
            _prepare(server.url(), *(f"ALTER SYSTEM SET {one}" for one in _SETTINGS), "SELECT pg_reload_conf()")
        )
        asyncio.run(run(server.url(), given.rows, given.orgs, given.times))
    finally:
        server.stop()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
