"""Auth as a process of its own: the real bus, its own ports, a clean end, and logs that give nothing away."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import msgspec

from libs.common import keys
from libs.common.bus import MemoryBus
from libs.common.bus.nats import NatsBus
from libs.common.contracts.auth import PRINCIPAL_CHANGED, VERIFY_API_KEY, PrincipalChanged, VerifyApiKey
from services.auth.settings import AuthSettings
from tests.fixtures.nats import NatsServer
from tests.integration.auth.conftest import PASSWORD, Auth, settings_for
from tests.integration.auth.test_keys import OPENAI_KEY


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def _process(settings: AuthSettings, log: Path) -> AsyncIterator[subprocess.Popen[bytes]]:
    given = {name: str(value) for name, value in msgspec.structs.asdict(settings).items() if value is not None}
    env = os.environ | {f"PROMPTLY_{name.upper()}": value for name, value in given.items()}
    with log.open("wb") as output:
        process = subprocess.Popen([sys.executable, "-m", "services.auth"], env=env, stdout=output, stderr=output)
    try:
        async with httpx.AsyncClient() as http:
            while True:
                assert process.poll() is None, "auth ended at once"
                try:
                    await http.get(f"http://127.0.0.1:{settings.auth_port}/api/auth/me")
                    break
                except httpx.TransportError:
                    await asyncio.sleep(0.05)  # between two tries, not instead of one
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


async def test_it_serves_both_doors_ends_cleanly_and_logs_no_secret(
    database_url: str, nats_server: NatsServer, nats_bus: NatsBus, tmp_path: Path
) -> None:
    settings = settings_for(database_url, nats_url=nats_server.url, auth_port=_free_port(), log_level="debug")
    heard: asyncio.Queue[PrincipalChanged] = asyncio.Queue()
    await nats_bus.listen(PRINCIPAL_CHANGED, heard.put)
    log = tmp_path / "auth.log"
    async with (
        _process(settings, log) as process,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{settings.auth_port}", timeout=30) as http,
    ):
        auth = Auth(http, MemoryBus(), settings)
        org = await auth.new_org()
        principal = await nats_bus.call(
            VERIFY_API_KEY, VerifyApiKey(digest=keys.digest(org.api_key, settings.key_pepper))
        )
        assert principal.org_id == org.id
        made = await auth.call(
            "POST", "/api/keys/providers", org.token, json={"provider": "openai", "api_key": OPENAI_KEY}
        )
        assert made.status_code == 201
        assert (await asyncio.wait_for(heard.get(), 5)).org_id == org.id
        assert (await auth.call("GET", "/api/analytics/overview", org.token)).status_code == 503
        wrong = {"email": org.email, "password": "a-wrong-password"}
        assert (await http.post("/api/auth/login", json=wrong)).status_code == 401
        process.terminate()
        assert await asyncio.to_thread(process.wait, 10) == 0
    written = log.read_text()
    assert "stopped" in written
    secrets = (PASSWORD, "a-wrong-password", OPENAI_KEY, org.api_key, org.token, org.email, settings.kek)
    assert not [secret for secret in secrets if secret in written]
