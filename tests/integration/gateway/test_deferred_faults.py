"""Requests that wait for a batch outlive a gateway that is killed, and a NATS server that is."""

import asyncio
import base64
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from deploy.local.ports import free_port
from libs.common import ids, keys
from libs.common.bus.nats import NatsBus
from libs.common.contracts.auth import VERIFY_API_KEY, OptimizationSettings, Principal, ProviderKey, VerifyApiKey
from libs.common.contracts.events import COMPLETION_FINISHED, CompletionFinished
from libs.common.errors import Unauthorized
from libs.common.sealing import Sealer
from libs.common.web import serve_http
from tests.fake_provider.app import FakeProvider
from tests.fixtures.gateway import KEK, PEPPER
from tests.fixtures.nats import NatsServer, until

ROOT = Path(__file__).parents[3]
PLAIN = OptimizationSettings(cache_enabled=False, routing_mode="manual", level="off")
WAITS = {"x-promptly-deadline": "24h", "prefer": "respond-async"}


@dataclass
class Place:
    """A NATS server, a provider and what is known of an organization; gateways are started by tests."""

    server: NatsServer
    provider: FakeProvider
    provider_host: str
    api_key: str
    directory: Path
    finished: list[CompletionFinished] = field(default_factory=list)
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def gateway(self) -> tuple[subprocess.Popen[bytes], str]:
        """A gateway of its own process, and its address."""
        port = free_port()
        own = {
            "PROMPTLY_NATS_URL": self.server.url,
            "PROMPTLY_PORT": str(port),
            "PROMPTLY_KEY_PEPPER": PEPPER,
            "PROMPTLY_KEK": base64.b64encode(KEK).decode(),
            "PROMPTLY_SPOOL_DIR": str(self.directory / str(port)),
            "PROMPTLY_ALLOWED_HOSTS": self.provider_host,
            "PROMPTLY_DEFERRAL_WAIT_SECONDS": "0",
            "PROMPTLY_DEFERRAL_LOOK_SECONDS": "0.1",
            "PROMPTLY_DEFERRAL_LEASE_SECONDS": "1",
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "services.gateway"],
            cwd=ROOT,
            env={**os.environ, **own},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.started.append(process)
        return process, f"http://127.0.0.1:{port}"

    def client(self, url: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=url, headers={"authorization": f"Bearer {self.api_key}"}, timeout=30)

    def billed(self) -> dict[str, int]:
        """What was billed in batches, by request; none of them twice."""
        entries = [entry for entry in self.provider.ledger if entry.get("kind") == "batch"]
        found = {entry["custom_id"]: entry["nano_usd"] for entry in entries}
        assert len(found) == len(entries)
        return found

    def batches(self) -> int:
        return sum(entry.get("target") == "/v1/batches" and entry["method"] == "POST" for entry in self.provider.ledger)


@pytest.fixture
async def place(nats_server: NatsServer, tmp_path: Path) -> AsyncIterator[Place]:
    provider, bus = FakeProvider(), NatsBus(nats_server.url, "test")
    api_key, org_id = keys.new_key(), ids.new_id("org")
    await bus.start(30)
    async with serve_http(provider, "127.0.0.1", 0, 1) as served:  # type: ignore[arg-type]
        host = f"127.0.0.1:{served.port}"
        found = Place(nats_server, provider, host, api_key, tmp_path)
        sealed = Sealer({1: KEK}).seal(org_id, "openai", "pk_1", "sk-provider")
        own = ProviderKey(id="pk_1", provider="openai", sealed=sealed, base_url=f"http://{host}/v1")
        principal = Principal(org_id=org_id, key_id=ids.new_id("key"), settings=PLAIN, rpm=9000, provider_keys=(own,))

        async def verify(asked: VerifyApiKey) -> Principal:
            if asked.digest != keys.digest(api_key, PEPPER):
                raise Unauthorized("Unknown key.")
            return principal

        async def finished(batch: list[CompletionFinished]) -> None:
            found.finished.extend(batch)

        await bus.serve(VERIFY_API_KEY, verify)
        await bus.consume(COMPLETION_FINISHED, "analytics", finished)  # type: ignore[arg-type]
        try:
            yield found
        finally:
            for process in found.started:
                process.kill()
                process.wait()
            await bus.drain()


async def ready(http: httpx.AsyncClient) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                if (await http.get("/readyz")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.05)


async def send(http: httpx.AsyncClient, number: int) -> str:
    said = {"model": "gpt-6.1-terra", "messages": [{"role": "user", "content": f"Name {number} harbours."}]}
    answer = await http.post("/v1/chat/completions", json=said, headers=WAITS)
    assert answer.status_code == 202, answer.text
    return answer.headers["location"]


async def done(http: httpx.AsyncClient, url: str) -> httpx.Response:
    async with asyncio.timeout(40):
        while (answer := await http.get(url)).status_code in (202, 503):
            await asyncio.sleep(0.3)
    return answer


async def settled(place: Place, urls: list[str]) -> None:
    """Each request has one record, with what was billed for it."""
    await until(lambda: len({event.id for event in place.finished}) == len(urls), 20)
    assert {event.id: event.actual_cost_nano for event in place.finished} == place.billed()
    assert sorted(place.billed()) == sorted(url.rpartition("/")[2] for url in urls)


async def test_another_gateway_brings_the_answers_of_one_that_was_killed(place: Place) -> None:
    first, url = place.gateway()
    _, other = place.gateway()
    async with place.client(url) as http, place.client(other) as there:
        await asyncio.gather(ready(http), ready(there))
        urls = [await send(http, number) for number in range(8)]
        await until(lambda: place.batches() >= 1)
        first.kill()
        place.provider.side.run.looks = 1
        for one in urls:
            assert (await done(there, one)).status_code == 200
    await settled(place, urls)


async def test_a_restart_of_nats_loses_nothing_and_sends_nothing_twice(place: Place) -> None:
    _, url = place.gateway()
    async with place.client(url) as http:
        await ready(http)
        urls = [await send(http, number) for number in range(8)]
        await until(lambda: place.batches() >= 1)
        place.server.kill()
        place.provider.side.run.looks = 1
        place.server.start()
        for one in urls:
            assert (await done(http, one)).status_code == 200
    await settled(place, urls)
