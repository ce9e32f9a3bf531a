"""A local user without a secret: every port that listens, and the files of a home."""

import json
import os
import socket
import stat
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from tests.fixtures.running import Running


@dataclass
class Port:
    """A listening port: whose it is, and what came of asking it without a secret."""

    part: str
    port: int
    said: str
    refused: bool


_OPEN = ("/healthz", "/readyz")


def ports(running: Running) -> list[Port]:
    """Every port that a process of this Promptly listens on, asked without a secret."""
    parts = {pid: name for name, pid in running.state["pids"].items()}
    found = []
    processes = [psutil.Process(running.process.pid), *psutil.Process(running.process.pid).children(recursive=True)]
    for process in processes:
        for connection in process.net_connections(kind="inet"):
            if connection.status == psutil.CONN_LISTEN:
                name = parts.get(process.pid) or process.name()
                found.append(_asked(name, connection.laddr.port))
    return sorted(found, key=lambda one: (one.part, one.port))


def _asked(part: str, port: int) -> Port:
    if part == "nats":
        return _nats(port)
    paths = ["/metrics", "/v1/models", "/api/keys/platform"]
    seen = {}
    for path in paths:
        try:
            seen[path] = httpx.get(f"http://127.0.0.1:{port}{path}", timeout=3, trust_env=False).status_code
        except httpx.HTTPError as error:
            seen[path] = 0 if not isinstance(error, httpx.ReadTimeout) else 408
    given = [path for path, status in seen.items() if status == 200]
    said = " ".join(f"{path} {status}" for path, status in seen.items())
    return Port(part, port, said, not given)


def _nats(port: int) -> Port:
    with socket.create_connection(("127.0.0.1", port), timeout=3) as plain:
        plain.recv(4096)
        plain.sendall(b'CONNECT {"verbose":true}\r\nSUB > 1\r\nPING\r\n')
        said = b""
        while b"PONG" not in said and b"-ERR" not in said:
            more = plain.recv(4096)
            if not more:
                break
            said += more
    return Port("nats", port, said.decode("latin-1").strip().splitlines()[0], b"-ERR" in said)


def open_files(home: Path) -> list[str]:
    """Files and directories of a home that others than its owner can reach or read, as `mode path`."""
    if home.stat().st_mode & 0o077 == 0:
        return []
    found = []
    for folder, folders, files in os.walk(home):
        for name in (*folders, *files):
            path = Path(folder) / name
            mode = path.lstat().st_mode
            if mode & 0o077 and not stat.S_ISLNK(mode):
                found.append(f"{stat.filemode(mode)} {path.relative_to(home)}")
    return found


def modes(home: Path) -> dict[str, str]:
    """The modes of a home and of what lies directly in it."""
    return {path.name or str(path): stat.filemode(path.stat().st_mode) for path in (home, *sorted(home.iterdir()))}


def secrets_told(running: Running) -> list[str]:
    """The installation's secrets that stand in its log or its state file."""
    known = json.loads((running.home / "secrets.json").read_text())
    told = running.log + (running.home / "run.json").read_text()
    return [name for name, value in known.items() if value in told]
