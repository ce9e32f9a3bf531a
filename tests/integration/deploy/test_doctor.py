"""`promptly doctor` on set-ups that are broken in one way each: it names the way, and says how to mend it."""

import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from deploy.doctor import command
from deploy.doctor.connections import check_gateway, check_nats, check_postgres, clock
from deploy.doctor.finding import Finding
from deploy.doctor.provider_keys import check_provider_keys
from deploy.doctor.settings import Installation
from deploy.doctor.settings_check import check_settings
from deploy.doctor.storage import check_disk
from deploy.local.ports import free_port
from libs.common.bus.access import OPERATOR, users_conf
from libs.common.bus.nats import NatsBus
from libs.common.contracts.status import SERVICES, AskStatus, Status, status_of
from libs.common.version import VERSION
from libs.common.web import serve_http
from tests.fixtures.nats import NatsServer


def states(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.check, finding.state) for finding in findings]


def settings(home: Path | None = None, **given: str) -> list[Finding]:
    environment = {f"PROMPTLY_{name}": value for name, value in given.items()}
    return check_settings(Installation(environment=environment, home=home, nats_url=given.get("NATS_URL")))


def test_settings_that_are_right_are_one_line() -> None:
    (found,) = settings(PORT="8000", NATS_URL="nats://gateway:secret@nats:4222", LOG_FORMAT="json", CONFIG="")
    assert found.state == "ok"


@pytest.mark.parametrize(
    ("given", "state", "says", "mend"),
    [
        ({"NAT_URL": "nats://x"}, "warning", "PROMPTLY_NAT_URL", "Is it PROMPTLY_NATS_URL?"),
        ({"QQQQQQQQ": "1"}, "warning", "PROMPTLY_QQQQQQQQ", "docs/settings.md"),
        ({"PORT": "many"}, "failed", "PROMPTLY_PORT cannot be used", "docs/settings.md"),
        ({"GATEWAY_WORKERS": "1000"}, "failed", "PROMPTLY_GATEWAY_WORKERS", "docs/settings.md"),
        ({"CONFIG": "/nowhere/promptly.toml"}, "failed", "/nowhere/promptly.toml", "Correct"),
        ({"JWT_SECRET": "hunter2"}, "warning", "PROMPTLY_JWT_SECRET has 7 characters", "new-secrets"),
        ({"OPS_HOST": "0.0.0.0"}, "warning", "/metrics can be read by everybody", "PROMPTLY_METRICS_TOKEN"),
        ({"PUBLIC_URL": "http://p.example.com", "REGISTRATION": "first"}, "warning", "without encryption", "HTTPS"),
        ({"PUBLIC_URL": "https://p.example.com"}, "warning", "may register", "PROMPTLY_REGISTRATION"),
        ({"NATS_URL": "nats://nats:4222"}, "warning", "without a user", "deploy/nats.conf"),
    ],
)
def test_a_setting_that_is_wrong_is_named(given: dict[str, str], state: str, says: str, mend: str) -> None:
    (found,) = settings(**given)
    assert found.state == state
    assert says in found.says
    assert mend in found.mend
    assert "hunter2" not in str(found)


def test_secrets_that_others_can_read_are_found(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / "secrets.json").touch(mode=0o600)
    assert states(settings(home)) == [("settings", "ok")]
    (home / "secrets.json").chmod(0o644)
    (found,) = settings(home)
    assert (found.state, found.mend) == ("failed", f"chmod 600 {home / 'secrets.json'}")


async def test_a_server_that_is_not_there() -> None:
    port = free_port()
    (nats,) = await check_nats(f"nats://operator:hunter2@127.0.0.1:{port}")
    (gateway,) = await check_gateway(f"http://127.0.0.1:{port}")
    (postgres,) = await check_postgres(f"postgresql://promptly:hunter2@127.0.0.1:{port}/promptly")
    for found in (nats, gateway, postgres):
        assert found.state == "failed"
        assert found.mend
        assert "hunter2" not in str(found)
    assert f"127.0.0.1:{port}" in nats.says


@pytest.fixture
async def guarded(nats_server: NatsServer) -> AsyncIterator[str]:
    """A NATS with users, on which gateway and auth (which makes the streams) answer; auth misses its database."""
    nats_server.stop()
    nats_server.settings = users_conf(lambda user: f'"password-of-{user}"')
    nats_server.start()
    address = f"127.0.0.1:{nats_server.port}"
    said = {
        "gateway": Status(version=VERSION, degraded=("cache",)),
        "auth": Status(version=VERSION, missing=("database",)),
        "router": Status(version=VERSION),
    }
    buses = []
    for name, status in said.items():

        async def answer(_: AskStatus, status: Status = status) -> Status:
            return status

        bus = NatsBus(f"nats://{name}:password-of-{name}@{address}", name)
        await bus.serve(status_of(name), answer)
        await bus.start(5)
        buses.append(bus)
    yield address
    for bus in buses:
        await bus.drain(0)


async def test_the_services_are_asked_how_they_are(guarded: str) -> None:
    found = await check_nats(f"nats://{OPERATOR}:password-of-{OPERATOR}@{guarded}")
    named = {finding.check: finding for finding in found}
    assert set(named) == {"nats", "clock", *SERVICES}
    assert {named[one].state for one in ("nats", "clock", "router")} == {"ok"}
    assert (named["gateway"].state, "cache" in named["gateway"].says) == ("warning", True)
    assert (named["auth"].state, "database" in named["auth"].says) == ("failed", True)
    assert {named[one].state for one in ("cache", "optimizer", "analytics", "alerts")} == {"failed"}


async def test_a_nats_that_does_not_know_the_password(guarded: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploy.doctor.connections._SECONDS", 0.5)
    (found,) = await check_nats(f"nats://{OPERATOR}:wrong@{guarded}")
    assert found.state == "failed"
    assert "does not let `operator` in" in found.says


async def test_a_database_without_tables_and_one_with_them(database_url: str) -> None:
    (empty,) = await check_postgres(database_url)
    assert empty.state == "failed"
    assert "alerts, analytics, auth" in empty.says
    connection = await asyncpg.connect(database_url)
    await connection.execute("CREATE SCHEMA auth; CREATE SCHEMA analytics; CREATE SCHEMA alerts")
    await connection.close()
    assert states(await check_postgres(f"{database_url}&pgbouncer=true")) == [("postgres", "ok"), ("clock", "ok")]


@pytest.mark.parametrize(("off", "word"), [(-40.0, "ahead of"), (40.0, "behind")])
def test_a_clock_that_is_wrong(off: float, word: str) -> None:
    found = clock("Postgres", time.time() + off)
    assert found.state == "failed"
    assert word in found.says
    assert "NTP" in found.mend


def test_a_disk_that_is_full_or_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_disk(tmp_path / "not" / "made" / "yet").state in ("ok", "warning")
    for bytes_free, state in ((100 << 20, "failed"), (500 << 20, "warning")):
        usage = type("Usage", (), {"free": bytes_free})
        monkeypatch.setattr("deploy.doctor.storage.shutil.disk_usage", lambda _, usage=usage: usage)
        assert check_disk(tmp_path).state == state
    monkeypatch.setattr("deploy.doctor.storage.os.access", lambda *_: False)
    assert "cannot be written" in check_disk(tmp_path).says


async def test_a_port_with_something_else_behind_it() -> None:
    async def other(_: Any, __: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"<html>"})

    async with serve_http(other, "127.0.0.1", 0, 1) as served:
        (found,) = await check_gateway(f"http://127.0.0.1:{served.port}")
        (key,) = await check_provider_keys(f"http://127.0.0.1:{served.port}", "cp-promptly-x")
    assert "is no Promptly" in found.says
    assert key.state == "failed"


async def test_it_prints_what_it_found_and_fails_where_something_does(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    broken = Installation(environment={"PROMPTLY_PORT": "many"}, directories=(tmp_path,))
    assert await command.run(broken, as_json=False) == 1
    printed = capsys.readouterr().out
    assert "✗ settings       PROMPTLY_PORT cannot be used" in printed
    assert "→ " in printed
    assert "1 failed" in printed
    assert await command.run(broken, as_json=True) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["healthy"] is False
    assert {finding["state"] for finding in said["findings"]} >= {"failed", "skipped"}
    assert await command.run(Installation(environment={}), as_json=True) == 0
    assert json.loads(capsys.readouterr().out)["healthy"] is True
