"""Several gateway processes on one port: what they share, and what happens when one of them or their parent dies."""

import asyncio
import base64
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import psutil
import pytest

from deploy.local.ports import free_port
from libs.common import ids, keys, supervisor
from libs.common.bus.nats import NatsBus
from libs.common.contracts.auth import VERIFY_API_KEY, Principal, ProviderKey, VerifyApiKey
from libs.common.contracts.events import COMPLETION_FINISHED, CompletionFinished
from libs.common.errors import Unauthorized
from libs.common.sealing import Sealer
from libs.common.settings import SettingsError, SharedPort
from libs.common.sockets import reserve
from libs.common.supervisor import Supervisor
from libs.common.web import serve_http
from tests.fake_provider.app import FakeProvider
from tests.fake_provider.script import Step
from tests.fixtures.gateway import KEK, PASSIVE, PEPPER
from tests.fixtures.nats import NatsServer, until

ROOT = Path(__file__).parents[3]


@dataclass
class Workers:
    """A gateway of two workers, and what it told the bus."""

    process: subprocess.Popen[bytes]
    port: int
    ops_port: int
    api_key: str
    provider: FakeProvider
    log: Path
    recorded: list[CompletionFinished] = field(default_factory=list)

    @property
    def pids(self) -> list[int]:
        return [
            child.pid for child in psutil.Process(self.process.pid).children() if child.status() != psutil.STATUS_ZOMBIE
        ]

    async def ops(self, path: str) -> str:
        headers = {"authorization": "Bearer metrics-token"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.get(f"http://127.0.0.1:{self.ops_port}{path}") as answer,
        ):
            return await answer.text()

    async def until_it_says(self, *words: str) -> None:
        async with asyncio.timeout(60):
            while True:
                try:
                    said = await self.ops("/readyz")
                    if all(word in said for word in words):
                        return
                except aiohttp.ClientError:
                    assert self.process.poll() is None, self.log.read_text()[-3000:]
                await asyncio.sleep(0.05)

    async def ask(self, *, stream: bool = False) -> str:
        """The answer to a request on a connection of its own."""
        body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello!"}], "stream": stream}
        headers = {"authorization": f"Bearer {self.api_key}"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.post(f"http://127.0.0.1:{self.port}/v1/chat/completions", json=body) as answer,
        ):
            assert answer.status == 200, await answer.text()
            return await answer.text()


def start(environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "services.gateway"],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=output,
            stderr=output,
        )


def environment(nats_url: str, directory: Path, port: int, **own: str) -> dict[str, str]:
    return {
        "PROMPTLY_NATS_URL": nats_url,
        "PROMPTLY_PORT": str(port),
        "PROMPTLY_OPS_PORT": str(free_port()),
        "PROMPTLY_METRICS_TOKEN": "metrics-token",
        "PROMPTLY_GATEWAY_WORKERS": "2",
        "PROMPTLY_KEY_PEPPER": PEPPER,
        "PROMPTLY_KEK": base64.b64encode(KEK).decode(),
        "PROMPTLY_SPOOL_DIR": str(directory / "spool"),
        **own,
    }


@pytest.fixture
async def workers(nats_server: NatsServer, tmp_path: Path) -> AsyncIterator[Workers]:
    provider, bus = FakeProvider(), NatsBus(nats_server.url, "auth")
    api_key, org_id = keys.new_key(), ids.new_id("org")
    await bus.start(30)
    async with serve_http(provider, "127.0.0.1", 0, 1) as served:  # type: ignore[arg-type]
        sealed = Sealer({1: KEK}).seal(org_id, "openai", "pk_1", "sk-provider")
        own = ProviderKey(id="pk_1", provider="openai", sealed=sealed, base_url=f"http://127.0.0.1:{served.port}/v1")
        principal = Principal(org_id=org_id, key_id=ids.new_id("key"), settings=PASSIVE, rpm=1000, provider_keys=(own,))

        async def verify(asked: VerifyApiKey) -> Principal:
            if asked.digest != keys.digest(api_key, PEPPER):
                raise Unauthorized("Unknown key.")
            return principal

        await bus.serve(VERIFY_API_KEY, verify)
        given = environment(nats_server.url, tmp_path, free_port(), PROMPTLY_ALLOWED_HOSTS=f"127.0.0.1:{served.port}")
        log = tmp_path / "gateway.log"
        process = start(given, log)
        port, ops_port = int(given["PROMPTLY_PORT"]), int(given["PROMPTLY_OPS_PORT"])
        found = Workers(process, port, ops_port, api_key, provider, log)

        async def record(batch: list[CompletionFinished]) -> None:
            found.recorded.extend(batch)

        try:
            await found.until_it_says('"ready"')
            await bus.consume(COMPLETION_FINISHED, "analytics", record)  # type: ignore[arg-type]
            yield found
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
            await bus.drain()


def value(metrics: str, name: str) -> float:
    """The sum of a metric's samples."""
    return sum(float(number) for number in re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", metrics, re.MULTILINE))


def listening(pid: int) -> set[int]:
    """The ports that a process listens on."""
    found = psutil.Process(pid).net_connections("tcp")
    return {one.laddr.port for one in found if one.status == psutil.CONN_LISTEN}


async def drains(workers: Workers) -> None:
    """Streams end before the workers do."""
    workers.provider.script.add("*", [Step(content="Hello there, and more.", chunk_delay=0.1)])
    before = len(workers.provider.ledger)
    streams = [asyncio.create_task(workers.ask(stream=True)) for _ in range(4)]
    await until(lambda: len(workers.provider.ledger) == before + 4)
    children = [psutil.Process(pid) for pid in workers.pids]
    workers.process.send_signal(signal.SIGTERM)
    for text in await asyncio.gather(*streams):
        assert text.endswith("data: [DONE]\n\n")
    assert await asyncio.to_thread(workers.process.wait, 30) == 0
    assert not [child for child in children if child.is_running()]


async def test_one_of_two_dies_and_the_other_goes_on_and_both_drain(workers: Workers) -> None:
    before = workers.pids
    assert len(before) == 2
    assert [listening(pid) for pid in before] == [{workers.port}] * 2
    for _ in range(20):
        await workers.ask()
    told = await workers.ops("/metrics")
    assert value(told, "promptly_request_seconds_count") == 20
    assert value(told, "promptly_gateway_workers_ready") == 2
    os.kill(before[0], signal.SIGKILL)
    await workers.until_it_says('"degraded"', '"workers"')
    for _ in range(10):
        await workers.ask()
    await workers.until_it_says('"ready"')
    assert len(workers.pids) == 2
    assert before[1] in workers.pids
    for _ in range(10):
        await workers.ask()
    told = await workers.ops("/metrics")
    assert value(told, "promptly_request_seconds_count") == 40, "what the dead one counted stays"
    assert value(told, "promptly_gateway_worker_restarts_total") == 1
    await until(lambda: len(workers.recorded) == 40)
    assert len({event.id for event in workers.recorded}) == 40
    await drains(workers)


async def test_what_a_killed_worker_had_spooled_is_sent_by_the_other_which_ends_with_its_parent(
    workers: Workers, nats_server: NatsServer
) -> None:
    for _ in range(20):
        await workers.ask()  # both know the key now
    nats_server.kill()
    for _ in range(20):
        await workers.ask()
    first, second = (psutil.Process(pid) for pid in workers.pids)
    workers.process.send_signal(signal.SIGSTOP)  # it shall have no successor that could send anything
    first.kill()
    nats_server.start()
    await until(lambda: len({event.id for event in workers.recorded}) == 40, timeout=60)
    assert second.is_running()
    workers.process.kill()  # as its parent dies, it has nobody to work for
    await until(lambda: not second.is_running(), timeout=30)


@pytest.mark.parametrize("ends", ["sys.exit(3)", "os.kill(os.getpid(), 9)"])
async def test_where_no_worker_ever_starts_the_parent_ends_and_says_so(ends: str, tmp_path: Path) -> None:
    shared = SharedPort(workers=2, host="127.0.0.1", port=0, drain_seconds=1)
    command = (sys.executable, "-S", "-c", f"import os, sys; {ends}")
    assert await Supervisor(command, {}, shared, tmp_path).run() == (3 if "exit" in ends else 1)


async def test_a_stop_while_a_worker_is_being_started_ends_it_and_one_that_does_not_drain_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "_KILL_SECONDS", 0.2)
    shared = SharedPort(workers=2, host="127.0.0.1", port=0, drain_seconds=0)
    program = "import signal; signal.signal(15, signal.SIG_IGN); print('{}', flush=True); signal.pause()"
    watched = Supervisor((sys.executable, "-S", "-c", program), {}, shared, tmp_path)
    running = asyncio.create_task(watched.run())
    await asyncio.sleep(0)  # the processes are begun, and are none yet
    watched.stopping.set()
    assert await asyncio.wait_for(running, 20) == 0


async def test_a_worker_that_ends_again_and_again_is_waited_for_longer_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "_BACKOFF_SECONDS", (0.01, 0.02))
    monkeypatch.setattr(supervisor, "_DEAD_KEPT", 2)
    shared = SharedPort(workers=1, host="127.0.0.1", port=0, drain_seconds=1)
    program = "import os; open(f'{os.environ[\"HERE\"]}/counter_{os.getpid()}.db', 'wb').write(bytes(64)); print('{\"missing\": []}')"
    watched = Supervisor((sys.executable, "-S", "-c", program), {"HERE": str(tmp_path)}, shared, tmp_path)
    running = asyncio.create_task(watched.run())
    await until(lambda: value(watched.exposition().decode(), "promptly_gateway_worker_restarts_total") >= 4)
    watched.stopping.set()
    assert await running == 0
    assert len(list(tmp_path.glob("counter_*.db"))) <= 2
    assert watched.missing() == ["start"]


def test_a_port_that_is_shared_is_still_nobody_else_s() -> None:
    with reserve("127.0.0.1", 0) as held:
        port = held.getsockname()[1]
        with pytest.raises(SettingsError, match=f"port {port} of 127.0.0.1 cannot be listened on"):
            supervisor._reserved(SharedPort(workers=2, host="127.0.0.1", port=port, drain_seconds=1))
        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with pytest.raises(OSError, match="in use"):
                other.bind(("127.0.0.1", port))
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))
