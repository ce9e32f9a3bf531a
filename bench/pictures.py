"""`python -m bench.pictures FOLDER`: pictures of every page of the dashboard, of an organization with two months of traffic."""

import asyncio
import sys
import tempfile
from pathlib import Path
from secrets import token_urlsafe

import httpx

from bench.dashboard import database_of, fill
from deploy.node.dashboard import DASHBOARD, build
from deploy.node.find import find
from libs.common.embedding.setup import prepare
from tests.dashboard.history import with_history
from tests.dashboard.outside import outside
from tests.fixtures.running import ALERTING, ROOT, Account, Running, start, stop

_ROWS = 60_000


def northwind(running: Running) -> Account:
    """An organization with a name, and a provider."""
    body = {
        "org_name": "Northwind",
        "email": "ada@northwind.example",
        "password": token_urlsafe(),
        "account_type": "team",
    }
    made = httpx.post(f"{running.url}/api/auth/register", json=body, timeout=10).raise_for_status().json()
    account = Account(running, made["token"], made["api_key"], made["org"]["id"])
    account.connect("openai", "sk-upstream-0001", f"{running.upstream_url}/v1")
    return account


def main(folder: Path) -> int:
    """Build, start, fill, shoot; 1 where a page did not come."""
    folder.mkdir(parents=True, exist_ok=True)
    node = find()
    build(node)
    with tempfile.TemporaryDirectory(prefix="promptly-", dir="/tmp") as home, outside() as others:
        own = {"PROMPTLY_TRIAL_CREDITS": "1000000", **ALERTING, **others.settings}
        running = start(Path(home), prepare(ROOT / "var" / "model"), **own)
        try:
            account = northwind(running)
            asyncio.run(fill(database_of(running), account.org_id, _ROWS))
            env = {
                "PROMPTLY_URL": running.url,
                "PROMPTLY_UPSTREAM_URL": running.upstream_url,
                "PROMPTLY_TOKEN": account.token,
                "PROMPTLY_KEY": account.api_key,
                "PROMPTLY_HISTORY_TOKEN": with_history(running).token,
                "PICTURES": str(folder.resolve()),
            }
            done = node.run("walk/pictures.mjs", cwd=DASHBOARD, env=env)
        finally:
            stop(running.process)
    sys.stderr.write(done.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
