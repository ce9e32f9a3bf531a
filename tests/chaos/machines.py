"""Several of everything, as an operator would run it: three NATS servers, two of each service, a front and a pooler."""

import asyncio
import json
import os
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import yaml

from deploy.local.child import Child, Plan
from deploy.local.console import Console
from deploy.local.ports import answers, free_port, readiness, readyz
from deploy.local.postgres import PostgresProcess
from deploy.local.secrets import load_or_make
from deploy.local.stack import SERVICES
from libs.common.bus.access import users_conf
from tests.fixtures.nats import NatsServer
from tests.fixtures.pgbouncer import PgBouncer, pgbouncer_program
from tests.fixtures.running import ROOT

COPIES, WORKERS = 2, 2


def traefik_program() -> str | None:
    """The program, where `make cluster` installed it; None where there is none."""
    beside = Path(sys.executable).with_name("traefik")
    return str(beside) if beside.exists() else shutil.which("traefik")


class Log(Console):
    """What the processes say, in a file, and how often each warning of theirs came."""

    def __init__(self, path: Path) -> None:
        super().__init__([])
        self.warnings: Counter[str] = Counter()
        self._file = path.open("w")

    def said(self, name: str, line: str) -> None:
        self._file.write(f"{name} {line}\n")
        self._file.flush()
        try:
            found = json.loads(line)
        except ValueError:
            return
        if found.get("level") in ("warning", "error", "critical"):
            self.warnings[f"{name.split(' ', maxsplit=1)[0]}: {found.get('event')}"] += 1


class Machines:
    """Every process of the cluster. `start` and `stop` are called once each; whatever dies is started again."""

    def __init__(self, home: Path, model: Path) -> None:
        self.home = home
        self.model = model
        self.port = free_port()
        self.children: dict[str, Child] = {}
        self.nats: list[NatsServer] = []
        self.pooler: PgBouncer | None = None
        self.upstream_url = ""
        self.log = Log(home / "log")
        self._secrets = load_or_make(home / "secrets.json")
        self._postgres = PostgresProcess(home / "postgres", self._secrets.postgres_password)
        self._gateways: list[int] = []
        self._auth_ports: list[int] = []

    @property
    def url(self) -> str:
        """Where clients connect: the front."""
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Bring up everything, servers first."""
        await asyncio.to_thread(self._start_nats)
        await asyncio.to_thread(self._postgres.start)
        database = self._postgres.url()
        if pgbouncer_program() is not None:
            directory = self.home / "pgbouncer"
            directory.mkdir()
            self.pooler = PgBouncer(directory, self._postgres.data, connections=20)
            await self.pooler.start()
            database = self.pooler.url
        upstream = await self._start_upstream()
        auth_ports = [free_port() for _ in range(COPIES)]
        self._gateways = [free_port() for _ in range(COPIES)]
        auth_port = free_port()
        await self._start_front(auth_port, auth_ports)
        plans = list(self._plans(database, upstream, auth_port, auth_ports))
        await asyncio.gather(*(self._child(plan).start(120) for plan in plans))
        while await readiness(self.port) != "ready":  # the front asks them only now and then
            await asyncio.sleep(0.1)

    async def stop(self) -> None:
        """Take down everything, front first."""
        front = [child for name, child in self.children.items() if name in ("traefik", "upstream")]
        await asyncio.gather(*(child.stop() for child in self.children.values() if child not in front))
        await asyncio.gather(*(child.stop() for child in front))
        if self.pooler is not None:
            self.pooler.stop()
        for server in self.nats:
            server.stop()
        self._postgres.stop()

    def kill(self, name: str) -> None:
        """Like a machine that is lost: a part and all processes that it started, at once."""
        root = psutil.Process(self._pid(name))
        for process in (root, *root.children(recursive=True)):
            os.kill(process.pid, signal.SIGKILL)

    async def until_ready(self, name: str) -> None:
        """Wait until a part that was started again is ready."""
        while not await self.children[name].plan.ready():
            await asyncio.sleep(0.1)

    def signal(self, pid: int, number: signal.Signals) -> None:
        """Send one process of ours a signal."""
        os.kill(pid, number)

    def reload_front(self) -> None:
        """Write its routes anew, the gateways in another order; it reads them when the file changes."""
        self._gateways.reverse()
        self._write_routes()

    def processes(self) -> dict[str, int]:
        """The first process of every part."""
        found = {name: self._pid(name) for name in self.children}
        found["postgres"] = self._postgres.pid
        if self.pooler is not None:
            found["pgbouncer"] = self.pooler.pid
        return found | {f"nats {number}": server.process.pid for number, server in enumerate(self.nats)}

    def _pid(self, name: str) -> int:
        pid = self.children[name].pid
        assert pid is not None, f"{name} is down"
        return pid

    def _child(self, plan: Plan) -> Child:
        child = self.children[plan.name] = Child(plan, self.log)
        return child

    def _start_nats(self) -> None:
        routes = [free_port() for _ in range(3)]
        others = ", ".join(f'"nats://127.0.0.1:{port}"' for port in routes)
        for number, route in enumerate(routes):
            directory = self.home / f"nats-{number}"
            directory.mkdir()
            server = NatsServer(directory, free_port())
            server.settings = (
                f'server_name: n{number}\ncluster {{ name: c, listen: "127.0.0.1:{route}", routes: [{others}] }}\n'
                + users_conf(lambda user: f'"{self._secrets.bus_password(user)}"')
            )
            server.start()
            self.nats.append(server)

    def nats_url(self, user: str) -> str:
        """The addresses of all servers, for a user."""
        password = self._secrets.bus_password(user)
        return ",".join(f"nats://{user}:{password}@127.0.0.1:{server.port}" for server in self.nats)

    async def _start_upstream(self) -> str:
        port = free_port()
        argv = [sys.executable, "-m", "tests.fake_provider", "--port", str(port)]
        await self._child(Plan("upstream", argv, lambda: answers("127.0.0.1", port), quiet=True)).start()
        self.upstream_url = f"http://127.0.0.1:{port}"
        return f"127.0.0.1:{port}"

    async def _start_front(self, auth_port: int, auth_ports: list[int]) -> None:
        program = traefik_program()
        assert program is not None
        front = yaml.safe_load((ROOT / "deploy/traefik/traefik.yml").read_text())
        points = front["entryPoints"]
        points["web"]["address"] = f"127.0.0.1:{self.port}"
        points["auth"] = {"address": f"127.0.0.1:{auth_port}"}
        points["ping"]["address"] = f"127.0.0.1:{free_port()}"
        front["providers"]["file"]["filename"] = str(self.home / "routes.yml")
        (self.home / "traefik.yml").write_text(yaml.safe_dump(front))
        self._auth_ports = auth_ports
        self._write_routes()
        argv = [program, f"--configFile={self.home / 'traefik.yml'}"]
        await self._child(Plan("traefik", argv, lambda: answers("127.0.0.1", self.port))).start()

    def _write_routes(self) -> None:
        """The routes that ship, with a line for each gateway, and a second service for the two copies of auth."""
        routes = yaml.safe_load((ROOT / "deploy/traefik/routes.yml").read_text())["http"]
        gateway = routes["services"]["gateway"]["loadBalancer"]
        gateway["servers"] = [{"url": f"http://127.0.0.1:{port}"} for port in self._gateways]
        gateway["healthCheck"] = {"path": "/readyz", "interval": "2s", "timeout": "5s"}
        routes["services"]["auth"] = {
            "loadBalancer": {"servers": [{"url": f"http://127.0.0.1:{port}"} for port in self._auth_ports]}
        }
        routes["routers"]["auth"] = {"rule": "PathPrefix(`/`)", "entryPoints": ["auth"], "service": "auth"}
        new = self.home / "routes.new"
        new.write_text(yaml.safe_dump({"http": routes}))
        new.replace(self.home / "routes.yml")

    def _plans(self, database_url: str, upstream: str, auth_port: int, auth_ports: list[int]) -> Iterator[Plan]:
        made = self._secrets
        hosts = {"PROMPTLY_ALLOWED_HOSTS": upstream}
        sealing = {"PROMPTLY_KEY_PEPPER": made.key_pepper, "PROMPTLY_KEK": made.kek, **hosts}
        database = {"PROMPTLY_DATABASE_URL": database_url}
        model = {"PROMPTLY_MODEL_DIR": str(self.model)}
        for number in range(COPIES):
            own: dict[str, dict[str, Any]] = {
                "auth": {
                    **sealing,
                    **database,
                    "PROMPTLY_JWT_SECRET": made.jwt_secret,
                    "PROMPTLY_AUTH_PORT": auth_ports[number],
                },
                "cache": {**model, "PROMPTLY_CACHE_DIR": self.home / f"cache-{number}"},
                "optimizer": model,
                "router": model,
                "analytics": database,
                "alerts": {**database, **hosts, "PROMPTLY_ALERTS_KEK": made.alerts_kek},
                "gateway": {
                    **sealing,
                    "PROMPTLY_PORT": self._gateways[number],
                    "PROMPTLY_GATEWAY_WORKERS": WORKERS,
                    "PROMPTLY_TRUSTED_PROXIES": "127.0.0.1",
                    "PROMPTLY_AUTH_URL": f"http://127.0.0.1:{auth_port}",
                    "PROMPTLY_SPOOL_DIR": self.home / "spool",  # one for all gateways
                    "PROMPTLY_STREAM_DRAIN_SECONDS": 10,
                    "PROMPTLY_STOP_DELAY_SECONDS": 5,  # the front looks every two seconds
                },
            }
            for name in SERVICES:
                ops_port = free_port()
                common = {
                    "PROMPTLY_NATS_URL": self.nats_url(name),
                    "PROMPTLY_NATS_REPLICAS": 3,
                    "PROMPTLY_OPS_PORT": ops_port,
                    "PROMPTLY_LOG_FORMAT": "json",
                }
                yield Plan(
                    name=f"{name} {number}",
                    argv=[sys.executable, "-m", f"services.{name}"],
                    ready=readyz(ops_port),
                    env={key: str(value) for key, value in {**common, **own[name]}.items()},
                )
