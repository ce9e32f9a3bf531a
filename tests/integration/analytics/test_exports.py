"""The request log as objects in a bucket: every row once, under names that say its hour, whatever fails meanwhile."""

import asyncio
import gzip
from collections.abc import Iterator
from datetime import timedelta

import asyncpg
import msgspec
import pytest
from obstore.exceptions import BaseError

from libs.common.bus import MemoryBus
from libs.common.clock import ManualClock
from libs.common.contracts.analytics import SPENT, RequestQuery
from libs.common.contracts.events import COMPLETION_FINISHED, CompletionFinished
from libs.common.settings import SettingsError
from services.analytics.app import create_app
from services.analytics.clients.bucket import S3Bucket
from services.analytics.domain.exports import first_hour
from services.analytics.exports import BEHIND, Exports
from services.analytics.ports import UnitOfWork
from services.analytics.settings import AnalyticsSettings
from tests.fakes.analytics_store import MemoryUnitOfWork
from tests.fixtures.running import wait_for
from tests.fixtures.s3 import ACCESS_KEY, BUCKET, REGION, SECRET_KEY, PlayedS3, played_s3
from tests.unit.analytics.examples import HOUR, NOW, ms, request


@pytest.fixture
def s3() -> Iterator[PlayedS3]:
    with played_s3() as played:
        yield played


@pytest.fixture
async def empty(uow: UnitOfWork, database_url: str) -> UnitOfWork:
    """Postgres, with nothing of other tests in it."""
    connection = await asyncpg.connect(database_url)
    await connection.execute("TRUNCATE analytics.requests, analytics.exports, analytics.erased")
    await connection.close()
    return uow


@pytest.fixture(params=["postgres", "memory"])
def log(request: pytest.FixtureRequest, empty: UnitOfWork) -> UnitOfWork:
    return empty if request.param == "postgres" else MemoryUnitOfWork()


def bucket(s3: PlayedS3, secret: str = SECRET_KEY) -> S3Bucket:
    return S3Bucket(BUCKET, REGION, s3.url, ACCESS_KEY, secret)


async def keep(log: UnitOfWork, clock: ManualClock, *events: CompletionFinished) -> None:
    async with log() as tx:
        await tx.log.append(events, clock.now(), ())


def lines(body: bytes) -> list[CompletionFinished]:
    return [msgspec.json.decode(line, type=CompletionFinished) for line in gzip.decompress(body).splitlines()]


async def test_each_row_is_in_one_object_that_is_named_by_the_hour_in_which_it_came(
    log: UnitOfWork, clock: ManualClock, s3: PlayedS3
) -> None:
    exports = Exports(log, clock, bucket(s3), "promptly/", part_rows=2)
    first = [request(org_id=f"org_{number}") for number in range(5)]
    await keep(log, clock, *first)
    await exports.run()
    assert s3.objects == {}, "the hour is not over"
    clock.advance(3600)
    late = request(at=NOW - timedelta(days=2))
    await keep(log, clock, late)
    await exports.run()
    # 12:34 + 1 h is more than five minutes past one o'clock.
    names = [f"promptly/date=2026-11-20/hour=12/part-{part:04d}.jsonl.gz" for part in range(3)]
    assert sorted(s3.objects) == names
    assert [len(lines(s3.objects[name])) for name in names] == [2, 2, 1]
    exported = [one for name in names for one in lines(s3.objects[name])]
    assert sorted(one.id for one in exported) == sorted(one.id for one in first)
    assert {one.id: one for one in exported} == {one.id: one for one in first}
    clock.advance(3600)
    await exports.run()
    (more,) = set(s3.objects) - set(names)
    assert more == "promptly/date=2026-11-20/hour=13/part-0000.jsonl.gz"
    assert [one.id for one in lines(s3.objects[more])] == [late.id]
    count = len(s3.puts)
    await exports.run()
    assert len(s3.puts) == count == 4, "nothing is written a second time"


async def test_an_hour_that_broke_off_is_written_again_under_the_same_names(
    log: UnitOfWork, clock: ManualClock, s3: PlayedS3
) -> None:
    await keep(log, clock, *(request() for _ in range(3)))
    clock.advance(2 * 3600)
    exports = Exports(log, clock, bucket(s3), "", part_rows=1)
    s3.failing += [200, 403]  # taken and forgotten; refused
    with pytest.raises(BaseError):
        await exports.run()
    assert BEHIND._value.get() >= 3600
    await exports.run()
    assert sorted(s3.objects) == [f"date=2026-11-20/hour=12/part-{part:04d}.jsonl.gz" for part in range(3)]
    assert len({one.id for body in s3.objects.values() for one in lines(body)}) == 3
    assert all(s3.objects[name] == body for name, body in s3.puts), "the same name holds the same bytes"


async def test_a_bucket_that_is_slow_for_a_moment_is_asked_again(
    log: UnitOfWork, clock: ManualClock, s3: PlayedS3
) -> None:
    await keep(log, clock, request())
    clock.advance(2 * 3600)
    s3.failing += [503, 500]
    await Exports(log, clock, bucket(s3), "").run()
    assert len(s3.objects) == 1


async def test_a_wrong_key_is_refused_and_not_shown(log: UnitOfWork, clock: ManualClock, s3: PlayedS3) -> None:
    await keep(log, clock, request())
    clock.advance(2 * 3600)
    with pytest.raises(BaseError) as refused:
        await Exports(log, clock, bucket(s3, "another-secret"), "").run()
    assert "another-secret" not in str(refused.value)
    assert s3.objects == {}


async def test_copies_of_the_service_do_not_write_the_same_hour(
    empty: UnitOfWork, clock: ManualClock, s3: PlayedS3
) -> None:
    for _ in range(4):
        await keep(empty, clock, request())
        clock.advance(3600)
    clock.advance(3600)
    copies = [Exports(empty, clock, bucket(s3), "") for _ in range(3)]
    await asyncio.gather(*(one.run() for one in copies))
    for one in copies:  # whoever found the mark taken comes again
        await one.run()
    assert len(s3.puts) == len(s3.objects) == 4


async def test_an_organization_that_is_erased_is_exported_no_more(
    log: UnitOfWork, clock: ManualClock, s3: PlayedS3
) -> None:
    await keep(log, clock, request(org_id="org_gone"), request(org_id="org_stays"))
    async with log() as tx:
        await tx.erasing.forbid("org_gone", clock.now())
    more = True
    while more:
        async with log() as tx:
            more = await tx.erasing.erase("org_gone")
    clock.advance(2 * 3600)
    await Exports(log, clock, bucket(s3), "").run()
    assert [one.org_id for body in s3.objects.values() for one in lines(body)] == ["org_stays"]


async def test_an_export_begins_a_week_back(log: UnitOfWork, clock: ManualClock, s3: PlayedS3) -> None:
    await keep(log, clock, request())
    clock.advance(8 * 24 * 3600)
    await Exports(log, clock, bucket(s3), "").run()
    assert s3.objects == {}
    assert first_hour(clock.now()) == NOW.replace(minute=0, second=0) + timedelta(days=1)


@pytest.mark.usefixtures("empty")
async def test_the_service_exports_where_a_bucket_is_named(database_url: str, s3: PlayedS3) -> None:
    clock, bus = ManualClock(NOW), MemoryBus()
    settings = AnalyticsSettings(
        database_url=database_url,
        export_s3_bucket=BUCKET,
        export_s3_endpoint=s3.url,
        export_s3_region=REGION,
        export_s3_access_key=ACCESS_KEY,
        export_s3_secret_key=SECRET_KEY,
        export_seconds=0.01,
    )
    async with create_app(settings, bus, clock):
        event = request(org_id="org_of_the_service")
        await bus.emit(COMPLETION_FINISHED, event, event_id=event.id)
        its_key = RequestQuery(org_id=event.org_id, key_id=event.key_id, from_ms=ms(NOW - HOUR))
        while (await bus.call(SPENT, its_key)).nano == 0:
            pass  # not in the log yet
        clock.advance(2 * 3600)
        await asyncio.to_thread(wait_for, lambda: s3.objects)
    assert any(one.id == event.id for body in s3.objects.values() for one in lines(body))


async def test_half_of_a_pair_of_keys_is_refused_before_anything_starts(database_url: str) -> None:
    settings = AnalyticsSettings(database_url=database_url, export_s3_bucket=BUCKET, export_s3_access_key="key")
    with pytest.raises(SettingsError, match="belong together"):
        async with create_app(settings, MemoryBus()):
            raise AssertionError("it started")
