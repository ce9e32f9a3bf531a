"""`make soak`: mixed traffic for minutes, and what each process takes of memory at the start, in the middle and at the end.

The stores are made small and swept often, so that they are full and in balance long before the middle: what grows after that
grows without bound. Half of the questions come again, so that the cache answers some; conversations grow, so that the optimizer
and the router have work.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

import aiohttp
import psutil

from libs.common.embedding.setup import prepare
from tests.chaos.__main__ import busy_account
from tests.fixtures.running import ROOT, Account, Running, start, stop

_SMALL = {
    "PROMPTLY_CACHE_MAX_ENTRIES": "500",
    # Removed entries keep their memory until the next sweep.
    "PROMPTLY_CACHE_SWEEP_SECONDS": "20",
    "PROMPTLY_MEMORY_BYTES": str(2 << 20),
    "PROMPTLY_OPTIMIZER_MEMO_BYTES": str(4 << 20),
}
_FLAT = 1.05
_SERVICES = ("gateway", "auth", "cache", "optimizer", "router", "analytics", "alerts")
_TOPICS = ("tide tables", "a lock gate", "a bell foundry", "a salt works", "a ropewalk", "a windmill", "a dry dock")


def resident(running: Running) -> dict[str, float]:
    """MiB of each service, its worker processes included."""
    found: dict[str, float] = {}
    for child in psutil.Process(running.process.pid).children():
        command = " ".join(child.cmdline())
        name = next((one for one in _SERVICES if f"services.{one}" in command), None)
        if name is not None:
            found[name] = sum(one.memory_info().rss for one in (child, *child.children(recursive=True))) / 2**20
    return found


async def talk(session: aiohttp.ClientSession, account: Account, worker: int, until: float) -> int:
    """Conversations one after the other; how many requests were answered."""
    answered = number = 0
    while time.monotonic() < until:
        topic = _TOPICS[number % len(_TOPICS)]
        # Every other conversation is one that was held before.
        seed = number if number % 2 else number % 40
        messages = [{"role": "system", "content": "You explain  things briefly.\n\n\nPlease make sure to be exact."}]
        for turn in range(4):
            messages.append(
                {"role": "user", "content": f"Reader {worker}-{seed}: what is question {turn} about {topic}?"}
            )
            body = {"model": "gpt-4o", "messages": messages, "stream": bool(turn % 2)}
            headers = {"authorization": f"Bearer {account.api_key}"}
            async with session.post(f"{account.running.url}/v1/chat/completions", json=body, headers=headers) as answer:
                await answer.read()
                answered += answer.status == 200
            messages.append({"role": "assistant", "content": f"It is about {topic}, in {turn + 2} parts. " * 20})
            await asyncio.sleep(0.05)
        number += 1
    return answered


async def run(running: Running, minutes: float, workers: int) -> int:
    """The traffic and the samples; 1 where a process went on growing."""
    account = busy_account(running)
    begin = time.monotonic()
    until = begin + 60 * minutes
    samples: list[tuple[float, dict[str, float]]] = []

    async def sample() -> None:
        while time.monotonic() < until:
            samples.append((time.monotonic() - begin, resident(running)))
            await asyncio.sleep(max(1.0, 60 * minutes / 60))

    async with aiohttp.ClientSession() as session:
        *counts, _ = await asyncio.gather(*(talk(session, account, n, until) for n in range(workers)), sample())
    samples.append((time.monotonic() - begin, resident(running)))
    print(f"{sum(counts)} requests answered in {minutes:g} minutes")
    print(f"{'MiB resident':<14}{'start':>9}{'middle':>9}{'end':>9}{'end / middle':>14}")
    # A tenth of the run at each place: one sample more or less says little.
    width = max(1, len(samples) // 10)
    failed = 0
    for name in _SERVICES:
        row = [values.get(name, 0.0) for _, values in samples]
        middle = len(row) // 2
        first, mid, last = (sum(part) / len(part) for part in (row[:width], row[middle : middle + width], row[-width:]))
        grew = mid > 0 and last / mid > _FLAT
        failed += grew
        print(
            f"{name:<14}{first:>9.1f}{mid:>9.1f}{last:>9.1f}{last / mid if mid else 0:>14.3f}{'  ✗ grows' if grew else ''}"
        )
    return failed


def main() -> int:
    """Start a stack, keep it busy, stop it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--workers", type=int, default=6, help="conversations at once")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="promptly-", dir="/tmp") as home:
        running = start(Path(home), prepare(ROOT / "var" / "model"), **_SMALL)
        try:
            failed = asyncio.run(run(running, chosen.minutes, chosen.workers))
        finally:
            stop(running.process)
    print("every process stayed within 5 % of its middle" if not failed else f"{failed} processes went on growing")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
