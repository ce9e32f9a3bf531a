"""The unit of work and the migrations, on a real Postgres."""

import asyncio
import os
import signal
import time
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import literal, select, text, type_coerce
from sqlalchemy.dialects.postgresql import JSONB

from libs.common.db import connect, migrate, normalise_url
from libs.common.errors import Unavailable

FIRST = """
from alembic import op
revision, down_revision, branch_labels, depends_on = "0001", None, None, None
def upgrade():
    op.execute("CREATE TABLE {schema}.thing (id int PRIMARY KEY, body jsonb)")
"""
SECOND = """
from alembic import op
revision, down_revision, branch_labels, depends_on = "0002", "0001", None, None
def upgrade():
    op.execute("ALTER TABLE {schema}.thing ADD COLUMN note text")
    {extra}
"""


def _history(folder: Path, schema: str, extra: str = "") -> Path:
    folder.mkdir()
    (folder / "0001_first.py").write_text(FIRST.format(schema=schema))
    (folder / "0002_second.py").write_text(SECOND.format(schema=schema, extra=extra))
    return folder


async def test_a_block_that_ends_is_kept_and_one_that_raises_is_not(database_url: str) -> None:
    async with connect(database_url) as database:
        async with database() as tx:
            await tx.execute(text("CREATE TABLE kept (id int PRIMARY KEY)"))
            await tx.execute(text("INSERT INTO kept VALUES (1)"))
        with pytest.raises(ZeroDivisionError):  # the block is the unit of work under test
            async with database() as tx:
                await tx.execute(text("INSERT INTO kept VALUES (2)"))
                _ = 1 / 0
        async with database() as tx:
            assert (await tx.execute(text("SELECT array_agg(id) FROM kept"))).scalar_one() == [1]


async def test_copies_that_start_together_migrate_once(database_url: str, tmp_path: Path) -> None:
    revisions = _history(tmp_path / "revisions", "twins")
    await asyncio.gather(*(migrate(database_url, "twins", revisions) for _ in range(4)))
    async with connect(database_url) as database, database() as tx:
        assert (await tx.execute(text("SELECT version_num FROM twins.revisions"))).scalars().all() == ["0002"]
        await tx.execute(text("INSERT INTO twins.thing VALUES (1, NULL, 'note')"))


async def test_a_revision_that_fails_leaves_nothing_behind(database_url: str, tmp_path: Path) -> None:
    broken = _history(tmp_path / "broken", "halfway", extra="op.execute('SELECT 1/0')")
    with pytest.raises(Exception, match="division by zero"):
        await migrate(database_url, "halfway", broken)
    async with connect(database_url) as database, database() as tx:
        assert (await tx.execute(text("SELECT to_regnamespace('halfway')"))).scalar_one() is None
    await migrate(database_url, "halfway", _history(tmp_path / "mended", "halfway"))


async def test_schemas_keep_histories_of_their_own(database_url: str, tmp_path: Path) -> None:
    await migrate(database_url, "one", _history(tmp_path / "one", "one"))
    await migrate(database_url, "two", _history(tmp_path / "two", "two"))
    async with connect(database_url) as database, database() as tx:
        for schema in ("one", "two"):
            assert (await tx.execute(text(f"SELECT count(*) FROM {schema}.revisions"))).scalar_one() == 1


@pytest.mark.parametrize("url", ["postgresql://u@127.0.0.1:1/db", "postgresql:///db?host=/tmp/no-such-socket&user=u"])
async def test_a_postgres_that_is_not_there_is_said_within_a_second(url: str, tmp_path: Path) -> None:
    started = time.monotonic()
    async with connect(url) as database:
        with pytest.raises(Unavailable):
            async with database():
                pytest.fail("there is nothing to connect to")
        assert not database.reachable
    assert time.monotonic() - started < 1
    with pytest.raises(Unavailable):
        await migrate(url, "any", tmp_path, patience_seconds=0)


async def test_a_busy_pool_is_said_and_recovers(database_url: str) -> None:
    async with connect(database_url, pool_size=1, pool_seconds=0.1) as database:
        async with database():
            with pytest.raises(Unavailable):
                async with database():
                    pytest.fail("the only connection is taken")
        async with database() as tx:
            assert (await tx.execute(text("SELECT 1"))).scalar_one() == 1
        assert database.reachable


async def test_a_connection_cut_in_a_transaction_is_said_and_the_next_one_works(database_url: str) -> None:
    async with connect(database_url) as database:
        with pytest.raises(Unavailable):
            async with database() as tx:
                await tx.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        async with database() as victim:
            pid = (await victim.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        os.kill(pid, signal.SIGTERM)  # idle in the pool when it dies
        async with database() as tx:
            assert (await tx.execute(text("SELECT 1"))).scalar_one() == 1


async def test_what_postgres_refuses_is_not_called_unavailable(database_url: str) -> None:
    async with connect(database_url) as database:
        with pytest.raises(Exception, match="does not exist") as refusal:
            async with database() as tx:
                await tx.execute(text("SELECT * FROM nowhere"))
        assert not isinstance(refusal.value, Unavailable)
        assert database.reachable


async def test_structs_go_into_json_columns_and_come_out_as_objects(database_url: str) -> None:
    class Point(msgspec.Struct, frozen=True, kw_only=True):
        x: int
        tags: tuple[str, ...]

    async with connect(database_url) as database, database() as tx:
        question = select(type_coerce(literal(Point(x=1, tags=("a", "é"))), JSONB))
        assert (await tx.execute(question)).scalar_one() == {"x": 1, "tags": ["a", "é"]}


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("postgres://u:p%40@h:1/d", "postgresql+asyncpg://u:p%40@h:1/d"),
        ("postgresql://h/d?sslmode=require", "postgresql+asyncpg://h/d?ssl=require"),
        ("postgresql+asyncpg:///d?host=/run/pg&user=x", "postgresql+asyncpg:///d?host=%2Frun%2Fpg&user=x"),
    ],
)
def test_urls_of_every_kind_are_read(given: str, taken: str) -> None:
    assert normalise_url(given) == taken


@pytest.mark.parametrize("url", ["mysql://u:secret@h/d", "secret", ""])
def test_a_url_that_is_not_postgres_is_refused_without_being_quoted(url: str) -> None:
    with pytest.raises(ValueError, match="database URL") as refusal:
        normalise_url(url)
    assert "secret" not in str(refusal.value)
