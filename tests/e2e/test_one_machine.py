"""`promptly demo` and `promptly up`, as a newcomer runs them."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx
import psutil
import pytest

from deploy.local.secrets import load_or_make
from tests.fixtures.running import ROOT, Running, pid_of, wait_for


def left_behind(home: Path) -> list[str]:
    """Processes that still work in a home."""
    found = []
    for process in psutil.process_iter():
        try:
            mentions = [*process.cmdline(), *process.environ().values(), process.cwd()]
        except psutil.Error:
            continue
        if process.pid != os.getpid() and any(str(home) in mention for mention in mentions):
            found.append(" ".join(process.cmdline()))
    return found


@pytest.mark.timeout(180)
def test_the_demo_saves_money_and_its_figures_agree(model_dir: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="promptly-", dir="/tmp") as home:
        done = subprocess.run(
            [sys.executable, "-m", "deploy.local", "demo"],
            cwd=ROOT,
            env={**os.environ, "PROMPTLY_HOME": home, "PROMPTLY_MODEL_DIR": str(model_dir)},
            capture_output=True,
            text=True,
            timeout=150,
        )
        print(done.stdout)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        assert "every figure agrees" in done.stdout
        assert "✗" not in done.stdout
        assert left_behind(Path(home)) == []


@pytest.mark.timeout(180)
def test_a_replay_says_what_would_have_been_saved(model_dir: Path, tmp_path: Path) -> None:
    said = [
        {"role": "system", "content": "Be  exact.\n\n\n\nAnd brief."},
        {"role": "user", "content": "What is a lock gate?"},
    ]
    answer = {"choices": [{"message": {"content": "A door."}}], "usage": {"completion_tokens": 3}}
    rows: list[object] = [
        {"request": {"model": "gpt-4o", "messages": said}, "response": answer},
        {"call_type": "acompletion", "spend": 1, "model": "claude-opus-5-5", "messages": json.dumps(said)},
        {
            "model": "claude-opus-5-5",
            "max_tokens": 9,
            "system": "Be brief.",
            "messages": [{"role": "user", "content": "Why?"}],
        },
        {"model": "gemini-3.8-flash", "messages": said, "stream": True},
        {"model": "nobody-knows-it", "messages": said},
        "no request",
    ]
    file = tmp_path / "sent before.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with tempfile.TemporaryDirectory(prefix="promptly-", dir="/tmp") as home:
        done = subprocess.run(
            [sys.executable, "-m", "deploy.local", "replay", str(file)],
            cwd=ROOT,
            env={**os.environ, "PROMPTLY_HOME": home, "PROMPTLY_MODEL_DIR": str(model_dir), "TMPDIR": home},
            capture_output=True,
            text=True,
            timeout=150,
        )
        print(done.stdout)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        for line in (
            "4 answered, 1 refused",
            "1 × no JSON object",
            "The model `nobody-knows-it`",
            "every figure agrees",
        ):
            assert line in done.stdout
        assert left_behind(Path(home)) == []
        assert list(Path(home).glob("promptly-*")) == []


def test_status_names_every_service(running: Running) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "deploy.local", "status"],
        cwd=ROOT,
        env={**os.environ, "PROMPTLY_HOME": str(running.home)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout
    for name in ("gateway", "auth", "cache", "optimizer", "router", "analytics", "alerts"):
        assert f"{name:<10} ready" in done.stdout


def test_the_quick_start_s_last_line_answers(running: Running) -> None:
    line = next(line for line in running.log.splitlines() if "/v1/chat/completions" in line and line.startswith("curl"))
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=30)
    assert '"chat.completion"' in done.stdout


def test_a_dead_service_comes_back_by_itself(running: Running) -> None:
    first = pid_of(running, "router")
    assert first is not None
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: pid_of(running, "router") not in (first, None))
    port = running.state["ops_ports"]["router"]

    def ready() -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    wait_for(ready)
    assert "router ended with -9; starting it again" in running.log


def test_health_metrics_and_unknown_addresses(running: Running) -> None:
    assert httpx.get(f"{running.url}/healthz").json() == {"status": "alive"}
    assert httpx.get(f"{running.url}/readyz").status_code == 200
    metrics = f"http://127.0.0.1:{running.state['ops_ports']['gateway']}/metrics"
    token = load_or_make(running.home / "secrets.json").metrics_token
    assert httpx.get(metrics).status_code == 401
    assert "promptly_request_seconds" in httpx.get(metrics, headers={"authorization": f"Bearer {token}"}).text
    assert httpx.get(f"{running.url}/metrics").status_code == 404
    assert httpx.get(f"{running.url}/v1/nothing").json()["error"]["code"] == "not_found"
    assert httpx.get(f"{running.url}/v1/chat/completions").status_code == 405


def test_the_doctor_finds_nothing_wrong_and_tests_each_provider_key(running: Running) -> None:
    account = running.account()
    body = {"name": "doctor", "scopes": ["read", "providers"]}
    made = httpx.post(f"{running.url}/api/keys/control", json=body, headers=account.headers, timeout=10).json()
    done = subprocess.run(
        [sys.executable, "-m", "deploy.local", "doctor", "--json"],
        cwd=ROOT,
        env={**os.environ, "PROMPTLY_HOME": str(running.home), "PROMPTLY_API_KEY": made["api_key"]},
        capture_output=True,
        text=True,
        timeout=60,
    )
    said = json.loads(done.stdout)
    assert [finding for finding in said["findings"] if finding["state"] != "ok"] == []
    assert (done.returncode, said["healthy"]) == (0, True)
    (key,) = [finding for finding in said["findings"] if finding["check"] == "provider keys"]
    assert "The provider took the key." in key["says"]
    assert "sk-upstream" not in done.stdout
