"""The store of alerts: Postgres."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import services.alerts.store
from libs.common.clock import ManualClock
from libs.common.db import connect, migrate
from services.alerts.ports import UnitOfWork
from services.alerts.store.unit_of_work import unit_of_work
from tests.unit.analytics.examples import NOW

MIGRATIONS = Path(services.alerts.store.__path__[0]) / "migrations"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
async def uow(database_url: str) -> AsyncIterator[UnitOfWork]:
    await migrate(database_url, "alerts", MIGRATIONS)
    async with connect(database_url) as database:
        yield unit_of_work(database)
