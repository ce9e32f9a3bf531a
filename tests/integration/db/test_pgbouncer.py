"""Postgres behind a PgBouncer in transaction mode: each transaction may run on another of its few connections."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import literal, make_url, select, text, type_coerce
from sqlalchemy.dialects.postgresql import JSONB

from deploy.local.postgres import PostgresProcess
from libs.common.db import connect, migrate, normalise_url
from libs.common.db.engine import behind_pgbouncer
from tests.fixtures.pgbouncer import PgBouncer, pgbouncer_program

ROOT = Path(__file__).parents[3]
MIGRATIONS = {
    "auth": ROOT / "services/auth/store/migrations",
    "analytics": ROOT / "services/analytics/store/migrations",
    "alerts": ROOT / "services/alerts/store/migrations",
}
CONNECTIONS, CLIENTS, TRANSACTIONS = 3, 24, 10


@pytest.fixture
async def bouncer(database_url: str, postgres_server: PostgresProcess, tmp_path: Path) -> AsyncIterator[PgBouncer]:
    if pgbouncer_program() is None:
        pytest.skip("There is no pgbouncer on this machine; `make pgbouncer` fetches one where Debian's tools are.")
    found = PgBouncer(tmp_path, postgres_server.data, str(make_url(database_url).database), CONNECTIONS)
    await found.start()
    yield found
    found.stop()


def test_the_url_says_that_it_is_there_and_the_driver_is_not_told() -> None:
    url = "postgresql://u:p@h:6432/d?pgbouncer=true&sslmode=require"
    assert behind_pgbouncer(url)
    assert normalise_url(url) == "postgresql+asyncpg://u:p@h:6432/d?ssl=require"
    assert not behind_pgbouncer("postgresql://u:p@h/d?pgbouncer=false")
    assert not behind_pgbouncer("postgresql://u:p@h/d")


async def test_services_migrate_and_work_through_it_and_leave_nothing_on_its_connections(
    bouncer: PgBouncer, database_url: str
) -> None:
    await asyncio.gather(*(migrate(bouncer.url, schema, folder) for schema, folder in MIGRATIONS.items()))

    async def client(number: int) -> set[int]:
        served = set()
        async with connect(bouncer.url, pool_size=1, pool_seconds=20) as database:
            for turn in range(TRANSACTIONS):
                async with database() as tx:
                    await tx.execute(text("SELECT pg_advisory_xact_lock_shared(7)"))
                    body = {"number": number, "turn": turn}
                    json = select(type_coerce(literal(body), JSONB), text("pg_backend_pid()"), text(f"{number}"))
                    found = (await tx.execute(json)).one()
                    assert (found[0], found[2]) == (body, number)
                    served.add(int(found[1]))
        return served

    served = set[int]().union(*await asyncio.gather(*(client(number) for number in range(CLIENTS))))
    assert len(served) == CONNECTIONS, "or it was no pool"

    async def left(tx: asyncpg.Connection) -> tuple[int, int, int]:
        statements = await tx.fetchval("SELECT count(*) FROM pg_prepared_statements WHERE name <> ''")
        channels = await tx.fetchval("SELECT count(*) FROM pg_listening_channels()")
        return statements, channels, await tx.fetchval("SELECT pg_backend_pid()")

    seen = {}
    # All of its connections at once, each held by an open transaction.
    held = [await asyncpg.connect(bouncer.url.partition("?")[0], statement_cache_size=0) for _ in range(CONNECTIONS)]
    for connection in held:
        await connection.execute("BEGIN")
        statements, channels, backend = await left(connection)
        seen[backend] = (statements, channels)
    for connection in held:
        await connection.close()
    assert seen == dict.fromkeys(served, (0, 0))
    direct = await asyncpg.connect(database_url)
    locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
    assert await direct.fetchval(locks) == 0, "locks end with their transactions"
    await direct.close()
