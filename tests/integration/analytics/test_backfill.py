"""A log from before there were sketches and sums by day is counted when the service is updated."""

import shutil
from pathlib import Path

from sqlalchemy import text

from bench.analytics.seed import LARGEST, seed_log
from libs.common.db import connect, migrate
from services.analytics.store.rollups import rollups
from tests.integration.analytics.conftest import MIGRATIONS
from tests.integration.analytics.test_recount import differences
from tests.unit.analytics.examples import NOW


async def test_an_older_log_is_counted(database_url: str, tmp_path: Path) -> None:
    for revision in ("0001_request_log.py", "0002_feedback.py"):
        shutil.copy(MIGRATIONS / revision, tmp_path)
    await migrate(database_url, "analytics", tmp_path)
    async with connect(database_url, query_seconds=60) as database:
        async with database() as tx:
            await seed_log(tx, 2_000, 3, NOW, clients=False)
            for name in ("by_hour", "by_lever"):
                await tx.execute(text(rollups("analytics.requests")[name]))
        await migrate(database_url, "analytics", MIGRATIONS)
        assert await differences(database, LARGEST) == []
