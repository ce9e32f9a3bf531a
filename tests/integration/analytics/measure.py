"""How fast batches go into a database: `python -m tests.integration.analytics.measure` (fsync is on)."""

import asyncio
import shutil
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import services.alerts.store
import services.analytics.store
from deploy.local.postgres import PostgresProcess
from libs.common.clock import ManualClock
from libs.common.db import connect, migrate
from services.alerts.store.unit_of_work import unit_of_work as alerts_unit
from services.alerts.usage_counters import UsageCounting
from services.analytics.requests import Requests
from services.analytics.store.unit_of_work import unit_of_work as analytics_unit
from tests.unit.analytics.examples import NOW, request

ROWS, ORGS = 10_000, 20


async def measure(url: str) -> None:
    """Print rows per second of both services for a few sizes of batch."""
    for package, schema in ((services.analytics.store, "analytics"), (services.alerts.store, "alerts")):
        await migrate(url, schema, Path(package.__path__[0]) / "migrations")
    async with connect(url) as database:
        requests = Requests(analytics_unit(database), ManualClock(NOW), timedelta(days=90))
        metering = UsageCounting(alerts_unit(database), ManualClock(NOW))
        for size in (1, 100, 500):
            count = min(ROWS, size * 100)
            events = [request(f"org_{i % ORGS}", NOW - timedelta(milliseconds=i)) for i in range(count)]
            for name, keep in (("analytics", requests.record), ("alerts", metering.count)):
                started = time.perf_counter()
                for start in range(0, count, size):
                    await keep(events[start : start + size])
                print(f"{name:10} batches of {size:3}: {count / (time.perf_counter() - started):8,.0f} rows/s")


if __name__ == "__main__":
    directory = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    server = PostgresProcess(directory / "data")
    server.start()
    try:
        asyncio.run(measure(server.url()))
    finally:
        server.stop()
        shutil.rmtree(directory, ignore_errors=True)
