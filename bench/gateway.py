"""`make bench-gateway`: what Promptly costs beside its upstream, in one run of some six minutes.

Starts everything in a home of its own, with an upstream that answers at once, and sends each row's requests at three
concurrencies in rounds, in an order that rotates. Only ratios within one run mean anything.
"""

import argparse
import asyncio
import os
import platform
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from bench import long_rows, peers, proc, programs, report
from bench.peers import RunningPeer
from bench.programs import ProgramFailed, Shot
from bench.report import CONCURRENCIES, DIRECT, Cell
from bench.rows import ROWS, Row, api_key_for, bodies
from deploy.local.child import StartFailed
from deploy.local.ports import free_port
from deploy.local.settings import LocalSettings
from deploy.local.stack import Stack

_ROOT = Path(__file__).parents[1]
BUILT = _ROOT / "var" / "bench"
_MODEL = _ROOT / "var" / "model"
_PEERS = _ROOT / ".venvs"
_LONGEST = 900
_DISTINCT = 20_000
_LONG = "conversation"
_QUIET_CORES = 0.15


@dataclass
class Target:
    """A row that can be sent: its requests, whose CPU counts, whether they are ours, and how many were sent so far."""

    name: str
    shot: Shot
    parts: dict[str, int]
    own: bool = True
    sent: int = 0


async def measure(target: Target, concurrency: int, seconds: float) -> Cell:
    """One cell. CPU counts until its processes are quiet again, for the log and the cache work on after an answer."""
    if target.own:
        await prime(target)
    before = proc.cpu_of(target.parts)
    load = await programs.load(BUILT, target.shot, connections=concurrency, seconds=seconds, first=target.sent)
    target.sent += load.sent
    if target.own:
        await quiet(target.parts)
    after = proc.cpu_of(target.parts)
    spent = {part: after[part] - seconds for part, seconds in before.items()}
    return Cell(row=target.name, concurrency=concurrency, load=load, cpu=spent)


async def prime(target: Target, tries: int = 40) -> None:
    """Send one request after another until one goes the row's way: a breaker that the row before opened stays so for
    some seconds, and would make this row another one.
    """
    for _ in range(tries):
        load = await programs.load(BUILT, target.shot, connections=1, seconds=5, requests=1, first=target.sent)
        target.sent += load.sent
        if load.expected:
            return
        await asyncio.sleep(0.2)


async def quiet(parts: dict[str, int], seconds: float = 15.0, step: float = 0.2) -> None:
    """Wait until nothing works any more, or the time is up: the cache embeds what it stored in the background."""
    before = sum(proc.cpu_of(parts).values())
    for _ in range(int(seconds / step) if parts else 0):
        await asyncio.sleep(step)
        now = sum(proc.cpu_of(parts).values())
        if now - before <= _QUIET_CORES * step:
            return
        before = now


@asynccontextmanager
async def running(upstream_port: int) -> AsyncIterator[Stack]:
    """The whole of Promptly, allowed to call the upstream."""
    with tempfile.TemporaryDirectory(prefix="promptly-", dir="/tmp") as home:
        settings = LocalSettings(home=home, model_dir=str(_MODEL), allowed_hosts=f"127.0.0.1:{upstream_port}")
        stack = Stack(settings, free_port(), demo=False, quiet=True)
        try:
            await stack.start()
            yield stack
        finally:
            await stack.stop()


def processes(stack: Stack) -> dict[str, int]:
    """The first process of every part."""
    found = {name: child.pid for name, child in stack.children.items()}
    return {name: pid for name, pid in sorted(found.items(), key=lambda entry: entry[0] != "gateway") if pid}


async def aim(row: Row, stack: Stack, upstream_port: int, directory: Path) -> Target:
    """Make a row's organization and its file of bodies."""
    path = directory / f"{ROWS.index(row)}.jsonl"
    path.write_bytes(bodies(row, _MODEL, _DISTINCT))
    if row.settings is None:
        return Target(row.name, Shot(port=upstream_port, bodies=path, expected=row.proof), {})
    key = await api_key_for(row, f"http://127.0.0.1:{stack.port}", f"http://127.0.0.1:{upstream_port}")
    headers = (f"Authorization: Bearer {key}", *row.headers)
    shot = Shot(port=stack.port, bodies=path, path=f"/v1/{row.api}", headers=headers, expected=row.proof)
    return Target(row.name, shot, processes(stack))


def aim_at_peer(peer: RunningPeer, directory: Path) -> list[Target]:
    """The two rows of another gateway."""
    targets = []
    for row in ROWS[:2]:
        path = directory / f"{ROWS.index(row)}.jsonl"
        shot = Shot(port=peer.port, bodies=path, headers=peer.headers, expected=row.proof)
        targets.append(
            Target(row.name.replace(DIRECT, f"{peer.name}, passthrough"), shot, {peer.name: peer.pid}, own=False)
        )
    return targets


async def run(chosen: str, rounds: int, seconds: float) -> None:
    """Measure the rows whose name holds `chosen`, and the upstream itself, and print the tables."""
    rows = [row for row in ROWS if chosen in row.name or row.settings is None]
    busy_before = os.getloadavg()[0]
    async with AsyncExitStack() as opened:
        upstream_port = await opened.enter_async_context(programs.upstream(BUILT, _LONGEST))
        stack = await opened.enter_async_context(running(upstream_port))
        directory = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="bench-", dir="/tmp")))
        parts = processes(stack)
        await quiet(parts)
        rest = proc.memory_of(parts)
        targets = [await aim(row, stack, upstream_port, directory) for row in rows]
        others = await opened.enter_async_context(peers.running(_PEERS, upstream_port, directory))
        targets += [target for peer in others for target in aim_at_peer(peer, directory)]
        for target in targets:
            await measure(target, 8, 1.0)
        cells = [
            await measure(target, CONCURRENCIES[step % len(CONCURRENCIES)], seconds)
            for step in range(rounds * len(CONCURRENCIES))
            for target in report.rotated(targets, step)
        ]
        after = proc.memory_of(parts)
        long = await long_rows.measure(stack.port, upstream_port, parts, quiet) if chosen in _LONG else {}
    found = report.figures(cells)
    names = [target.name for target in targets]
    print(f"{datetime.now(UTC):%Y-%m-%d}; {machine()}; load average before: {busy_before:.1f}")
    print(f"Medians of {rounds} rounds of {seconds:g} s per cell.\n")
    print(report.speed(found, names), report.cost(found, names), report.memory(rest, after), sep="\n\n")
    if long:
        print("\nConversations of an agent, turn by turn", long_rows.shown(long), sep="\n\n")
    missing = [peer.name for peer in peers.PEERS if all(peer.name != other.name for other in others)]
    print(f"\nNot installed as .venvs/bench-<name>, so not measured: {', '.join(missing) or 'none'}\n")
    print(report.goals(found, rest))
    (BUILT / "gateway.json").write_bytes(msgspec.json.encode(cells))


def machine() -> str:
    """What it runs on, in a line."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine()
    )
    return f"{len(os.sched_getaffinity(0))} cores of {model}, Python {platform.python_version()}"


async def _until_signalled(work: asyncio.Task[None]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, work.cancel)
    await work


def main() -> int:
    """Read the command line and run; 2 where this machine cannot."""
    parser = argparse.ArgumentParser(prog="python -m bench.gateway")
    parser.add_argument("--rows", default="", help="only rows whose name holds this")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.5, help="length of one measurement")
    own = parser.parse_args()

    async def guarded() -> None:
        await _until_signalled(asyncio.create_task(run(own.rows, own.rounds, own.seconds)))

    try:
        programs.build(BUILT)
        asyncio.run(guarded())
    except (ProgramFailed, StartFailed) as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 2
    except asyncio.CancelledError:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
