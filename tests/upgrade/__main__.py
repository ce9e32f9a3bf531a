"""`make upgrade-check OLD=commit`: runs that commit's Promptly, leaves data in it, migrates, and lets this one go on with them.

First the tables: rows are compared right after the migrations, before a service has touched them. Then what customers notice: keys,
passwords, settings, the log. Last what was under way: events that nobody had recorded yet.

With `--keep FILE` the old release's database and secrets are written as `promptly backup` writes them, and what its customer knows beside
it, as the tests keep one in `tests/upgrade/kept`.
"""

import argparse
import asyncio
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from openai import AuthenticationError

from deploy.local.postgres import PostgresProcess, program
from deploy.local.secrets import load_or_make
from libs.common.embedding.setup import prepare
from tests.fixtures.running import ROOT, Account, Running, start, stop
from tests.upgrade.old_release import (
    PASSWORD,
    PROVIDER_KEY,
    UNREAD,
    Asking,
    Left,
    NoHistory,
    end_without_analytics,
    fill,
    unpacked,
)
from tests.upgrade.rows import lost, snapshot

_WITH_TABLES = ("auth", "analytics", "alerts")


class Findings:
    """The table: a line for each thing that was looked at."""

    def __init__(self) -> None:
        self.wrong = 0
        print(f"{'what':<44} {'before':>8} {'after':>8}  outcome")

    def say(self, what: str, before: object, after: object, wrong: str = "") -> None:
        """A line; `wrong` says what is, in a sentence."""
        self.wrong += bool(wrong)
        print(f"{what:<44} {before!s:>8} {after!s:>8}  {wrong or 'as it was'}", flush=True)


def main() -> int:
    """0 where nothing is lost, or where there is no history to try it with."""
    parser = argparse.ArgumentParser(prog="make upgrade-check")
    parser.add_argument("old", help="a commit or tag of this repository")
    parser.add_argument("--keep", type=Path, help="also write the old release's backup to this file")
    given = parser.parse_args()
    model = prepare(ROOT / "var" / "model")
    with tempfile.TemporaryDirectory(prefix="upgrade-", dir="/tmp") as place:
        home = Path(place) / "home"
        home.mkdir()
        try:
            old = unpacked(given.old, Path(place) / "old")
        except NoHistory as error:
            print(f"Skipped. {error}")
            return 0
        findings = Findings()
        with _provider() as provider_url:
            with _running(home, model, old, provider_url) as running:
                left = fill(running)
                end_without_analytics(running)
            _migrate(home, findings, (given.keep, left) if given.keep else None)
            with _running(home, model, ROOT, provider_url) as running:
                _go_on(running, left, findings)
    print("Nothing is lost." if not findings.wrong else f"{findings.wrong} of these are not as they were.")
    return int(bool(findings.wrong))


@contextmanager
def _running(home: Path, model: Path, root: Path, provider_url: str) -> Iterator[Running]:
    """A Promptly on the home, of a checkout, with a provider that outlives it."""
    started = start(home, model, root, PROMPTLY_ALLOWED_HOSTS=urlsplit(provider_url).netloc)
    try:
        yield replace(started, upstream_url=provider_url)
    finally:
        stop(started.process)


@contextmanager
def _provider() -> Iterator[str]:
    """Plays OpenAI for both releases at one address, which the provider key names."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.fake_provider"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.stdout.close()
    finally:
        process.terminate()
        process.wait()


@contextmanager
def _database(home: Path) -> Iterator[str]:
    server = PostgresProcess(home / "postgres", load_or_make(home / "secrets.json").postgres_password)
    server.start()
    try:
        yield server.url()
    finally:
        server.stop()


def _migrate(home: Path, findings: Findings, keep: tuple[Path, Left] | None) -> None:
    with _database(home) as url:
        if keep is not None:
            _keep(url, home, *keep)
        before = asyncio.run(snapshot(url))
        env = {**os.environ, "PROMPTLY_DATABASE_URL": url}
        for service in _WITH_TABLES:
            command = [sys.executable, "-m", "libs.common.db", service]
            done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=300)
            findings.say(f"migrations of {service}", "", "", "" if done.returncode == 0 else done.stderr.strip()[-300:])
        after = asyncio.run(snapshot(url))
        for table in before:
            findings.say(
                f"rows of {table}", len(before[table]), len(after.get(table, [])), "; ".join(lost(before, after, table))
            )


def _keep(url: str, home: Path, file: Path, left: Left) -> None:
    known = {
        "org_id": left.account.org_id,
        "api_key": left.account.api_key,
        "revoked_key": left.revoked_key,
        "email": left.email,
    }
    file.with_suffix(".json").write_text(json.dumps({**known, "requests": len(left.requests)}, indent=1) + "\n")
    with tempfile.TemporaryDirectory(prefix="upgrade-", dir="/tmp") as place:
        dump = Path(place) / "database.dump"
        schemas = [f"--schema={schema}" for schema in _WITH_TABLES]
        options = ["--format=custom", "--compress=9", "--no-owner", "--no-privileges", *schemas]
        subprocess.run([program("pg_dump"), url, *options, f"--file={dump}"], check=True)
        shutil.copy(home / "secrets.json", Path(place) / "secrets.json")
        with tarfile.open(file, "w") as packed:
            for name in ("database.dump", "secrets.json"):
                packed.add(Path(place) / name, name)


def _go_on(running: Running, left: Left, findings: Findings) -> None:
    account = replace(left.account, running=running)
    ask = Asking(account)
    for name, key in (("first", account.api_key), ("second", left.second_key)):
        findings.say(f"the {name} key answers", "", "", _asked(replace(account, api_key=key), f"After, {name}?"))
    said = _asked(replace(account, api_key=left.revoked_key), "Never.")
    findings.say("the revoked key is refused", "", "", "" if "AuthenticationError" in said else f"it is not: {said}")
    findings.say("the provider's key is opened", "", "", _opened(running))
    answer = httpx.post(f"{running.url}/api/auth/login", json={"email": left.email, "password": PASSWORD}, timeout=20)
    findings.say("the password is taken", "", "", "" if answer.is_success else answer.text)
    findings.say("a session of before goes on", "", "", "" if ask.get("/api/auth/me") else "it does not")
    now = ask.get("/api/optimization/settings")
    changed = [name for name, value in left.settings.items() if now.get(name) != value]
    findings.say("settings", len(left.settings), len(now), f"changed: {', '.join(changed)}" if changed else "")
    balance = int(ask.get("/api/billing/credits")["balance_tokens"])
    findings.say("credits", left.balance, balance, "" if balance == left.balance else "they differ")
    # What the old release left unread, and two of this one.
    wanted = len(left.requests) + UNREAD + 2
    log = {one["id"]: one for one in account.log(wanted)}
    gone = [one["id"] for one in left.requests if one["id"] not in log]
    findings.say("requests of the log", len(left.requests), len(log), f"gone: {', '.join(gone)}" if gone else "")
    read = len(log) - len(left.requests) - 2
    findings.say("requests that nobody had recorded", UNREAD, read, "" if read == UNREAD else "more or fewer")
    differ = [one["id"] for one in left.requests if one["id"] in log and _figures(one) != _figures(log[one["id"]])]
    findings.say("their costs and tokens", "", "", f"differ: {', '.join(differ)}" if differ else "")
    rules = len(ask.get("/api/alerts/rules")["rules"])
    findings.say("alert rules", 1, rules, "" if rules == 1 else "they differ")


def _figures(entry: dict[str, object]) -> dict[str, object]:
    """What is counted of a request: numbers that both releases show."""
    return {
        name: value for name, value in entry.items() if name.endswith(("_usd", "_tokens", "_nano", "tokens", "cost"))
    }


def _asked(account: Account, question: str) -> str:
    try:
        answer = account.client().chat.completions.create(
            model="gpt-4o", messages=[{"role": "user", "content": question}]
        )
    except AuthenticationError as error:
        return f"AuthenticationError: {error.message}"
    return "" if answer.choices[0].message.content else "the answer is empty"


def _opened(running: Running) -> str:
    """Whether the provider was asked with the key that was stored before: it keeps the last four characters."""
    seen = {str(one["key_end"]) for one in running.ledger()[-2:]}
    return "" if seen == {PROVIDER_KEY[-4:]} else f"the provider saw keys that end with {', '.join(sorted(seen))}"


if __name__ == "__main__":
    sys.exit(main())
