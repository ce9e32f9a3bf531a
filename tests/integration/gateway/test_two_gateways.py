"""Two gateways, separate processes on one nats-server: they let through what one would."""

import asyncio
import base64
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from deploy.local.ports import free_port
from libs.common import ids, keys
from libs.common.bus.nats import NatsBus
from libs.common.contracts.auth import VERIFY_API_KEY, Principal, ProviderKey, VerifyApiKey
from libs.common.errors import Unauthorized
from libs.common.sealing import Sealer
from libs.common.web import serve_http
from tests.fake_provider.app import FakeProvider
from tests.fixtures.gateway import KEK, PASSIVE, PEPPER
from tests.fixtures.nats import NatsServer

ROOT = Path(__file__).parents[3]
LIMIT, BURST, AT_ONCE = 500, 2000, 100


@pytest.fixture
async def two(nats_server: NatsServer, tmp_path: Path) -> AsyncIterator[tuple[list[str], str]]:
    """The URLs of two gateways, and a key with a limit of 500 requests a minute."""
    provider, bus = FakeProvider(), NatsBus(nats_server.url, "auth")
    api_key, org_id = keys.new_key(), ids.new_id("org")
    await bus.start(30)
    async with serve_http(provider, "127.0.0.1", 0, 1) as served:  # type: ignore[arg-type]
        sealed = Sealer({1: KEK}).seal(org_id, "openai", "pk_1", "sk-provider")
        own = ProviderKey(id="pk_1", provider="openai", sealed=sealed, base_url=f"http://127.0.0.1:{served.port}/v1")
        principal = Principal(
            org_id=org_id, key_id=ids.new_id("key"), settings=PASSIVE, rpm=LIMIT, provider_keys=(own,)
        )

        async def verify(asked: VerifyApiKey) -> Principal:
            if asked.digest != keys.digest(api_key, PEPPER):
                raise Unauthorized("Unknown key.")
            return principal

        await bus.serve(VERIFY_API_KEY, verify)
        ports = [free_port(), free_port()]
        started = [start(nats_server.url, port, f"127.0.0.1:{served.port}", tmp_path / str(port)) for port in ports]
        urls = [f"http://127.0.0.1:{port}" for port in ports]
        try:
            await ready(urls)
            yield urls, api_key
        finally:
            for process in started:
                process.send_signal(signal.SIGINT)
            for process in started:
                process.wait(30)
            await bus.drain()


def start(nats_url: str, port: int, provider: str, directory: Path) -> subprocess.Popen[bytes]:
    own = {
        "PROMPTLY_NATS_URL": nats_url,
        "PROMPTLY_PORT": str(port),
        "PROMPTLY_KEY_PEPPER": PEPPER,
        "PROMPTLY_KEK": base64.b64encode(KEK).decode(),
        "PROMPTLY_SPOOL_DIR": str(directory),
        "PROMPTLY_ALLOWED_HOSTS": provider,
        "PROMPTLY_LIMIT_BUDGET_MS": "10000",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "services.gateway"],
        cwd=ROOT,
        env={**os.environ, **own},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


async def ready(urls: list[str]) -> None:
    deadline = time.monotonic() + 60
    async with aiohttp.ClientSession() as session:
        for url in urls:
            while True:
                assert time.monotonic() < deadline, f"{url} did not become ready"
                try:
                    async with session.get(f"{url}/readyz") as answer:
                        if answer.status == 200:
                            break
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.05)


async def test_a_burst_over_both_is_let_through_up_to_the_limit(two: tuple[list[str], str]) -> None:
    urls, api_key = two
    began = int(time.time() // 60)
    gate, outcomes, waits = asyncio.Semaphore(AT_ONCE), Counter[int](), list[str | None]()
    body: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello!"}]}
    async with aiohttp.ClientSession(headers={"authorization": f"Bearer {api_key}"}) as session:

        async def ask(number: int) -> None:
            async with gate, session.post(f"{urls[number % 2]}/v1/chat/completions", json=body) as answer:
                await answer.read()
                outcomes[answer.status] += 1
                if answer.status == 429:
                    waits.append(answer.headers.get("retry-after"))
                    assert answer.headers["x-ratelimit-limit-requests"] == str(LIMIT)

        await asyncio.gather(*(ask(number) for number in range(BURST)))
    print(dict(outcomes))
    assert sum(outcomes.values()) == BURST
    minutes = int(time.time() // 60) - began + 1  # each lets through as many
    assert 490 <= outcomes[200] <= 510 * minutes
    assert outcomes[429] == BURST - outcomes[200]
    assert all(wait is not None and 1 <= int(wait) <= 60 for wait in waits)
