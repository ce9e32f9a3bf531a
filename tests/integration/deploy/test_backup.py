"""Backup, wipe, restore: the same rows are there, the same keys answer, and what was sealed can be opened."""

import base64
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from deploy.local import backup
from deploy.local.backup import BackupFailed
from deploy.local.console import Console
from deploy.local.postgres import PostgresProcess
from deploy.local.secrets import Secrets, load_or_make
from deploy.local.settings import LocalSettings
from libs.common import keys
from libs.common.bus import MemoryBus
from libs.common.contracts.auth import VERIFY_API_KEY, Principal, VerifyApiKey
from libs.common.contracts.events import COMPLETION_FINISHED
from libs.common.sealing import Sealer, parse_keks
from services.alerts.app import create_app as create_alerts
from services.alerts.settings import AlertsSettings
from services.analytics.app import create_app as create_analytics
from services.analytics.settings import AnalyticsSettings
from services.auth.app import create_app as create_auth
from services.auth.settings import AuthSettings
from tests.unit.analytics.examples import request

EMAIL, PASSWORD, PROVIDER_KEY = "dev@example.com", "securepassword", "sk-provider-of-the-backup"


@pytest.fixture
def directory() -> Iterator[Path]:
    """Where homes are; sockets of Postgres need a short path."""
    with tempfile.TemporaryDirectory(prefix="backup-", dir="/tmp") as made:
        yield Path(made)


def home(directory: Path, name: str) -> LocalSettings:
    return LocalSettings(home=str(directory / name))


@asynccontextmanager
async def services(
    own: LocalSettings, log_retention_days: int = 90
) -> AsyncIterator[tuple[httpx.AsyncClient, MemoryBus, Secrets, str]]:
    """Auth, analytics and alerts on a home's database, with its secrets."""
    made = load_or_make(own.home_path / "secrets.json")
    server = PostgresProcess(own.home_path / "postgres", made.postgres_password)
    server.start()
    bus = MemoryBus()
    url = server.url()
    auth = AuthSettings(
        database_url=url, jwt_secret=made.jwt_secret, key_pepper=made.key_pepper, kek=made.kek, auth_port=0
    )
    try:
        async with (
            create_analytics(AnalyticsSettings(database_url=url, log_retention_days=log_retention_days), bus),
            create_alerts(AlertsSettings(database_url=url, alerts_kek=made.alerts_kek), bus),
            create_auth(auth, bus) as app,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{app.port}", timeout=30) as http,
        ):
            yield http, bus, made, url
            await bus.drain()
    finally:
        server.stop()


async def rows(url: str) -> dict[str, Any]:
    """How many rows each table has, and a digest of all that they hold."""
    connection = await asyncpg.connect(url)
    try:
        tables = await connection.fetch(
            "SELECT schemaname || '.' || quote_ident(tablename) AS name FROM pg_tables"
            " WHERE schemaname IN ('auth', 'analytics', 'alerts')"
        )
        return {
            table["name"]: tuple(
                await connection.fetchrow(
                    f"SELECT count(*), coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') FROM {table['name']} t"
                )
            )
            for table in tables
        }
    finally:
        await connection.close()


async def verified(bus: MemoryBus, made: Secrets, api_key: str) -> Principal:
    return await bus.call(VERIFY_API_KEY, VerifyApiKey(digest=keys.digest(api_key, made.key_pepper)))


@pytest.mark.timeout(180)
async def test_after_a_restore_the_same_rows_and_keys_are_there(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second, file = home(directory, "first"), home(directory, "second"), directory / "promptly.backup"
    first.home_path.mkdir()
    async with services(first) as (http, bus, made, url):
        body = {"org_name": "My Company", "email": EMAIL, "password": PASSWORD, "account_type": "team"}
        registered = (await http.post("/api/auth/register", json=body)).json()
        headers = {"authorization": f"Bearer {registered['token']}"}
        connected = {"provider": "openai", "api_key": PROVIDER_KEY}
        assert (await http.post("/api/keys/providers", json=connected, headers=headers)).status_code == 201
        for _ in range(5):
            finished = request(org_id=registered["org"]["id"])
            await bus.emit(COMPLETION_FINISHED, finished, event_id=finished.id)
        logged = "SELECT count(*) FROM analytics.requests"
        connection = await asyncpg.connect(url)
        try:
            while await connection.fetchval(logged) < 5:
                pass
        finally:
            await connection.close()
    server = PostgresProcess(first.home_path / "postgres", made.postgres_password)
    server.start()
    before = await rows(server.url())
    server.stop()
    assert sum(count for count, _ in before.values()) > 10

    assert backup.backup(first, file, Console([])) == 0
    assert file.stat().st_mode & 0o777 == 0o600
    shutil.rmtree(first.home_path)
    assert backup.restore(second, file, Console([])) == 0
    assert (second.home_path / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert made.kek not in capsys.readouterr().out

    server = PostgresProcess(second.home_path / "postgres", made.postgres_password)
    server.start()
    assert await rows(server.url()) == before
    server.stop()
    async with services(second) as (http, bus, again, _):
        assert again == made
        principal = await verified(bus, again, registered["api_key"])
        assert principal.org_id == registered["org"]["id"]
        (provider,) = principal.provider_keys
        sealer = Sealer(parse_keks(again.kek))
        assert sealer.open(principal.org_id, provider.provider, provider.id, provider.sealed) == PROVIDER_KEY
        signed_in = await http.post("/api/auth/login", json={"email": EMAIL, "password": PASSWORD})
        assert signed_in.status_code == 200

    with pytest.raises(BackupFailed, match="There is a database"):
        backup.restore(second, file, Console([]))


def test_what_cannot_be_backed_up_says_why(directory: Path) -> None:
    own = home(directory, "none")
    with pytest.raises(BackupFailed, match="There are no secrets"):
        backup.backup(own, directory / "file", Console([]))
    own.home_path.mkdir()
    load_or_make(own.home_path / "secrets.json")
    there = directory / "there"
    there.touch()
    with pytest.raises(BackupFailed, match="is there already"):
        backup.backup(own, there, Console([]))


@pytest.mark.parametrize("content", [b"", b"no archive", os.urandom(2000), base64.b64encode(b"x" * 9000)])
def test_what_is_no_backup_is_refused_and_changes_nothing(directory: Path, content: bytes) -> None:
    file, own = directory / "file", home(directory, "home")
    with pytest.raises(BackupFailed, match="There is no file"):
        backup.restore(own, file, Console([]))
    file.write_bytes(content)
    with pytest.raises(BackupFailed, match="is no backup"):
        backup.restore(own, file, Console([]))
    assert not (own.home_path / "secrets.json").exists()


def test_a_password_does_not_stand_in_a_command_line() -> None:
    url = "postgresql+asyncpg://promptly:p%40ss@db:5432/promptly?sslmode=require&pgbouncer=true"
    address, variables = backup._without_password(url)
    assert address == "postgresql://promptly@db:5432/promptly?sslmode=require"
    assert variables == {"PGPASSWORD": "p@ss"}
    assert msgspec.json.encode(variables)
