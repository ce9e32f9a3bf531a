"""The one-machine runner: children that die come back, those that cannot start say why, and secrets stay secret."""

import asyncio
import base64
import contextlib
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import asyncpg
import msgspec
import psutil
import pytest

from deploy.local import quickstart, secrets
from deploy.local.child import Child, Plan, StartFailed
from deploy.local.console import Console
from deploy.local.ports import answers, free_port, why_not
from deploy.local.postgres import PostgresData, PostgresProcess
from deploy.local.privileges import keep_reading_as
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
    assert json.loads(path.read_text()) == {**old, **msgspec.to_builtins(made)}
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
    stack = Stack(LocalSettings(home=str(tmp_path), nats_url="nats://x"), 8000, demo=False)
    made = secrets.load_or_make(tmp_path / "secrets.json")
    plans = {plan.name: plan.env for plan in stack._plans(made, "postgresql://x", "hooks.example.com")}
    alerts = plans["alerts"]
    assert alerts["PROMPTLY_ALLOWED_HOSTS"] == "hooks.example.com"
    assert alerts["PROMPTLY_ALERTS_KEK"] != plans["auth"]["PROMPTLY_KEK"]
    assert "PROMPTLY_KEK" not in alerts


def test_children_inherit_where_mail_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMPTLY_SMTP_URL", "smtp://mail.example.com")
    assert child_environment({})["PROMPTLY_SMTP_URL"] == "smtp://mail.example.com"


def test_a_taken_port_is_seen() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert why_not(server.getsockname()[1]) == "is taken"
    assert why_not(free_port()) is None
    for none in (0, -1, 65_536, 80_000):
        assert "1 to 65535" in (why_not(none) or "")


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
        (["up"], {"PROMPTLY_PORT": "80000"}, "1 to 65535"),
        (["up", "--port", "0"], {}, "1 to 65535"),
        (["demo", "--port", "-5"], {}, "1 to 65535"),
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


def _home(place: Path) -> PostgresProcess:
    place.mkdir(parents=True)
    return PostgresProcess(place / "data", "a 'word' of one's own")


@pytest.mark.parametrize("name", ["plain", "with a space", 'a "quoted", and a comma', "ünï códe 'x'", "long" * 30])
async def test_postgres_starts_in_any_directory_and_asks_for_its_password(name: str) -> None:
    above = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    server = _home(above / name)
    try:
        for _ in range(2):  # made, and found again after a crash
            server.start()
            connection = await asyncpg.connect(server.url())
            assert await connection.fetchval("SELECT lower('ÄÖ')") == "äö"
            await connection.close()
            wrong = PostgresData(server.data.directory, "another")
            with pytest.raises(asyncpg.InvalidPasswordError):
                await asyncpg.connect(wrong.url())
            assert server.data.directory.stat().st_mode & 0o777 == 0o700
            server.kill()
    finally:
        server.stop()
        shutil.rmtree(above)


async def test_data_of_an_earlier_release_get_a_password_and_keep_their_rows() -> None:
    above = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    server = _home(above / "home")
    try:
        server.start()
        connection = await asyncpg.connect(server.url())
        await connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        await connection.execute("ALTER ROLE postgres PASSWORD NULL")
        await connection.close()
        server.stop()
        rules = server.data.directory / "pg_hba.conf"
        rules.write_text(rules.read_text().replace("scram-sha-256", "trust"))
        server.start()
        connection = await asyncpg.connect(server.url())
        assert await connection.fetchval("SELECT answer FROM kept") == 42
        await connection.close()
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(PostgresData(server.data.directory, "another").url())
    finally:
        server.stop()
        shutil.rmtree(above)


def test_a_server_that_was_left_behind_is_ended_before_the_next_one_starts() -> None:
    above = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    first = _home(above / "home")
    second = PostgresProcess(first.data.directory, "a 'word' of one's own")
    try:
        first.start()
        second.start()
        assert first.pid != second.pid
        assert not psutil.pid_exists(first.pid) or psutil.Process(first.pid).status() == psutil.STATUS_ZOMBIE
    finally:
        second.stop()
        first.stop()
        shutil.rmtree(above)


def test_data_of_another_postgres_are_refused_in_a_sentence(tmp_path: Path) -> None:
    server = _home(tmp_path / "home")
    server.data.directory.mkdir()
    (server.data.directory / "PG_VERSION").write_text("9\n")
    with pytest.raises(StartFailed, match="were written by Postgres 9"):
        server.start()


def test_colours_are_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert Console([]).coloured
    monkeypatch.setenv("NO_COLOR", "1")
    assert not Console([]).coloured
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: False, raising=False)
    assert not Console([]).coloured


def test_a_home_is_for_its_owner_only(tmp_path: Path) -> None:
    mask = os.umask(0o022)
    try:
        old = tmp_path / "old"
        old.mkdir()
        secrets.load_or_make(old / "secrets.json")
        somebody_s = tmp_path / "somebody's"
        somebody_s.mkdir()
        for place, mode in ((tmp_path / "new" / "home", 0o700), (old, 0o700), (somebody_s, 0o755)):
            stack = Stack(LocalSettings(home=str(place)), 8000, demo=False)
            stack._take_home()
            assert place.stat().st_mode & 0o777 == mode
            os.close(stack._lock or -1)
    finally:
        os.umask(mask)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has something to give up")
def test_another_user_passes_closed_directories_and_nothing_else_of_root_s_is_left(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    program = closed / "program"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    asked = f"""
import os
caps = [line.split()[1] for line in open("/proc/self/status") if line.startswith("CapEff")]
print(os.geteuid(), os.getgroups(), os.access({str(program)!r}, os.R_OK | os.X_OK), int(caps[0], 16))
"""
    account = pwd.getpwnam("nobody")
    done = subprocess.run(
        [sys.executable, "-c", asked],
        preexec_fn=lambda: keep_reading_as(account),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split("\n")[0] == f"{account.pw_uid} [] True 2"


def test_a_console_for_machines_prints_an_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    console = Console(["gateway", "nats"], json_lines=True)
    console.said("gateway", '{"event": "started", "service": "gateway"}')
    console.said("nats", "[1] [INF] Server is ready")
    console.said("nats", "17")
    console.good("gateway    ready after 1.0 s")
    console.bad("gateway ended with 1")
    console.say()
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["service"] for line in found] == ["gateway", "nats", "nats", "promptly", "promptly"]
    assert found[1]["event"] == "[1] [INF] Server is ready"
    assert found[-1] | {"timestamp": ""} == {
        "event": "gateway ended with 1",
        "level": "error",
        "service": "promptly",
        "timestamp": "",
    }


def test_there_are_no_colours_but_on_a_terminal(tmp_path: Path) -> None:
    for form in ("console", "colour"):
        stack = Stack(LocalSettings(home=str(tmp_path), log_format=form), 8000, demo=False)
        assert stack._log_format == "console"
    assert Stack(LocalSettings(home=str(tmp_path), log_format="json"), 8000, demo=False)._log_format == "json"


async def test_a_log_that_is_collected_gets_no_quick_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    await quickstart.print_to(Stack(LocalSettings(home=str(tmp_path), log_format="json"), 8000, demo=False))
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["event"] == "Promptly is up at http://localhost:8000"


async def test_the_quick_start_says_which_variables_its_lines_need(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await quickstart.print_to(Stack(LocalSettings(home=str(tmp_path)), 8000, demo=False))
    printed = capsys.readouterr().out
    set_at = printed.index("TOKEN=… PROMPTLY_KEY=…")
    assert printed.index("/api/auth/register") < set_at < printed.index("$TOKEN") < printed.index("$PROMPTLY_KEY")
