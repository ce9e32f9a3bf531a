"""Another master key: every provider key is brought under it, and then the old one is needed by nobody."""

import asyncio
import base64
import os
import subprocess
import sys

import httpx
import pytest
from sqlalchemy import text

from libs.common.bus import MemoryBus
from libs.common.bus.nats import NatsBus
from libs.common.contracts.auth import REWRAP_KEYS, RewrapKeys
from libs.common.db import connect
from libs.common.sealing import CannotOpen, Sealer
from services.auth.app import create_app
from tests.fixtures.nats import NatsServer
from tests.integration.auth.conftest import Auth, Org, settings_for

OLD, NEW, LOST = (base64.b64encode(letter * 32).decode() for letter in (b"o", b"n", b"l"))


async def _connected(database_url: str, kek: str, count: int) -> list[tuple[Org, str]]:
    """Organizations, each with the id of a provider key that was sealed under this master key."""
    settings, bus = settings_for(database_url, kek=kek), MemoryBus()
    async with (
        create_app(settings, bus) as app,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{app.port}", timeout=30) as http,
    ):
        auth, found = Auth(http, bus, settings), []
        for number in range(count):
            org = await auth.new_org()
            body = {"provider": "openai", "api_key": f"sk-secret-number-{number}"}
            made = await auth.call("POST", "/api/keys/providers", org.token, json=body)
            found.append((org, made.json()["id"]))
        return found


async def _sealed(database_url: str) -> dict[str, str]:
    async with connect(database_url) as database, database() as tx:
        return {row.key_id: row.sealed for row in await tx.execute(text("SELECT * FROM auth.provider_keys"))}


async def test_the_old_master_key_is_unnecessary_afterwards(
    database_url: str, nats_server: NatsServer, nats_bus: NatsBus
) -> None:
    connected = await _connected(database_url, f"1:{OLD}", 5)
    unreadable = await _connected(database_url, f"7:{LOST}", 1)
    before = await _sealed(database_url)
    settings = settings_for(database_url, kek=f"1:{OLD},8:{NEW}")
    async with create_app(settings, nats_bus):
        first = await nats_bus.call(REWRAP_KEYS, RewrapKeys(limit=2))
        assert (first.rewrapped, first.unreadable, first.version) == (2, 0, 8)
        assert first.next is not None
        said = subprocess.Popen(
            [sys.executable, "-m", "deploy.local", "keys", "rotate"],
            env={**os.environ, "PROMPTLY_NATS_URL": nats_server.url},
            stdout=subprocess.PIPE,
            text=True,
        )
        output, _ = await _finished(said)
        assert said.returncode == 1
        assert "3 provider keys were rewrapped under version 8" in output
        assert "1 provider keys could not be opened" in output
        again = await nats_bus.call(REWRAP_KEYS, RewrapKeys())
        assert (again.rewrapped, again.unreadable, again.next) == (0, 1, None)
    after, new, old = await _sealed(database_url), Sealer({8: b"n" * 32}), Sealer({1: b"o" * 32})
    for number, (org, key_id) in enumerate(connected):
        assert new.open(org.id, "openai", key_id, after[key_id]) == f"sk-secret-number-{number}"
        # The data key and the text under it stay as they are: only what wraps the data key is new.
        assert after[key_id].split(".")[3] == before[key_id].split(".")[3]
        with pytest.raises(CannotOpen):
            old.open(org.id, "openai", key_id, after[key_id])
    for _, key_id in unreadable:
        assert after[key_id] == before[key_id]


async def _finished(process: "subprocess.Popen[str]") -> tuple[str, str]:
    return await asyncio.to_thread(process.communicate, None, 60)


async def test_the_operator_resets_a_password_at_the_command_line(
    database_url: str, nats_server: NatsServer, nats_bus: NatsBus
) -> None:
    settings = settings_for(database_url)
    async with (
        create_app(settings, nats_bus) as app,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{app.port}", timeout=30) as http,
    ):
        org = await Auth(http, MemoryBus(), settings).new_org()
        for email, code in ((org.email, 0), ("nobody@example.com", 1)):
            said = subprocess.Popen(
                [sys.executable, "-m", "deploy.local", "users", "reset", email],
                env={**os.environ, "PROMPTLY_NATS_URL": nats_server.url},
                stdout=subprocess.PIPE,
                text=True,
            )
            output, _ = await _finished(said)
            assert said.returncode == code, output
            if code == 0:
                token = output.partition("#token=")[2].split()[0]
        body = {"token": token, "password": "another-password"}
        assert (await http.post("/api/auth/password/reset/confirm", json=body)).status_code == 204
        login = await http.post("/api/auth/login", json={"email": org.email, "password": "another-password"})
        assert login.status_code == 200
