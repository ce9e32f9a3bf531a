"""Runs the images beside each other as compose does: each with its own user of the bus, its own root and no right to write on it."""

import asyncio
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from deploy.local.ports import free_port, readiness
from deploy.local.postgres import PostgresProcess
from deploy.local.secrets import Secrets, load_or_make
from libs.common.bus.access import OPERATOR, users_conf
from libs.common.contracts.status import SERVICES
from tests.fixtures.nats import NatsServer
from tests.fixtures.running import Running, wait_for
from tests.images.engine import SOCKET_PLACE, Engine, Image

_START_SECONDS = 90
_STOP_SECONDS = 30


class Started:
    """Servers, a provider that is played, and a process of each image."""

    def __init__(self, engine: Engine, images: Mapping[str, Image], home: Path) -> None:
        self.home = home
        self._engine = engine
        self._images = images
        self._secrets = load_or_make(home / "secrets.json")
        self._nats = NatsServer(home)
        self._postgres = PostgresProcess(home / "postgres", self._secrets.postgres_password)
        self._passwords = {user: f"n{secrets.token_hex(16)}" for user in (*SERVICES, OPERATOR)}
        self._ops: dict[str, int] = {}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._ports = {"gateway": free_port(), "auth": free_port()}

    def log(self, service: str) -> Path:
        """What a service wrote."""
        return self.home / f"{service}.log"

    def bus_url(self, user: str) -> str:
        """The address of the bus for one of its users."""
        return f"nats://{user}:{self._passwords[user]}@127.0.0.1:{self._nats.port}"

    def readiness(self, service: str) -> str:
        """What the service says of itself, in a word or two; how its process ended where it did."""
        code = self._processes[service].poll()
        return f"ended with {code}" if code is not None else asyncio.run(readiness(self._ops[service]))

    def wait(self, service: str) -> str:
        """Wait until a service is ready, has ended or has had its time; what it says of itself then."""
        said = ""

        def settled() -> bool:
            nonlocal said
            said = self.readiness(service)
            return said == "ready" or said.startswith("ended")

        try:
            wait_for(settled, _START_SECONDS)
        except AssertionError:
            return said
        return said

    def operator(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run a command of the operator's image."""
        image = self._images["operator"]
        env = {"PROMPTLY_NATS_URL": self.bus_url(OPERATOR)}
        command = self._engine.command(image, [*image.command, *words], env, None)
        return subprocess.run(command, capture_output=True, text=True, timeout=60)

    @contextmanager
    def running(self) -> Iterator[Running]:
        """Everything up; the services may still be on their way."""
        with ExitStack() as stack:
            self._nats.settings = users_conf(lambda user: self._passwords[user])
            self._nats.start()
            stack.callback(self._nats.stop)
            self._postgres.start()
            stack.callback(self._postgres.stop)
            upstream, upstream_url = _play_a_provider()
            stack.callback(_stop, upstream)
            for service in SERVICES:
                self._start(service, upstream_url)
                stack.callback(_stop, self._processes[service])
            url = f"http://127.0.0.1:{self._ports['gateway']}"
            yield Running(url, upstream_url, self.home, self.log("gateway"), self._processes["gateway"])

    def _start(self, service: str, upstream_url: str) -> None:
        image = self._images[service]
        self._ops[service] = free_port()
        env = {
            "PROMPTLY_NATS_URL": self.bus_url(service),
            "PROMPTLY_OPS_HOST": "127.0.0.1",
            "PROMPTLY_OPS_PORT": str(self._ops[service]),
            **self._own(service, self._secrets, upstream_url),
        }
        uses_postgres = "PROMPTLY_DATABASE_URL" in env
        socket = self._postgres.data.directory / Path(SOCKET_PLACE).name if uses_postgres else None
        with self.log(service).open("wb") as log:
            self._processes[service] = subprocess.Popen(
                self._engine.command(image, image.command, env, socket),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _own(self, service: str, made: Secrets, upstream_url: str) -> dict[str, str]:
        place = str(Path(SOCKET_PLACE).parent)
        database = {
            "PROMPTLY_DATABASE_URL": f"postgresql://postgres:{made.postgres_password}@/postgres?host={place}",
        }
        hosts = {"PROMPTLY_ALLOWED_HOSTS": upstream_url.removeprefix("http://")}
        sealing = {"PROMPTLY_KEY_PEPPER": made.key_pepper, "PROMPTLY_KEK": made.kek, "PROMPTLY_CREDITS": "off", **hosts}
        own: dict[str, dict[str, str]] = {
            "gateway": {
                **sealing,
                "PROMPTLY_PORT": str(self._ports["gateway"]),
                "PROMPTLY_AUTH_URL": f"http://127.0.0.1:{self._ports['auth']}",
                "PROMPTLY_STREAM_DRAIN_SECONDS": "1",
            },
            "auth": {
                **sealing,
                **database,
                "PROMPTLY_JWT_SECRET": made.jwt_secret,
                "PROMPTLY_AUTH_PORT": str(self._ports["auth"]),
            },
            "analytics": database,
            "alerts": {**database, **hosts, "PROMPTLY_ALERTS_KEK": made.alerts_kek},
        }
        return own.get(service, {})


def _play_a_provider() -> tuple["subprocess.Popen[bytes]", str]:
    process = subprocess.Popen([sys.executable, "-m", "tests.fake_provider"], stdout=subprocess.PIPE)
    assert process.stdout is not None
    return process, process.stdout.readline().decode().strip()


def _stop(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
    if process.stdout is not None:
        process.stdout.close()
