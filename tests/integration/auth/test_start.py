"""How auth starts, who may register, and what it says while Postgres is away."""

import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy import text

from deploy.local.postgres import PostgresProcess
from libs.common import keys
from libs.common.bus import MemoryBus
from libs.common.clock import ManualClock
from libs.common.contracts.auth import VERIFY_API_KEY, VerifyApiKey
from libs.common.db import connect
from libs.common.errors import Unavailable
from libs.common.settings import SettingsError
from services.auth.app import create_app
from services.auth.settings import AuthSettings
from tests.integration.auth.conftest import PASSWORD, Auth, settings_for


async def _registrations(settings: AuthSettings, emails: list[str]) -> list[tuple[str, int]]:
    """What a page for signing in is told before each registration, and how that ends."""
    async with (
        create_app(settings, MemoryBus()) as app,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{app.port}") as http,
    ):
        auth, found = Auth(http, MemoryBus(), settings), []
        for email in emails:
            told = (await http.get("/api/auth/options")).json()["registration"]
            found.append((told, (await auth.register(email=email)).status_code))
        return found


async def test_registration_is_open_to_all_to_the_first_or_to_nobody(database_url: str) -> None:
    closed = settings_for(database_url, registration="invite")
    assert await _registrations(closed, ["a@example.com"]) == [("invite", 403)]
    first = settings_for(database_url, registration="first")
    assert await _registrations(first, ["a@example.com", "b@example.com"]) == [("first", 201), ("invite", 403)]
    assert await _registrations(settings_for(database_url), ["b@example.com"]) == [("open", 201)]


@pytest.mark.parametrize(
    ("changes", "variable"),
    [
        ({"jwt_secret": "x" * 31}, "PROMPTLY_JWT_SECRET"),
        ({"jwt_secret": "x" * 32 + ",short"}, "PROMPTLY_JWT_SECRET"),
        ({"key_pepper": "short"}, "PROMPTLY_KEY_PEPPER"),
        ({"kek": "not-base64!"}, "PROMPTLY_KEK"),
        ({"kek": "c2hvcnQ="}, "PROMPTLY_KEK"),
    ],
)
async def test_it_does_not_start_on_secrets_that_are_too_weak(changes: dict[str, Any], variable: str) -> None:
    with pytest.raises(SettingsError, match=variable) as refusal:
        settings = settings_for("postgresql://nobody@127.0.0.1:1/none", **changes)
        async with create_app(settings, MemoryBus()):
            pytest.fail("started")
    assert not any(str(secret) in str(refusal.value) for secret in changes.values())


async def test_it_does_not_start_where_traces_could_not_be_linked_to() -> None:
    for url in ("ftp://localhost/{trace_id}", "http://localhost:16686/trace/"):
        settings = settings_for("postgresql://nobody@127.0.0.1:1/none", trace_url=url)
        with pytest.raises(SettingsError, match="PROMPTLY_TRACE_URL"):
            async with create_app(settings, MemoryBus()):
                pytest.fail("started")


async def test_a_rotated_token_secret_still_reads_the_old_tokens(database_url: str) -> None:
    old, new = "o" * 32, "n" * 32
    tokens: dict[str, str] = {}
    for secret in (old, f"{new},{old}", new):
        settings = settings_for(database_url, jwt_secret=secret)
        async with (
            create_app(settings, MemoryBus()) as app,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{app.port}") as http,
        ):
            auth = Auth(http, MemoryBus(), settings)
            for _, token in sorted(tokens.items()):
                answer = await auth.call("GET", "/api/auth/me", token)
                assert answer.status_code == (401 if secret == new and token == tokens[old] else 200)
            tokens[secret] = (await auth.new_org()).token


async def test_a_demotion_and_a_logout_elsewhere_count_within_five_seconds(database_url: str) -> None:
    clock, settings, bus = ManualClock(datetime.now(UTC)), settings_for(database_url), MemoryBus()
    async with (
        create_app(settings, bus, clock) as app,
        create_app(settings, MemoryBus()) as other,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{app.port}") as http,
    ):
        auth = Auth(http, bus, settings)
        demoted, leaving = await auth.new_org(), await auth.new_org()
        for org in (demoted, leaving):
            assert (await auth.call("PUT", "/api/org", org.token, json={"name": "n"})).status_code == 200
        async with connect(database_url) as database, database() as tx:
            change = text("UPDATE auth.users SET role = 'viewer' WHERE user_id = :id")
            await tx.execute(change, {"id": demoted.user_id})
        headers = {"Authorization": f"Bearer {leaving.token}"}
        await http.post(f"http://127.0.0.1:{other.port}/api/auth/logout", headers=headers)
        clock.advance(5)
        assert (await auth.call("PUT", "/api/org", demoted.token, json={"name": "n"})).status_code == 403
        assert (await auth.call("GET", "/api/org", leaving.token)).status_code == 401


async def test_other_origins_are_told_nothing(database_url: str) -> None:
    async with (
        create_app(settings_for(database_url), MemoryBus()) as app,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{app.port}") as http,
    ):
        for origin in ("https://evil.example.com", "null"):
            for method in ("OPTIONS", "GET"):
                headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
                answer = await http.request(method, "/api/auth/me", headers=headers)
                assert answer.status_code < 500
                assert not [name for name in answer.headers if name.startswith("access-control-")]


async def test_while_postgres_is_away_it_says_so_and_afterwards_all_is_well() -> None:
    directory = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    server = PostgresProcess(directory / "data")
    server.start()
    try:
        bus = MemoryBus()
        settings = settings_for(server.url())
        async with (
            create_app(settings, bus) as app,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{app.port}", timeout=30) as http,
        ):
            auth = Auth(http, bus, settings)
            org = await auth.new_org()
            unknown = VerifyApiKey(digest=keys.digest(keys.new_key(), settings.key_pepper))
            server.kill()

            with pytest.raises(Unavailable):
                await bus.call(VERIFY_API_KEY, unknown)
            for answer in (
                await auth.call("GET", "/api/keys/platform", org.token),
                await auth.register(),
                await http.post("/api/auth/login", json={"email": org.email, "password": PASSWORD}),
            ):
                assert answer.status_code == 503
                assert set(answer.json()) == {"detail"}
                assert answer.headers["Retry-After"]
            assert app.degraded() == ("postgres",)

            server.start()
            assert (await auth.verify(org.api_key)).org_id == org.id
            assert (await auth.call("GET", "/api/keys/platform", org.token)).status_code == 200
            assert app.degraded() == ()
    finally:
        server.stop()
        shutil.rmtree(directory, ignore_errors=True)


def test_the_secrets_have_no_default() -> None:
    required = {field.name for field in msgspec.structs.fields(AuthSettings) if field.required}
    assert required == {"jwt_secret", "key_pepper", "kek", "database_url"}
