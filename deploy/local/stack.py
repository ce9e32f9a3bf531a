"""All of Promptly's processes, in the order in which they come up."""

import asyncio
import fcntl
import json
import os
import sys
import time
from collections.abc import Awaitable
from contextlib import suppress
from pathlib import Path
from typing import Any

from deploy.local import demo_account, secrets
from deploy.local.child import Child, Plan, StartFailed
from deploy.local.console import Console
from deploy.local.nats import nats_plan, nats_url
from deploy.local.ports import answers, free_port, readyz
from deploy.local.postgres import PostgresData, postgres_plan
from deploy.local.secrets import Secrets
from deploy.local.settings import LocalSettings
from libs.common.embedding.files import ready as model_ready

SERVICES = ("auth", "cache", "optimizer", "router", "analytics", "alerts", "gateway")
UPSTREAM = "upstream"
_SERVERS = ("nats", "postgres")
_STOP_SECONDS = 20.0


class AlreadyRunning(Exception):
    """Another process uses this home."""


class Stack:
    """NATS, Postgres, the services, and in demo mode a provider to talk to. `start` and `stop` are called once each."""

    def __init__(self, settings: LocalSettings, port: int, *, demo: bool, quiet: bool = False) -> None:
        self.settings = settings
        self.home = settings.home_path
        self.port = port
        self.url = f"http://localhost:{port}"
        self.console = Console(["nats", "postgres", UPSTREAM, *SERVICES], json_lines=settings.log_format == "json")
        self.children: dict[str, Child] = {}
        self.upstream_url: str | None = None
        self.nats_port: int | None = None
        self._demo = demo
        self._quiet = quiet
        self._lock: int | None = None
        self._secrets: Secrets | None = None

    async def start(self) -> None:
        """Bring everything up. Raises `StartFailed` with the reason, or `AlreadyRunning`."""
        self._take_home()
        await self._prepare_model()
        made = self._secrets = secrets.load_or_make(self.home / "secrets.json")
        if not self.settings.nats_url:
            await self._start_nats(made)
        database_url = self.settings.database_url or await self._start_postgres(made)
        allowed = self.settings.allowed_hosts
        if self._demo:
            allowed = ",".join(filter(None, (allowed, await self._start_upstream())))
        plans = self._plans(made, database_url, allowed)
        # The services wait for what they need by themselves, so they may all start at once.
        await asyncio.gather(*(self._up(plan.name, self._child(plan).start()) for plan in plans))
        self._write_state()

    async def stop(self) -> None:
        """Take everything down: doors first, then what stands behind them, then the servers."""
        gateway = self.children.get("gateway")
        if gateway is not None:
            await gateway.stop()
        others = [child.stop() for name, child in self.children.items() if name not in ("gateway", *_SERVERS)]
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.gather(*(self.children[name].stop() for name in _SERVERS if name in self.children))
        if self._lock is not None:
            (self.home / "run.json").unlink(missing_ok=True)
            os.close(self._lock)

    def _take_home(self) -> None:
        # Whatever is made here, by us or by our children, is for this user only.
        os.umask(0o077)
        made_before = (self.home / "secrets.json").exists()
        with suppress(FileExistsError):
            self.home.mkdir(parents=True)
            made_before = True
        if made_before:
            self.home.chmod(0o700)
        self._lock = os.open(self.home / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            self._lock = None
            raise AlreadyRunning(
                f"Promptly already runs from {self.home}. Stop it, or choose another PROMPTLY_HOME."
            ) from None

    async def _up(self, name: str, starting: Awaitable[Any]) -> None:
        began = time.monotonic()
        await starting
        self.console.good(f"{name:<10} ready after {time.monotonic() - began:.1f} s")

    def _child(self, plan: Plan) -> Child:
        child = self.children[plan.name] = Child(plan, self.console)
        return child

    async def _prepare_model(self) -> None:
        target = self.settings.model_path
        if model_ready(target):
            return
        self.console.say("Preparing the embedding model (once, about 20 s) …")
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "libs.common.embedding", str(target)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            if await process.wait() != 0:
                raise StartFailed("The embedding model could not be prepared; the lines above say why.")
        finally:
            with suppress(ProcessLookupError):
                process.kill()

    async def _start_nats(self, made: Secrets) -> None:
        self.nats_port = free_port()
        await self._up("nats", self._child(nats_plan(self.home, self.nats_port, made)).start())

    async def _start_postgres(self, made: Secrets) -> str:
        data = PostgresData(self.home / "postgres", made.postgres_password)
        await asyncio.to_thread(data.prepare)
        await self._up("postgres", self._child(postgres_plan(data)).start())
        return data.url()

    async def _start_upstream(self) -> str:
        # The same port at every start where it is free: the provider key of the demo's organization names it.
        port = demo_account.usual_port(self.home)
        argv = [sys.executable, "-m", "tests.fake_provider", "--demo", "--port", str(port)]

        async def ready() -> bool:
            return await answers("127.0.0.1", port)

        await self._up(UPSTREAM, self._child(Plan(name=UPSTREAM, argv=argv, ready=ready, quiet=True)).start())
        self.upstream_url = f"http://127.0.0.1:{port}"
        return f"127.0.0.1:{port}"

    @property
    def _log_format(self) -> str:
        if self.settings.log_format == "json":
            return "json"
        return "colour" if self.console.coloured else "console"

    def _bus_url(self, made: Secrets, service: str) -> str:
        if self.settings.nats_url:
            return self.settings.nats_url
        assert self.nats_port is not None
        return nats_url(self.nats_port, service, made)

    def _plans(self, made: Secrets, database_url: str, allowed: str) -> list[Plan]:
        auth_port = free_port()
        hosts = {"PROMPTLY_ALLOWED_HOSTS": allowed}
        sealing = {"PROMPTLY_KEY_PEPPER": made.key_pepper, "PROMPTLY_KEK": made.kek, **hosts}
        database = {"PROMPTLY_DATABASE_URL": database_url}
        model = {"PROMPTLY_MODEL_DIR": str(self.settings.model_path)}
        own = {
            "auth": {
                **sealing,
                **database,
                "PROMPTLY_JWT_SECRET": made.jwt_secret,
                "PROMPTLY_AUTH_PORT": str(auth_port),
                "PROMPTLY_PUBLIC_URL": self.settings.public_url or self.url,
                "PROMPTLY_TRIAL_CREDITS": str(self.settings.trial_credits),
            },
            "cache": {**model, "PROMPTLY_CACHE_DIR": str(self.home / "cache")},
            "optimizer": model,
            "router": model,
            "analytics": database,
            "alerts": {**database, **hosts, "PROMPTLY_ALERTS_KEK": made.alerts_kek},
            "gateway": {
                **sealing,
                "PROMPTLY_PORT": str(self.port),
                "PROMPTLY_AUTH_URL": f"http://127.0.0.1:{auth_port}",
                "PROMPTLY_SPOOL_DIR": str(self.home / "spool"),
                "PROMPTLY_DASHBOARD_DIR": str(self.settings.dashboard_path),
                "PROMPTLY_STREAM_DRAIN_SECONDS": str(self.settings.stream_drain_seconds),
            },
        }
        plans = []
        for name in SERVICES:
            ops_port = free_port()
            common = {
                "PROMPTLY_NATS_URL": self._bus_url(made, name),
                "PROMPTLY_OPS_PORT": str(ops_port),
                "PROMPTLY_METRICS_TOKEN": made.metrics_token,
                "PROMPTLY_LOG_FORMAT": self._log_format,
            }
            argv = [sys.executable, "-m", f"services.{name}"]
            plan = Plan(
                name=name,
                argv=argv,
                ready=readyz(ops_port),
                env={**common, **own[name]},
                stop_seconds=_STOP_SECONDS + (self.settings.stream_drain_seconds if name == "gateway" else 0),
                quiet=self._quiet,
            )
            plans.append(plan)
        return plans

    def _write_state(self) -> None:
        state = {
            "url": self.url,
            "pid": os.getpid(),
            "upstream_url": self.upstream_url,
            "nats_port": self.nats_port,
            "ops_ports": {n: int(c.plan.env["PROMPTLY_OPS_PORT"]) for n, c in self.children.items() if n in SERVICES},
            "pids": {name: child.pid for name, child in self.children.items()},
        }
        (self.home / "run.json").write_text(json.dumps(state, indent=2) + "\n")


def read_state(home: Path) -> dict[str, Any] | None:
    """What a running stack wrote down about itself; None where none runs from this home."""
    try:
        found: dict[str, Any] = json.loads((home / "run.json").read_text())
        os.kill(found["pid"], 0)
    except (OSError, ValueError, KeyError):
        return None
    return found
