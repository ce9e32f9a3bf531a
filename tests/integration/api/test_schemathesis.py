"""Both documents held against what is served: schemathesis asks what they allow, and what they do not.

PROMPTLY_API_EXAMPLES says how hard it looks at each operation; `make test-api` looks harder.
"""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.fixtures.running import Account, Running

EXAMPLES = int(os.environ.get("PROMPTLY_API_EXAMPLES", "3"))
# What one answer names, the next request asks for: this takes its time.
PHASES = "examples,coverage,fuzzing" + (",stateful" if EXAMPLES > 10 else "")
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,ignored_auth"
LOGOUT, ENDLESS = "/api/auth/logout", "/api/requests/stream"


def busy_key(account: Account) -> str:
    """A key that is not stopped by its rate limit."""
    body = {"name": "schemathesis", "rpm": 1_000_000}
    made = httpx.post(f"{account.running.url}/api/keys/platform", json=body, headers=account.headers, timeout=10)
    return str(made.json()["api_key"])


def ask(running: Running, document: str, token: str, directory: Path, *more: str) -> None:
    """Let schemathesis ask everything of a document but what `more` leaves out. 503 is a documented answer here."""
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{running.url}/docs/{document}.json"),
        *("--url", running.url, "--header", f"Authorization: Bearer {token}"),
        *("--checks", CHECKS, "--max-examples", str(EXAMPLES), "--phases", PHASES),
        *("--generation-deterministic", "--workers", "1", "--request-timeout", "20", "--continue-on-failure"),
        *("--suppress-health-check", "all", "--warnings", "off", "--no-color", *more),
    ]
    ran = subprocess.run(command, cwd=directory, capture_output=True, text=True, env={**os.environ, "COLUMNS": "120"})
    print(ran.stdout)
    assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr}"


@pytest.mark.timeout(3600)
def test_the_data_plane_is_as_its_document_says(running: Running, tmp_path: Path) -> None:
    ask(running, "gateway", busy_key(running.account()), tmp_path)


@pytest.mark.timeout(3600)
def test_the_control_plane_is_as_its_document_says(running: Running, tmp_path: Path) -> None:
    leave_out = [part for path in (LOGOUT, ENDLESS) for part in ("--exclude-path", path)]
    ask(running, "control-plane", running.account().token, tmp_path, *leave_out)


@pytest.mark.timeout(600)
def test_signing_out_is_as_its_document_says(running: Running, tmp_path: Path) -> None:
    ask(running, "control-plane", running.account().token, tmp_path, "--include-path", LOGOUT)
