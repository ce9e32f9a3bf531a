"""From a real JetStream into a real Postgres: analytics and alerts lose nothing and count nothing twice."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig
from sqlalchemy import text

from deploy.local.postgres import PostgresProcess
from libs.common.bus.nats import NatsBus
from libs.common.bus.ports import BatchHandler
from libs.common.bus.topology import DEAD_LETTERS, Topology
from libs.common.clock import ManualClock
from libs.common.contracts.base import Event, Payload
from libs.common.contracts.events import COMPLETION_FINISHED, CompletionFinished
from libs.common.db import Database, connect
from libs.common.ids import new_id
from libs.common.runner import App
from services.alerts.app import create_app as create_alerts
from services.alerts.settings import AlertsSettings
from services.analytics.app import create_app as create_analytics
from services.analytics.settings import AnalyticsSettings
from tests.fixtures.nats import NatsServer
from tests.unit.analytics.examples import NOW, request

READERS = ("analytics", "alerts")


class Impatient(Topology):
    """Redelivers after one second what was not acknowledged."""

    async def ensure_consumer(self, jetstream: JetStreamContext, subject: str, name: str) -> None:
        config = ConsumerConfig(durable_name=name, filter_subject=subject, ack_policy=AckPolicy.EXPLICIT, ack_wait=1)
        await jetstream.add_consumer(self.stream, config)


class ForgetfulBus(NatsBus):
    """Its readers do the work of their first batch and then say nothing, like a process that dies before the ack."""

    async def consume(
        self,
        event: Event[Payload],
        consumer: str,
        handler: BatchHandler[Payload],
        *,
        batch: int = 500,
        wait_ms: int = 200,
    ) -> None:
        async def work(events: Sequence[Payload]) -> None:
            await handler(events)
            await asyncio.Event().wait()

        await super().consume(event, consumer, work, batch=batch, wait_ms=wait_ms)


@asynccontextmanager
async def _bus(server: NatsServer, kind: type[NatsBus] = NatsBus) -> AsyncIterator[NatsBus]:
    bus = kind(server.url, "test", topology=Impatient())
    await bus.start(30)
    yield bus
    await bus.drain(0.2)


@asynccontextmanager
async def _services(url: str, server: NatsServer, kind: type[NatsBus] = NatsBus) -> AsyncIterator[list[App]]:
    """Analytics and alerts, each with its own connection."""
    async with AsyncExitStack() as stack:
        analytics, alerts = [await stack.enter_async_context(_bus(server, kind)) for _ in READERS]
        clock = ManualClock(NOW)
        watch = AnalyticsSettings(database_url=url, analytics_watch_seconds=0.05)
        yield [
            await stack.enter_async_context(create_analytics(watch, analytics, clock)),
            await stack.enter_async_context(create_alerts(AlertsSettings(database_url=url), alerts, clock)),
        ]


def _events(org: str, count: int) -> list[CompletionFinished]:
    return [request(org, NOW - timedelta(minutes=number)) for number in range(count)]


async def _tell(bus: NatsBus, events: Sequence[CompletionFinished], copy: str = "") -> None:
    for start in range(0, len(events), 200):
        part = events[start : start + 200]
        await asyncio.gather(*(bus.emit(COMPLETION_FINISHED, event, event_id=event.id + copy) for event in part))


async def _settled(bus: NatsBus) -> None:
    """Wait until both are done with everything."""
    async with asyncio.timeout(60):
        while any([await bus.pending(COMPLETION_FINISHED, reader) for reader in READERS]):
            await asyncio.sleep(0.02)


async def _counts(database: Database, org: str) -> tuple[int, ...]:
    """Rows in the log, what the sums of analytics say, ids that alerts knows, what its minutes say."""
    async with database() as tx:
        found = await tx.execute(
            text(
                "SELECT (SELECT count(*) FROM analytics.requests WHERE org_id = :org),"
                " (SELECT coalesce(sum(requests), 0)::int FROM analytics.hours WHERE org_id = :org),"
                " (SELECT count(*) FROM alerts.seen WHERE org_id = :org),"
                " (SELECT coalesce(sum(requests), 0)::int FROM alerts.minutes WHERE org_id = :org)"
            ),
            {"org": org},
        )
        return tuple(found.one())


async def _dead_letters(bus: NatsBus) -> int:
    assert bus._jetstream is not None
    return (await bus._jetstream.stream_info(DEAD_LETTERS)).state.messages


async def test_three_copies_of_a_thousand_events_are_a_thousand_rows(
    database_url: str, nats_server: NatsServer
) -> None:
    org = new_id("org")
    events = _events(org, 1000)
    async with _services(database_url, nats_server), _bus(nats_server) as bus, connect(database_url) as database:
        for copy in ("", "-again", "-late"):
            await _tell(bus, events, copy)
        await _settled(bus)
        assert await _counts(database, org) == (1000,) * 4
        async with database() as tx:
            differing = await tx.execute(
                text(
                    "SELECT hour, requests, success, cost_nano, baseline_nano, original_tokens, newest"
                    " FROM analytics.hours WHERE org_id = :org EXCEPT"
                    " SELECT date_trunc('hour', at, 'UTC'), count(*), count(*), sum(actual_cost_nano),"
                    " sum(baseline_cost_nano), sum(original_tokens), max(at) FROM analytics.requests"
                    " WHERE org_id = :org GROUP BY 1"
                ),
                {"org": org},
            )
            assert differing.all() == []
            levers = await tx.execute(
                text("SELECT sum(nano), sum(tokens) FROM analytics.lever_hours WHERE org_id = :org"), {"org": org}
            )
            assert levers.one() == (1000 * 500_000, 1000 * 20)
        assert await _dead_letters(bus) == 0


async def test_a_batch_that_was_kept_but_not_acknowledged_counts_once(
    database_url: str, nats_server: NatsServer
) -> None:
    org = new_id("org")
    async with _bus(nats_server) as bus, connect(database_url) as database:
        async with _services(database_url, nats_server, ForgetfulBus):
            await _tell(bus, _events(org, 1200))
            async with asyncio.timeout(20):
                while 0 in await _counts(database, org):
                    await asyncio.sleep(0.02)
        assert await bus.pending(COMPLETION_FINISHED, "analytics") == 1200
        async with _services(database_url, nats_server):
            await _settled(bus)
        assert await _counts(database, org) == (1200,) * 4


async def test_a_batch_cut_off_in_its_transaction_is_neither_lost_nor_doubled(
    database_url: str, nats_server: NatsServer
) -> None:
    org = new_id("org")
    async with _bus(nats_server) as bus, connect(database_url) as database:
        async with _services(database_url, nats_server):  # migrates
            pass
        async with database() as tx:
            # The rows go in, the sums have to wait: that is where the readers are when they are stopped.
            await tx.execute(text("LOCK analytics.hours, alerts.minutes IN EXCLUSIVE MODE"))
            async with _services(database_url, nats_server):
                await _tell(bus, _events(org, 300))
                async with asyncio.timeout(20):
                    while await _waiting(database) < len(READERS):
                        await asyncio.sleep(0.02)
        assert await _counts(database, org) == (0,) * 4
        async with _services(database_url, nats_server):
            await _settled(bus)
        assert await _counts(database, org) == (300,) * 4


async def test_what_cannot_be_read_is_set_aside_by_both(database_url: str, nats_server: NatsServer) -> None:
    org = new_id("org")
    async with _services(database_url, nats_server), _bus(nats_server) as bus, connect(database_url) as database:
        assert bus._jetstream is not None
        for poison in (b"\xff\x00", b'{"id": "req_1"}'):
            await bus._jetstream.publish(COMPLETION_FINISHED.subject, poison)
        await _tell(bus, _events(org, 50))
        await _settled(bus)
        assert await _counts(database, org) == (50,) * 4
        assert await _dead_letters(bus) == 2 * len(READERS)


async def test_while_postgres_is_away_events_wait_and_none_is_lost(
    own_postgres: PostgresProcess, nats_server: NatsServer
) -> None:
    org, url = new_id("org"), own_postgres.url()
    events = _events(org, 1000)
    async with _services(url, nats_server) as apps, _bus(nats_server) as bus, connect(url) as database:
        await _tell(bus, events[:400])
        await _settled(bus)
        telling = asyncio.create_task(_tell(bus, events[400:]))
        await asyncio.to_thread(own_postgres.kill)
        await telling
        async with asyncio.timeout(20):
            while not all("postgres" in app.missing() for app in apps):
                await asyncio.sleep(0.02)
        own_postgres.start()
        await _settled(bus)
        assert await _counts(database, org) == (1000,) * 4
        assert await _dead_letters(bus) == 0
        async with asyncio.timeout(20):
            while any(app.missing() for app in apps):
                await asyncio.sleep(0.02)


@pytest.fixture
def own_postgres() -> Iterator[PostgresProcess]:
    """A server that may die."""
    directory = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    server = PostgresProcess(directory / "data")
    server.start()
    yield server
    server.stop()
    shutil.rmtree(directory, ignore_errors=True)


async def _waiting(database: Database) -> int:
    async with database() as tx:
        found = await tx.execute(text("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted"))
        count: int = found.scalar_one()
        return count
