"""`python -m bench.dashboard`: the dashboard over a million requests, in Chromium: what it has to fetch, when it can be used, and
how long each of its questions takes, asked through the whole of Promptly.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import asyncpg
import psutil

from bench.analytics.seed import seed
from bench.report import table
from deploy.node.dashboard import DASHBOARD, build
from deploy.node.find import Node, NodeError, find
from libs.common.db import connect
from libs.common.embedding.setup import prepare
from tests.fixtures.running import ALERTING, ROOT, Account, Running, pid_of, start, stop

GOAL_MS = 200
# What Chrome's own documentation calls good.
_STILL = 0.1
_PAGES = (
    "/",
    "/costs",
    "/performance",
    "/measured",
    "/requests",
    "/keys",
    "/optimization",
    "/routing",
    "/cache",
    "/alerts",
    "/team",
    "/organization",
    "/credits",
)
_FILTERS = ("status=error", "cache_hit=true", "model=gpt-4o", "model=none", "kind=completion")


async def fill(url: str, org_id: str, rows: int) -> None:
    """A million requests, half of them of the organization that looks."""
    async with connect(url, query_seconds=900) as database, database() as tx:
        await seed(tx, rows, 8, datetime.now(UTC).replace(microsecond=0), largest=org_id)
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("VACUUM ANALYZE", timeout=600)
    finally:
        await connection.close()


def database_of(running: Running) -> str:
    """Where a running stack keeps its log."""
    found: str = psutil.Process(pid_of(running, "analytics")).environ()["PROMPTLY_DATABASE_URL"]
    return found


def look(node: Node, account: Account, visits: int) -> dict[str, Any]:
    """What the browser measured."""
    newest = account.get("/api/requests", limit=1)["requests"][0]["id"]
    env = {
        "PROMPTLY_URL": account.running.url,
        "PROMPTLY_UPSTREAM_URL": account.running.upstream_url,
        "PROMPTLY_TOKEN": account.token,
        "PROMPTLY_KEY": account.api_key,
        "ADDRESSES": json.dumps([*_PAGES, f"/requests/{newest}", *(f"/requests?{one}" for one in _FILTERS)]),
        "VISITS": str(visits),
    }
    done = node.run("walk/measure.mjs", cwd=DASHBOARD, env=env)
    if done.returncode != 0:
        sys.exit(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def loads(found: dict[str, list[dict[str, float]]]) -> tuple[str, bool]:
    """Medians of cold visits; whether nothing moved."""
    lines, still = [], True
    for name, visits in found.items():
        one = {key: median(visit[key] for visit in visits) for key in visits[0]}
        still &= one["shift"] < _STILL
        times = (one["first"], one["largest"], one["interactive"], one["blocked"], one["answered"])
        lines.append([name, *(f"{ms:,.0f}" for ms in times), f"{one['shift']:.3f}", f"{one['bytes'] / 1024:,.0f}"])
    head = ["cold visit, ms", "first paint", "largest", "interactive", "blocked", "all answered", "shift", "KiB"]
    return table(head, lines), still


def questions(found: dict[str, dict[str, list[float]]]) -> tuple[str, float]:
    """Every question of every page; the slowest p95."""
    lines, worst = [], 0.0
    for address, routes in found.items():
        for route, took in sorted(routes.items()):
            p95 = _nth(took, 0.95)
            worst = max(worst, p95)
            lines.append([address, route, str(len(took)), f"{median(took):.0f}", f"{p95:.0f}"])
    return table(["page", "question", "times", "p50 ms", "p95 ms"], lines), worst


def _nth(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, round(share * len(values)))]


def main() -> int:
    """Build, start, fill, look; 1 where a question took too long or a page moved."""
    parser = argparse.ArgumentParser(prog="bench.dashboard", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--visits", type=int, default=12)
    given = parser.parse_args()
    try:
        node = find()
        print(build(node), flush=True)
    except NodeError as error:
        sys.exit(str(error))
    with tempfile.TemporaryDirectory(prefix="promptly-", dir="/tmp") as home:
        running = start(Path(home), prepare(ROOT / "var" / "model"), **ALERTING)
        try:
            account, begun = running.account(), time.perf_counter()
            asyncio.run(fill(database_of(running), account.org_id, given.rows))
            print(f"{given.rows:,} requests in {time.perf_counter() - begun:.0f} s\n", flush=True)
            measured = look(node, account, given.visits)
        finally:
            stop(running.process)
    shown, still = loads(measured["loads"])
    asked, worst = questions(measured["asked"])
    print(f"{shown}\n\n{asked}\n")
    print(f"slowest p95 {worst:.0f} ms; goal: under {GOAL_MS} ms, and nothing on a page moves (shift under {_STILL})")
    return int(worst >= GOAL_MS or not still)


if __name__ == "__main__":
    sys.exit(main())
