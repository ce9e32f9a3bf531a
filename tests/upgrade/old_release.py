"""Another commit of this repository, and what a customer leaves in it."""

import signal
import subprocess
import tarfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.fixtures.running import ROOT, Account, Running, pid_of, wait_for

PASSWORD = "securepassword"
PROVIDER_KEY = "sk-upstream-of-before-7413"
UNREAD = 5
TRIAL_CREDITS = 1_000_000  # what `promptly up` gives


class NoHistory(Exception):
    """The commit is not here; the message says why."""


def unpacked(commit: str, place: Path) -> Path:
    """The commit's files below `place`. `NoHistory` where git does not know it."""
    done = subprocess.run(["git", "archive", "--format=tar", commit], cwd=ROOT, capture_output=True)
    if done.returncode != 0:
        raise NoHistory(f"The commit {commit} is not in this checkout: {done.stderr.decode().strip()}")
    with tarfile.open(fileobj=BytesIO(done.stdout)) as packed:
        packed.extractall(place, filter="data")
    return place


@dataclass(frozen=True)
class Left:
    """What somebody did before the upgrade, as they know it: `requests` are log entries, `balance` is tokens."""

    account: Account
    email: str
    second_key: str
    revoked_key: str
    requests: list[dict[str, Any]]
    settings: dict[str, Any]
    balance: int


def fill(running: Running) -> Left:
    """An organization that uses what the old release has. Its last requests are recorded by nobody when this returns: analytics stands
    still from here on, and has to be ended by force.
    """
    account = running.account(password=PASSWORD, provider_key=PROVIDER_KEY)
    ask = Asking(account)
    second = ask.send("POST", "/api/keys/platform", name="second")
    optimize = ask.send("POST", "/api/keys/platform", name="optimize", scopes=["optimize"])
    revoked = ask.send("POST", "/api/keys/platform", name="revoked")
    ask.send("DELETE", f"/api/keys/platform/{revoked['id']}")
    settings = ask.send("PUT", "/api/optimization/settings", level="aggressive", cache_ttl_seconds=86_400)
    ask.send("POST", "/api/team/invite", email="second@mycompany.com", role="viewer")
    ask.send("POST", "/api/alerts/rules", name="Spend", metric="daily_spend", operator="gt", threshold=50)
    rule = {"condition_type": "keyword", "condition_value": {"keywords": ["refactor"]}, "action": "use_model"}
    ask.send("POST", "/api/routing/rules", name="Code", action_value="gpt-4o", priority=10, **rule)
    client = account.client()
    for number in range(6):
        client.chat.completions.create(
            model="gpt-4o", messages=[{"role": "user", "content": f"Question {number % 4}?"}]
        )
    streamed = client.chat.completions.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": "Stream."}], stream=True
    )
    assert list(streamed)
    shortened = {
        "prompt": "Please note that I would like you to write a function.\n\n\n\n   ",
        "similarity_threshold": 0.85,
    }
    charged = ask.with_key(optimize["api_key"], "/v1/optimize", **shortened)["original_tokens"]

    def balance() -> int:
        return int(ask.get("/api/billing/credits")["balance_tokens"])

    # What a gateway leased and did not use comes back a moment later.
    wait_for(lambda: balance() == TRIAL_CREDITS - charged)
    requests = account.log(8)
    ask.with_key(account.api_key, "/v1/feedback", request_id=requests[0]["id"], rating="good")
    wait_for(lambda: ask.get(f"/api/requests/{requests[0]['id']}").get("feedback"))
    analytics = pid_of(running, "analytics")
    assert analytics is not None
    psutil.Process(analytics).suspend()
    for number in range(UNREAD):
        client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": f"Unread {number}?"}])
    email = ask.get("/api/auth/me")["user"]["email"]
    return Left(account, email, second["api_key"], revoked["api_key"], requests, settings, balance())


def end_without_analytics(running: Running) -> None:
    """Stop it as always, but for analytics, which is killed before it can record what waits for it."""
    runner = psutil.Process(running.process.pid)
    children = runner.children()
    runner.suspend()  # or it would start analytics again
    servers = [child for child in children if child.name() in ("nats-server", "postgres")]
    for child in children:
        if "services.analytics" in child.cmdline():
            child.kill()
    _ended([child for child in children if child not in servers], signal.SIGTERM)
    _ended(servers, signal.SIGINT)
    runner.kill()
    running.process.wait()


def _ended(processes: list[psutil.Process], number: signal.Signals) -> None:
    """Their runner stands still and cannot take note of their ends, so they stay as zombies until it is gone."""
    living = [one for one in processes if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
    for process in living:
        process.send_signal(number)
    wait_for(lambda: not [one for one in living if one.is_running() and one.status() != psutil.STATUS_ZOMBIE], 30)


class Asking:
    """Calls of the control plane as the account's owner, and of `/v1` with a key."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def get(self, path: str) -> dict[str, Any]:
        """What comes back; raises where it was refused."""
        found: dict[str, Any] = self._account.get(path)
        return found

    def send(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        """The same with a body."""
        return self._call(method, path, self._account.headers, body)

    def with_key(self, key: str, path: str, **body: Any) -> dict[str, Any]:
        """The same with a Promptly key."""
        return self._call("POST", path, {"x-api-key": key}, body)

    def _call(self, method: str, path: str, headers: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
        url = f"{self._account.running.url}{path}"
        answer = httpx.request(method, url, headers=headers, json=body or None, timeout=20)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        found: dict[str, Any] = answer.json() if answer.content else {}
        return found
