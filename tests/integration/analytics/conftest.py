"""The store of analytics: Postgres."""

from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

import pytest

import services.analytics.store
from libs.common.clock import ManualClock
from libs.common.db import connect, migrate
from services.analytics.ports import UnitOfWork
from services.analytics.store.unit_of_work import unit_of_work
from tests.unit.analytics.examples import NOW

MIGRATIONS = Path(services.analytics.store.__path__[0]) / "migrations"


class Silent:
    """An publisher that remembers what it was to tell."""

    def __init__(self) -> None:
        self.published: list[tuple[str, str]] = []

    async def logged(self, ids: Mapping[str, Sequence[str]]) -> None:
        self.published += [(org_id, one) for org_id, each in ids.items() for one in each]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
async def uow(database_url: str) -> AsyncIterator[UnitOfWork]:
    await migrate(database_url, "analytics", MIGRATIONS)
    async with connect(database_url) as database:
        yield unit_of_work(database)
