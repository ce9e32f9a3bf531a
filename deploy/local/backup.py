"""The Promptly of this machine as one file, and back: the database, and the secrets without which it cannot be read.

The file is a tar archive of `database.dump` (pg_dump's own format) and `secrets.json`. Whoever has it has
everything: it is for its owner only.
"""

import fcntl
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit, urlunsplit

import msgspec

from deploy.local.console import Console
from deploy.local.postgres import PostgresProcess, program
from deploy.local.secrets import Secrets, load_or_make
from deploy.local.settings import LocalSettings, child_environment
from deploy.local.stack import AlreadyRunning, read_state

_DUMP: Final = "database.dump"
_SECRETS: Final = "secrets.json"
_MAX_SECRETS: Final = 1 << 16
_SCHEMAS: Final = ("auth", "analytics", "alerts")


class BackupFailed(Exception):
    """Nothing was written, or nothing restored; the message says why and what to do."""


def backup(own: LocalSettings, file: Path, console: Console) -> int:
    """Write the backup to a file that is not there yet; the exit code. `BackupFailed` where that cannot be."""
    secrets = own.home_path / _SECRETS
    if not secrets.exists():
        raise BackupFailed(
            f"There are no secrets in {own.home_path}: this Promptly was not started by `promptly up`. docs/backup.md says what to do."
        )
    if file.exists():
        raise BackupFailed(f"{file} is there already. Choose another name.")
    with (
        tempfile.TemporaryDirectory(prefix="promptly-backup-") as directory,
        nullcontext() if read_state(own.home_path) is not None else _held(own.home_path),
        _database(own) as url,
    ):
        dump = Path(directory) / _DUMP
        _postgres("pg_dump", url, ["--format=custom", "--no-owner", "--no-privileges", *_only(), f"--file={dump}"])
        _write(file, dump, secrets)
    console.good(
        f"{file}: {file.stat().st_size / 1e6:.1f} MB. It holds all secrets: keep it where only you can read it."
    )
    return 0


def restore(own: LocalSettings, file: Path, console: Console) -> int:
    """Restore a backup into a home that has no database yet, or into an empty database of `PROMPTLY_DATABASE_URL`; the exit code."""
    home = own.home_path
    with tempfile.TemporaryDirectory(prefix="promptly-restore-") as directory, _held(home):
        dump, secrets = _read(file, Path(directory))
        if own.database_url is None and (home / "postgres" / "PG_VERSION").exists():
            raise BackupFailed(
                f"There is a database in {home} already. Choose another PROMPTLY_HOME, or move that away."
            )
        known = home / _SECRETS
        if known.exists() and msgspec.json.decode(known.read_bytes()) != msgspec.json.decode(secrets):
            raise BackupFailed(f"There are other secrets in {home} already. Choose another PROMPTLY_HOME.")
        _put(known, secrets)
        with _database(own) as url:
            found = _postgres("psql", url, ["--no-align", "--tuples-only", "--command", _FIND_SCHEMAS]).split()
            if found:
                raise BackupFailed(f"The database is not empty: it has {', '.join(found)}. Name an empty one.")
            _postgres(
                "pg_restore",
                url,
                ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", str(dump)],
            )
    console.good(f"{home} is as it was. Start it with `promptly up`.")
    return 0


_FIND_SCHEMAS: Final = "SELECT nspname FROM pg_namespace WHERE nspname IN ('auth', 'analytics', 'alerts') ORDER BY 1"


def _only() -> Sequence[str]:
    return [f"--schema={name}" for name in _SCHEMAS]


@contextmanager
def _database(own: LocalSettings) -> Iterator[str]:
    """The address of the database: of `PROMPTLY_DATABASE_URL`, of the Promptly that runs, or of one that runs for the moment."""
    if own.database_url is not None:
        yield own.database_url
        return
    made = load_or_make(own.home_path / _SECRETS)
    server = PostgresProcess(own.home_path / "postgres", made.postgres_password)
    if read_state(own.home_path) is not None:
        yield server.url()
        return
    server.start()
    try:
        yield server.url()
    finally:
        server.stop()


@contextmanager
def _held(home: Path) -> Iterator[None]:
    """The home, made where it is not there, and kept from a Promptly that would start meanwhile."""
    os.umask(0o077)
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = os.open(home / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise AlreadyRunning(f"Promptly runs from {home}. Stop it first, or choose another PROMPTLY_HOME.") from None
    finally:
        os.close(lock)


def _postgres(name: str, url: str, arguments: Sequence[str]) -> str:
    """Run one of Postgres's programs on a database; what it prints. The password does not stand in its arguments."""
    address, password = _without_password(url)
    done = subprocess.run(  # noqa: S603 - our own program and arguments
        [program(name), f"--dbname={address}", *arguments],
        check=False,
        env=child_environment({**password, "PGCONNECT_TIMEOUT": "10"}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
    )
    if done.returncode != 0:
        said = "\n  ".join(done.stderr.strip().splitlines()[-4:])
        raise BackupFailed(f"{name} failed:\n  {said}")
    return done.stdout


def _without_password(url: str) -> tuple[str, Mapping[str, str]]:
    """An address that libpq takes, and the variable with its password."""
    parts = urlsplit(url.replace("postgresql+asyncpg://", "postgresql://"))
    user, _, where = parts.netloc.rpartition("@")
    name, _, password = user.partition(":")
    query = "&".join(one for one in parts.query.split("&") if one and one != "pgbouncer=true")
    address = urlunsplit((parts.scheme, f"{name}@{where}" if user else where, parts.path, query, ""))
    return address, {"PGPASSWORD": unquote(password)} if password else {}


def _write(file: Path, dump: Path, secrets: Path) -> None:
    """All of it or nothing, for its owner only."""
    part = file.with_name(f".{file.name}.part")
    part.unlink(missing_ok=True)
    try:
        with (
            os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as raw,
            tarfile.open(fileobj=raw, mode="w") as archive,
        ):
            archive.add(dump, _DUMP)
            archive.add(secrets, _SECRETS)
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.replace(file)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise BackupFailed(f"{file} cannot be written: {error.strerror}.") from None


def _read(file: Path, directory: Path) -> tuple[Path, bytes]:
    """The dump, unpacked, and the secrets."""
    try:
        with tarfile.open(file) as archive:
            dump, secrets = archive.extractfile(_DUMP), archive.extractfile(_SECRETS)
            if dump is None or secrets is None:
                raise BackupFailed(f"{file} is no backup of Promptly.")
            with (directory / _DUMP).open("wb") as out:
                while piece := dump.read(1 << 20):
                    out.write(piece)
            found = secrets.read(_MAX_SECRETS)
        msgspec.json.decode(found, type=Secrets)
    except FileNotFoundError:
        raise BackupFailed(f"There is no file {file}.") from None
    except (tarfile.TarError, KeyError, msgspec.MsgspecError):
        raise BackupFailed(f"{file} is no backup of Promptly, or not all of one.") from None
    return directory / _DUMP, found


def _put(path: Path, content: bytes) -> None:
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
