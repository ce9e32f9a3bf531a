"""The one-machine runner: children that die come back, those that cannot start say why, and secrets stay secret."""

import asyncio
import base64
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import msgspec
import psutil
import pytest

from deploy.local import secrets
from deploy.local.child import Child, Plan, StartFailed
from deploy.local.console import Console
from deploy.local.ports import answers, free_port, taken
from deploy.local.settings import LocalSettings, child_environment
from deploy.local.stack import AlreadyRunning, Stack, read_state
from tests.fixtures.nats import until

ROOT = Path(__file__).parents[3]
LISTEN = """
import socket, sys
s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("listening", flush=True)
while True:
    s.accept()[0].close()
"""


def plan(port: int, code: str = LISTEN) -> Plan:
    async def ready() -> bool:
        return await answers("127.0.0.1", port)

    return Plan(name="child", argv=[sys.executable, "-c", code, str(port)], ready=ready, stop_seconds=2)


async def test_a_child_that_dies_is_started_again_and_stops_when_asked() -> None:
    port = free_port()
    child = Child(plan(port), Console(["child"]))
    await child.start(seconds=20)
    first = child.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    await until(lambda: child.pid not in (first, None))
    assert child.restarts == 1
    async with asyncio.timeout(10):
        while not await answers("127.0.0.1", port):
            pass
    last = child.pid
    assert last is not None
    await child.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(last, 0)


async def test_a_frozen_child_is_stopped_all_the_same() -> None:
    child = Child(plan(free_port()), Console(["child"]))
    await child.start(seconds=20)
    assert child.pid is not None
    os.kill(child.pid, signal.SIGSTOP)
    await child.stop()
    assert child.pid is None


async def test_a_child_that_cannot_start_says_why() -> None:
    child = Child(plan(1, "import sys; print('PROMPTLY_KEK is not set'); sys.exit(3)"), Console(["child"]))
    with pytest.raises(StartFailed, match="PROMPTLY_KEK is not set"):
        await child.start(seconds=20)


async def test_one_home_is_for_one_promptly(tmp_path: Path) -> None:
    first, second = (Stack(LocalSettings(home=str(tmp_path)), 8000, demo=False) for _ in range(2))
    first._take_home()
    with pytest.raises(AlreadyRunning, match="PROMPTLY_HOME"):
        second._take_home()
    await first.stop()
    second._take_home()
    await second.stop()


def test_secrets_are_made_once_and_for_their_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    made = secrets.load_or_make(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert secrets.load_or_make(path) == made
    assert secrets.load_or_make(tmp_path / "other.json") != made


def test_a_file_of_secrets_gets_the_one_it_lacks_and_keeps_the_others(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    old = {"kek": "k", "key_pepper": "p", "jwt_secret": "j", "of_a_later_release": "l"}
    path.write_text(json.dumps(old))
    path.chmod(0o600)
    made = secrets.load_or_make(path)
    assert (made.kek, made.key_pepper, made.jwt_secret) == ("k", "p", "j")
    assert len(base64.b64decode(made.alerts_kek)) == 32
    assert json.loads(path.read_text()) == {**old, "alerts_kek": made.alerts_kek}
    assert path.stat().st_mode & 0o777 == 0o600
    assert secrets.load_or_make(path) == made
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("lost", ["kek", "key_pepper", "jwt_secret"])
def test_a_lost_secret_is_not_replaced_in_silence(lost: str, tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    kept = {name: "x" for name in ("kek", "key_pepper", "jwt_secret") if name != lost}
    path.write_text(json.dumps(kept))
    with pytest.raises(msgspec.ValidationError, match=lost):
        secrets.load_or_make(path)
    assert json.loads(path.read_text()) == kept


def test_alerts_seal_with_a_key_of_their_own_and_call_whom_the_operator_lists(tmp_path: Path) -> None:
    stack = Stack(LocalSettings(home=str(tmp_path)), 8000, demo=False)
    plans = {plan.name: plan.env for plan in stack._plans("nats://x", "postgresql://x", "hooks.example.com")}
    alerts = plans["alerts"]
    assert alerts["PROMPTLY_ALLOWED_HOSTS"] == "hooks.example.com"
    assert alerts["PROMPTLY_ALERTS_KEK"] != plans["auth"]["PROMPTLY_KEK"]
    assert "PROMPTLY_KEK" not in alerts


def test_children_inherit_where_mail_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMPTLY_SMTP_URL", "smtp://mail.example.com")
    assert child_environment({})["PROMPTLY_SMTP_URL"] == "smtp://mail.example.com"


def test_a_taken_port_is_seen() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert taken(server.getsockname()[1])
    assert not taken(free_port())


@pytest.mark.parametrize("content", [None, "", "{}", '{"pid": 999999999}'])
def test_no_state_is_read_where_nothing_runs(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "run.json").write_text(content)
    assert read_state(tmp_path) is None


@pytest.mark.parametrize(
    ("arguments", "env", "said"),
    [
        (["status"], {}, "does not run"),
        (["up", "--port", "{taken}"], {}, "is taken"),
        (["up"], {"PROMPTLY_PORT": "eight"}, "PROMPTLY_PORT"),
    ],
)
def test_the_command_says_what_is_wrong_in_a_sentence(
    arguments: list[str], env: dict[str, str], said: str, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-m", "deploy.local", *(a.replace("{taken}", port) for a in arguments)],
            cwd=ROOT,
            env={**os.environ, "PROMPTLY_HOME": str(tmp_path), **env},
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert done.returncode == 1
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


async def test_children_end_with_their_runner_however_it_ends() -> None:
    port = free_port()
    runner = f"""
import asyncio
import contextlib
from deploy.local.child import Child
from deploy.local.console import Console
from tests.integration.deploy.test_local import plan

async def main():
    child = Child(plan({port}), Console(["child"]))
    await child.start(seconds=20)
    print(child.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", runner, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stdin=asyncio.subprocess.DEVNULL
    )
    assert process.stdout is not None
    lines = [await process.stdout.readline() for _ in range(2)]
    child = next(int(line) for line in lines if line.strip().isdigit())
    process.kill()
    await process.wait()

    def gone() -> bool:
        try:
            return bool(psutil.Process(child).status() == psutil.STATUS_ZOMBIE)
        except psutil.Error:
            return True

    await until(gone)


def test_a_reader_that_has_gone_does_not_keep_us_from_stopping(monkeypatch: pytest.MonkeyPatch) -> None:
    read, write = os.pipe()
    os.close(read)
    gone = os.fdopen(write, "w")
    monkeypatch.setattr(sys, "stdout", gone)
    Console(["child"]).say("Stopping …")
    monkeypatch.undo()
    with contextlib.suppress(OSError):
        gone.close()
