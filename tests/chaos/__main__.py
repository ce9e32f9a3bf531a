"""`make chaos`: each fault under load, and a table that says what was sent, answered, recorded and lost."""

import argparse
import asyncio
import platform
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

from libs.common.embedding.setup import prepare
from tests.chaos import faults
from tests.chaos.books import Books, settle
from tests.chaos.load import Load, burst, steady
from tests.fixtures.running import ROOT, Account, Running, start, stop

RATE, SECONDS = 50.0, 24.0
_BUDGETS = {"cache": 80.0, "optimizer": 100.0, "router": 60.0}
# Two cores run the load, its target and the fault at once: one p99 differs this much from the next of the same case.
_NOISE_MS = 50.0


@dataclass
class Case:
    """One fault: what happens while the load runs, and which part `degraded` has to name (none: no hop may be missed).

    `beside` names the case whose latency it is held against: the same machine doing the same, but for the hop. A part that
    is killed is started again, which takes one of the two cores for seconds, so it is held against analytics' kills.
    """

    name: str
    fault: Callable[[Running], Awaitable[int]]
    part: str | None = None
    beside: str = ""


CALM, RESTARTS = "no fault", "analytics killed"
CASES = [
    Case(CALM, lambda _: asyncio.sleep(0, 0)),
    Case(RESTARTS, lambda r: faults.kill_repeatedly(r, "analytics", times=4, every=4)),
    Case("nats-server killed", lambda r: faults.kill_repeatedly(r, "nats", times=4, every=4), "bus"),
    *(
        Case(f"{part} killed", lambda r, p=part: faults.kill_repeatedly(r, p, times=4, every=4), part, RESTARTS)  # type: ignore[misc]
        for part in _BUDGETS
    ),
    *(
        Case(f"{part} frozen", lambda r, p=part: faults.freeze(r, p, after=4, seconds=12), part, CALM)  # type: ignore[misc]
        for part in _BUDGETS
    ),
]


def busy_account(running: Running) -> Account:
    """An organization whose key has a limit of its own, above the load."""
    account = running.account()
    answer = httpx.post(
        f"{running.url}/api/keys/platform",
        headers=account.headers,
        json={"name": "load", "scopes": ["chat"], "rpm": 100_000},
        timeout=10,
    )
    answer.raise_for_status()
    account.api_key = answer.json()["api_key"]
    return account


async def run_case(running: Running, case: Case) -> tuple[int, Load, Books]:
    """The fault under steady load, and the books afterwards."""
    account = busy_account(running)
    load, kills = await asyncio.gather(steady(account, rate=RATE, seconds=SECONDS, seed=case.name), case.fault(running))
    return kills, load, await settle(running, account, load.answered)


def verdict(case: Case, load: Load, books: Books, p99: dict[str, float]) -> list[str]:
    """What fell short; empty where all held."""
    short = []
    if load.failures:
        short.append(f"{sum(load.failures.values())} requests failed: {dict(load.failures.most_common(3))}")
    if missing := books.missing(load.answered):
        short.append(f"{len(missing)} answered requests are not recorded")
    if books.duplicates:
        short.append(f"{books.duplicates} duplicate rows")
    if books.answered_rows() != len(load.answered):
        short.append(f"{books.answered_rows()} rows say answered, clients saw {len(load.answered)}")
    if case.part in _BUDGETS:
        if not load.degraded[case.part]:
            short.append(f"`degraded` never named {case.part}")
        added = load.milliseconds(0.99) - p99[case.beside]
        if added > _BUDGETS[case.part] + _NOISE_MS:
            budget = _BUDGETS[case.part]
            short.append(f"p99 is {added:.0f} ms over that of `{case.beside}`, more than the hop's {budget:.0f} ms")
    return short


def line(name: str, kills: int, load: Load, books: Books) -> str:
    """A row of the table."""
    return (
        f"{name:<22}{kills:>6}{load.sent:>7}{len(load.answered):>10}{len(books.rows):>7}{books.duplicates:>11}"
        f"{load.milliseconds(0.5):>9.1f}{load.milliseconds(0.99):>9.1f}  {_degraded(load)}"
    )


def _degraded(load: Load) -> str:
    return ", ".join(f"{part} × {count}" for part, count in load.degraded.most_common(4)) or "–"


async def run(running: Running, chosen: str) -> int:
    """Every case in turn; how many fell short."""
    print(
        f"{RATE:.0f} requests/s for {SECONDS:.0f} s, every other one streamed; {platform.processor() or platform.machine()}"
    )
    print(
        f"{'fault':<22}{'kills':>6}{'sent':>7}{'answered':>10}{'rows':>7}{'duplicates':>11}{'p50 ms':>9}{'p99 ms':>9}  degraded"
    )
    await steady(busy_account(running), rate=RATE, seconds=8, seed="warm")
    p99: dict[str, float] = {}
    failed = 0
    for case in CASES:
        if chosen not in case.name and case.name not in (CALM, RESTARTS):
            continue
        kills, load, books = await run_case(running, case)
        p99[case.name] = load.milliseconds(0.99)
        print(line(case.name, kills, load, books), flush=True)
        for sentence in verdict(case, load, books, p99):
            failed += 1
            print(f"  ✗ {sentence}", flush=True)
    account = busy_account(running)
    load = await burst(account, count=1000, concurrency=32, seed="burst")
    books = await settle(running, account, load.answered)
    print(line("1,000 at concurrency 32", 0, load, books), flush=True)
    for sentence in verdict(Case("burst", lambda _: asyncio.sleep(0, 0)), load, books, p99):
        failed += 1
        print(f"  ✗ {sentence}", flush=True)
    return failed


def main() -> int:
    """Start a stack, run the cases, stop it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="", help="run the cases whose name holds this")
    chosen = parser.parse_args().only
    with tempfile.TemporaryDirectory(prefix="promptly-", dir="/tmp") as home:
        running = start(Path(home), prepare(ROOT / "var" / "model"))
        try:
            failed = asyncio.run(run(running, chosen))
        finally:
            stop(running.process)
    print("every answered request was recorded exactly once" if not failed else f"{failed} checks fell short")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
