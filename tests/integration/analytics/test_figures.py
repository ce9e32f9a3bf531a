"""Figures from sums agree with figures from the requests themselves: with memory's, and with a recount in plain SQL."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from libs.common.clock import ManualClock
from libs.common.contracts.analytics import BreakdownQuery, LatencyQuery, Period, SavingsQuery
from libs.common.contracts.events import CompletionFinished, LeverShare, TokenClasses
from libs.common.db import Database, connect, migrate
from libs.common.errors import BadRequest
from libs.common.ids import new_id
from services.analytics.figures import Figures
from services.analytics.ports import UnitOfWork
from services.analytics.requests import Requests
from services.analytics.store.unit_of_work import unit_of_work
from tests.fakes.analytics_store import MemoryUnitOfWork
from tests.integration.analytics.conftest import MIGRATIONS
from tests.unit.analytics.examples import HOUR, NOW, ms, request

ORGS = (new_id("org"), new_id("org"))
_nano = st.one_of(st.none(), st.integers(0, 10**15))
_minutes = st.integers(0, 60 * 24 * 16)  # across three weeks
_levers = st.lists(
    st.builds(
        LeverShare,
        lever=st.sampled_from(["whitespace", "pruning", "caching", "routing", "cache_discount"]),
        tokens=st.integers(-50, 5000),
        nano_usd=st.one_of(st.none(), st.integers(-(10**9), 10**12)),
    ),
    max_size=3,
    unique_by=lambda line: line.lever,
)


@st.composite
def _finished(draw: st.DrawFn) -> CompletionFinished:
    counts = [draw(st.integers(0, 2**20)) for _ in TokenClasses.__struct_fields__]
    return request(
        draw(st.sampled_from(ORGS)),
        NOW - timedelta(minutes=draw(_minutes)),
        status=draw(st.sampled_from(["success", "fallback", "cached", "error", "cancelled"])),
        cache=draw(st.sampled_from(["exact", "semantic", "miss", "off"])),
        served_model=draw(st.sampled_from([None, "gpt-4o", "gpt-4o-mini"])),
        provider=draw(st.sampled_from([None, "openai"])),
        key_id=draw(st.sampled_from(["key_1", "key_2", "key_3"])),
        kind=draw(st.sampled_from(["chat", "messages", "optimize"])),
        end_user=draw(st.sampled_from([None, "ann", "bob"])),
        team_id=draw(st.sampled_from([None, "team_1", "team_2"])),
        client=draw(st.sampled_from([None, "codex"])),
        tags=draw(st.dictionaries(st.sampled_from(["team", "feature\x00"]), st.sampled_from(["a", "b"]))),
        tokens=TokenClasses(**dict(zip(TokenClasses.__struct_fields__, counts, strict=True))),
        original_tokens=draw(st.integers(0, 2**31 - 1)),
        optimized_tokens=draw(st.integers(0, 2**31 - 1)),
        baseline_cost_nano=draw(_nano),
        actual_cost_nano=draw(_nano),
        levers=tuple(draw(_levers)),
        latency_ms=draw(st.floats(0, 10**6)),
        overhead_ms=draw(st.floats(0, 1000)),
        provider_ms=draw(st.one_of(st.none(), st.floats(0, 10**6))),
        stream=draw(st.booleans()),
        first_byte_ms=draw(st.one_of(st.none(), st.floats(0, 10**6))),
        error_code=draw(st.sampled_from([None, "deadline_exceeded", "a\x00b"])),
    )


async def _figures(uow: UnitOfWork, org_id: str, start: datetime, end: datetime) -> dict[str, Any]:
    """Everything that can be asked about a period."""
    figures, period = Figures(uow), Period(org_id=org_id, from_ms=ms(start), to_ms=ms(end))
    series = {
        step: await figures.savings(
            SavingsQuery(org_id=org_id, from_ms=period.from_ms, to_ms=period.to_ms, interval=step)
        )
        for step in ("hour", "day", "week")
    }
    answers = {
        "overview": await figures.overview(period),
        "models": await figures.models(period),
        "levers": await figures.levers(period),
        **series,
    }
    return {name: msgspec.to_builtins(answer) for name, answer in answers.items()}


_breakdowns = st.fixed_dictionaries(
    {
        "by": st.sampled_from(
            [
                ("key",),
                ("team",),
                ("tag:team",),
                ("user", "model"),
                ("endpoint", "provider"),
                ("client",),
                ("error", "model"),
            ]
        )
    },
    optional={
        "merged_keys": st.sampled_from([("key_1", "key_2"), ("key_3", "key_gone"), ("key_1", "key_2", "key_3")]),
        "interval": st.sampled_from(["day", "week", "month"]),
        "time_zone": st.sampled_from(["Asia/Kolkata", "America/New_York"]),
        "previous": st.just(True),
        "filters": st.sampled_from(
            [{"key": "key_1"}, {"key": "playground"}, {"provider": "openai", "endpoint": "chat"}, {"model": "gpt-4o"}]
        ),
        "limit": st.integers(1, 3),
    },
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    events=st.lists(_finished(), max_size=25),
    cuts=st.lists(st.integers(0, 25), max_size=3),
    start=_minutes,
    length=_minutes,
    question=_breakdowns,
)
def test_postgres_and_memory_answer_alike(
    database_url: str,
    events: list[CompletionFinished],
    cuts: list[int],
    start: int,
    length: int,
    question: dict[str, Any],
) -> None:
    """Whatever came, in whatever batches, some of it twice, and whatever is asked."""

    async def run() -> None:
        await migrate(database_url, "analytics", MIGRATIONS)
        async with connect(database_url) as database:
            await _forget(database)
            postgres, memory = unit_of_work(database), MemoryUnitOfWork()
            for uow in (postgres, memory):
                requests = Requests(uow, ManualClock(NOW), timedelta(days=90))
                for cut in (*cuts, len(events)):
                    await requests.record(events[:cut])
            for org_id in ORGS:
                begin = NOW - timedelta(minutes=start)
                asked = org_id, begin, begin + timedelta(minutes=length)
                found, expected = await _figures(postgres, *asked), await _figures(memory, *asked)
                assert _rounded(found) == _rounded(expected)
                wanted = BreakdownQuery(org_id=org_id, from_ms=ms(asked[1]), to_ms=ms(asked[2]), **question)
                for step in ("hour", "day", "week"):
                    for model in (None, "gpt-4o"):
                        series = LatencyQuery(
                            org_id=org_id, from_ms=ms(asked[1]), to_ms=ms(asked[2]), interval=step, model=model
                        )
                        told = [msgspec.to_builtins(await Figures(one).latencies(series)) for one in (postgres, memory)]
                        assert _rounded(told[0]) == _rounded(told[1])
                assert await Figures(postgres).breakdown(wanted) == await Figures(memory).breakdown(wanted)

    asyncio.run(run())


async def test_figures_are_those_of_a_recount(database_url: str) -> None:
    org, other = new_id("org"), new_id("org")
    await migrate(database_url, "analytics", MIGRATIONS)
    async with connect(database_url) as database:
        uow = unit_of_work(database)
        requests = Requests(uow, ManualClock(NOW), timedelta(days=90))
        for number in range(300):
            await requests.record(
                [
                    request(
                        org,
                        NOW - number * timedelta(minutes=7),
                        actual_cost_nano=None if number % 7 == 0 else 3,
                        latency_ms=20.0 + number**2,
                    ),
                    request(other, NOW - number * timedelta(minutes=7)),
                ]
            )
        start, end = NOW - timedelta(hours=20, minutes=11), NOW - timedelta(minutes=20)
        found = await _figures(uow, org, start, end)
        async with database() as tx:
            recount = await tx.execute(
                text(
                    "SELECT count(*), sum(actual_cost_nano), sum(baseline_cost_nano) FILTER (WHERE actual_cost_nano > 0),"
                    " count(*) FILTER (WHERE actual_cost_nano IS NULL), sum(original_tokens - optimized_tokens),"
                    " percentile_disc(0.95) WITHIN GROUP (ORDER BY latency_ms)"
                    " FROM analytics.requests WHERE org_id = :org AND at >= :start AND at < :end"
                ),
                {"org": org, "start": start, "end": end},
            )
            total, cost, baseline, unpriced, saved, p95 = recount.one()
    overview = found["overview"]
    assert total > 100 > unpriced > 10
    assert overview["requests"]["total"] == total
    assert (overview["cost_nano"], overview["baseline_cost_nano"]) == (cost, baseline)
    assert (overview["unpriced_requests"], overview["tokens"]["saved"]) == (unpriced, saved)
    assert overview["latency_ms"]["p95"] == pytest.approx(p95, rel=0.02)
    for step in ("hour", "day", "week"):
        assert sum(point["requests"] for point in found[step]["points"]) == total
        assert sum(point["savings_nano"] for point in found[step]["points"]) == overview["savings_nano"]
    assert sum(use["savings_nano"] for use in found["models"]["models"]) == overview["savings_nano"]


async def test_levers_sum_to_the_savings(uow: UnitOfWork) -> None:
    org = new_id("org")
    requests = Requests(uow, ManualClock(NOW), timedelta(days=90))
    nothing = (LeverShare(lever="whitespace", tokens=0, nano_usd=0),)
    unpriced = (LeverShare(lever="whitespace", tokens=7, nano_usd=None),)
    await requests.record(
        [
            request(org),
            request(org, NOW - HOUR),
            request(org, levers=nothing, baseline_cost_nano=5, actual_cost_nano=5),
            request(org, levers=unpriced, actual_cost_nano=None),
        ]
    )
    found = await _figures(uow, org, NOW - timedelta(days=1), NOW + HOUR)
    assert found["levers"]["total_nano"] == found["overview"]["savings_nano"] == 1_000_000
    assert list(found["levers"]["levers"]) == [
        {"lever": "routing", "requests": 2, "tokens_saved": 0, "savings_nano": 600_000},
        {"lever": "whitespace", "requests": 3, "tokens_saved": 47, "savings_nano": 400_000},
    ]


async def test_weeks_start_on_monday(uow: UnitOfWork) -> None:
    org = new_id("org")
    await Requests(uow, ManualClock(NOW), timedelta(days=90)).record([request(org)])  # a Friday
    found = await _figures(uow, org, NOW - HOUR, NOW + HOUR)
    times = {
        step: datetime.fromtimestamp(found[step]["points"][0]["time_ms"] / 1000, NOW.tzinfo)
        for step in found
        if step in ("hour", "day", "week")
    }
    assert {step: f"{time:%a %d %H:%M}" for step, time in times.items()} == {
        "hour": "Fri 20 12:00", "day": "Fri 20 00:00", "week": "Mon 16 00:00",
    }  # fmt: skip


async def test_what_cannot_be_asked(uow: UnitOfWork) -> None:
    figures = Figures(uow)
    with pytest.raises(BadRequest, match="from"):
        await figures.overview(Period(org_id="org_a", from_ms=1, to_ms=0))
    with pytest.raises(BadRequest, match="interval"):
        await figures.savings(SavingsQuery(org_id="org_a", from_ms=0, to_ms=1, interval="month"))


async def _forget(database: Database) -> None:
    async with database() as tx:
        await tx.execute(
            text(
                "TRUNCATE analytics.requests, analytics.hours, analytics.days, analytics.lever_hours, analytics.sketches,"
                " analytics.dimension_hours, analytics.label_hours, analytics.dimension_days, analytics.label_days"
            )
        )


def _rounded(answers: Any) -> Any:
    """What two libraries compute of the same exponent may differ in the last bit."""
    match answers:
        case float():
            return float(f"{answers:.9g}")
        case dict():
            return {name: _rounded(value) for name, value in answers.items()}
        case list() | tuple():
            return [_rounded(value) for value in answers]
    return answers
