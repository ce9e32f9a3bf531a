"""`python -m libs.common.db`: what an orchestrator runs before it replaces services."""

import asyncio
import os
import subprocess
import sys

import asyncpg
import pytest

from tests.fixtures.running import ROOT

WITH_TABLES = ("auth", "analytics", "alerts")


def migrate(*words: str, url: str | None) -> "subprocess.CompletedProcess[str]":
    env = {name: value for name, value in os.environ.items() if not name.startswith("PROMPTLY_")}
    if url is not None:
        env["PROMPTLY_DATABASE_URL"] = url
    return subprocess.run(
        [sys.executable, "-m", "libs.common.db", *words], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60
    )


def test_it_makes_the_tables_of_each_service_and_does_nothing_the_second_time(database_url: str) -> None:
    async def newest(schema: str) -> str:
        connection = await asyncpg.connect(database_url)
        try:
            found: str = await connection.fetchval(f"SELECT version_num FROM {schema}.revisions")
            return found
        finally:
            await connection.close()

    for service in WITH_TABLES:
        revisions = sorted((ROOT / "services" / service / "store" / "migrations").glob("0*.py"))
        for _ in range(2):
            done = migrate(service, url=database_url)
            assert (done.returncode, done.stderr) == (0, "")
            assert done.stdout == f"{service}: its tables are up to date.\n"
        assert asyncio.run(newest(service)) == revisions[-1].name[:4]


@pytest.mark.parametrize(
    ("words", "url", "sentence"),
    [
        (["auth"], None, "auth: PROMPTLY_DATABASE_URL is not set"),
        (
            ["auth", "--patience", "0"],
            "postgresql://promptly:of-no-importance@127.0.0.1:1/promptly",
            "The database could not be reached in time",
        ),
        (["gateway"], "postgresql://x", "invalid choice: 'gateway'"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(words: list[str], url: str | None, sentence: str) -> None:
    done = migrate(*words, url=url)
    assert done.returncode != 0
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert "of-no-importance" not in done.stderr
