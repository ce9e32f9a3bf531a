"""Analytics as the others see it: over a bus, and as a process of its own; alerts ends in the same way."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import make_url, text

from libs.common.bus import MemoryBus
from libs.common.bus.nats import NatsBus
from libs.common.clock import ManualClock
from libs.common.contracts.alerts import LIST_RULES, RulesOf
from libs.common.contracts.analytics import (
    LEVERS,
    MODELS,
    OVERVIEW,
    REQUEST,
    REQUESTS,
    SAVINGS,
    Period,
    RequestById,
    RequestQuery,
    SavingsQuery,
)
from libs.common.contracts.events import COMPLETION_FINISHED, LeverShare, TokenClasses
from libs.common.db import connect
from libs.common.errors import BadRequest, NoResponders, NotFound
from libs.common.ids import new_id
from services.analytics.app import create_app
from services.analytics.settings import AnalyticsSettings
from tests.fixtures.nats import NatsServer
from tests.unit.analytics.examples import HOUR, NOW, entry_of, ms, request


async def test_the_doors(database_url: str, clock: ManualClock) -> None:
    bus, org, other = MemoryBus(), new_id("org"), new_id("org")
    async with create_app(AnalyticsSettings(database_url=database_url), bus, clock) as app:
        entry = request(org)
        await bus.emit(COMPLETION_FINISHED, entry, event_id=entry.id)
        await _settled(bus)
        period = Period(org_id=org, from_ms=ms(NOW - HOUR), to_ms=ms(NOW + HOUR))
        overview = await bus.call(OVERVIEW, period)
        assert (overview.requests.success, overview.savings_nano) == (1, 500_000)
        assert overview.latency_ms.p99 == pytest.approx(120.0, rel=0.02)
        assert overview.data_as_of_ms == ms(NOW)
        series = await bus.call(SAVINGS, SavingsQuery(org_id=org, from_ms=period.from_ms, to_ms=period.to_ms))
        assert [point.savings_nano for point in series.points] == [500_000]
        assert [use.model for use in (await bus.call(MODELS, period)).models] == ["gpt-4o-mini-2024-07-18"]
        assert (await bus.call(LEVERS, period)).total_nano == 500_000
        assert (await bus.call(REQUESTS, RequestQuery(org_id=org))).requests == (entry,)
        assert await bus.call(REQUEST, RequestById(org_id=org, id=entry.id)) == entry_of(entry)
        assert app.missing() == []

        theirs = msgspec.structs.replace(period, org_id=other)
        assert (await bus.call(OVERVIEW, theirs)).requests.total == 0
        assert (await bus.call(MODELS, theirs)).models == ()
        assert (await bus.call(LEVERS, theirs)).levers == ()
        assert (await bus.call(REQUESTS, RequestQuery(org_id=other))).requests == ()
        with pytest.raises(NotFound):
            await bus.call(REQUEST, RequestById(org_id=other, id=entry.id))
        with pytest.raises(BadRequest):
            await bus.call(OVERVIEW, Period(org_id=org, from_ms=1, to_ms=0))
        bus.connected = False
        assert app.missing() == ["nats"]
    await bus.drain()


async def test_what_cannot_be_kept_is_set_aside_and_the_rest_is_kept(database_url: str, clock: ManualClock) -> None:
    bus, org = MemoryBus(), new_id("org")
    async with create_app(AnalyticsSettings(database_url=database_url), bus, clock):
        broken = [
            request(org, id="not-an-id"),
            request(org, id="req_" + "f" * 32),  # a day that no calendar has
        ]
        for number, event in enumerate([*broken, *(request(org) for _ in range(60))]):
            await bus.emit(COMPLETION_FINISHED, event, event_id=str(number))
        await _settled(bus)
        assert len(bus.dead_letters) == len(broken)
        period = Period(org_id=org, from_ms=ms(NOW - HOUR), to_ms=ms(NOW + HOUR))
        assert (await bus.call(OVERVIEW, period)).requests.total == 60
    await bus.drain()


@pytest.mark.parametrize("count", [2**31, 2**40, 2**63, 10**30])
async def test_whatever_a_provider_counted_there_is_a_row(count: int, database_url: str, clock: ManualClock) -> None:
    bus, org = MemoryBus(), new_id("org")
    async with create_app(AnalyticsSettings(database_url=database_url), bus, clock):
        share = LeverShare(lever="routing", tokens=count, nano_usd=count)
        odd = [
            request(org, tokens=TokenClasses(uncached_input=count, output_text=-count)),
            request(org, original_tokens=count, charged_tokens=count, status_code=count),
            request(org, actual_cost_nano=count, baseline_cost_nano=count, levers=(share,)),
            request(org, served_model="é" * 3_000, baseline_model="x" * 9_000, end_user="\x00" * 3_000),
            request(org, latency_ms=1e300, tags={"k" * 900: "v" * 90_000}),
        ]
        sums = [request(org, tokens=TokenClasses(uncached_input=10**10), actual_cost_nano=10**16) for _ in range(1000)]
        for number, event in enumerate([*odd, *sums, request(org)]):
            await bus.emit(COMPLETION_FINISHED, event, event_id=str(number))
        await _settled(bus)
        assert bus.dead_letters == []
        period = Period(org_id=org, from_ms=ms(NOW - HOUR), to_ms=ms(NOW + HOUR))
        assert (await bus.call(OVERVIEW, period)).requests.total == len(odd) + len(sums) + 1
        kept = await bus.call(REQUEST, RequestById(org_id=org, id=odd[0].id))
        assert (kept.tokens.uncached_input <= count, kept.tokens.output_text) == (True, 0)
        assert "tokens" in kept.clamped
        assert kept.actual_cost_nano is None
    await bus.drain()


@pytest.mark.parametrize("service", ["analytics", "alerts"])
async def test_a_process_answers_and_ends_when_asked(
    service: str, database_url: str, nats_server: NatsServer, nats_bus: NatsBus, tmp_path: Path
) -> None:
    env = os.environ | {"PROMPTLY_DATABASE_URL": database_url, "PROMPTLY_NATS_URL": nats_server.url}
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = subprocess.Popen([sys.executable, "-m", f"services.{service}"], env=env, stdout=output, stderr=output)
    try:
        entry = request(new_id("org"), tags={"team": "a-secret-tag"})
        await nats_bus.emit(COMPLETION_FINISHED, entry, event_id=entry.id)  # kept for whoever is not up yet
        async with asyncio.timeout(30):
            while True:
                assert process.poll() is None, log.read_text()
                try:
                    await _ask(nats_bus, service)
                    break
                except NoResponders:
                    await asyncio.sleep(0.05)
            while await nats_bus.pending(COMPLETION_FINISHED, service):
                await asyncio.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, 20) == 0
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
    written = log.read_text()
    assert "stopped" in written
    assert "a-secret-tag" not in written


async def _ask(bus: NatsBus, service: str) -> None:
    if service == "alerts":
        await bus.call(LIST_RULES, RulesOf(org_id="org_a"))
    else:
        await bus.call(LEVERS, Period(org_id="org_a", from_ms=0, to_ms=1))


async def _settled(bus: MemoryBus) -> None:
    async with asyncio.timeout(20):
        while await bus.pending(COMPLETION_FINISHED, "analytics"):
            await asyncio.sleep(0.01)


async def test_overviews_are_read_from_the_copy_and_rows_are_written_elsewhere(
    database_url: str, clock: ManualClock
) -> None:
    """A role that cannot write stands for a streaming replica, which refuses writes in the same way."""
    bus, org, role = MemoryBus(), new_id("org"), new_id("reader")
    async with connect(database_url) as database, database() as tx:
        await tx.execute(text(f"CREATE ROLE {role} SUPERUSER LOGIN PASSWORD 'r'"))
        await tx.execute(text(f"ALTER ROLE {role} SET default_transaction_read_only = on"))
    copy = make_url(database_url).set(username=role, password="r").render_as_string(hide_password=False)
    settings = AnalyticsSettings(database_url=database_url, analytics_read_url=copy)
    async with create_app(settings, bus, clock):
        entry = request(org)
        await bus.emit(COMPLETION_FINISHED, entry, event_id=entry.id)
        await _settled(bus)
        period = Period(org_id=org, from_ms=ms(NOW - HOUR), to_ms=ms(NOW + HOUR))
        assert (await bus.call(OVERVIEW, period)).requests.total == 1
    await bus.drain()
    async with connect(database_url) as database, database() as tx:
        await tx.execute(text(f"DROP ROLE {role}"))
