"""`make cluster`: parts of a cluster are killed under load, and a table says what was sent, answered, recorded and lost.

A request that is under way on a gateway that is killed has no answer: its client sees the connection break and sends it again,
as every SDK does. So it counts as sent and not as answered. What may not happen is that an answered one is not recorded, or
one is recorded twice.
"""

import argparse
import asyncio
import shutil
import signal
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import nats

from bench import proc
from bench.gateway import machine
from libs.common.bus.topology import Topology
from libs.common.embedding.setup import prepare
from tests.chaos.__main__ import busy_account
from tests.chaos.books import Books, settle
from tests.chaos.load import Load, Outcome, steady
from tests.chaos.machines import COPIES, WORKERS, Machines, traefik_program
from tests.fixtures.nats import NatsServer
from tests.fixtures.pgbouncer import pgbouncer_program
from tests.fixtures.running import ROOT, Running

_DOWN_SECONDS = 6.0  # how long a killed NATS server stays away
_OTHERS = ("auth", "cache", "optimizer", "router", "analytics", "alerts")


@dataclass(frozen=True)
class Case:
    """What happens at the beginning of one part of the run."""

    name: str
    fault: Callable[[Machines], Awaitable[None]]


async def calm(_: Machines) -> None:
    """Nothing happens."""


async def kill_a_node(machines: Machines) -> None:
    """A NATS server that does not lead the stream of events."""
    leader = await leader_of(machines)
    await lose(next(server for server in machines.nats if server is not leader))


async def kill_the_leader(machines: Machines) -> None:
    """The NATS server that leads the stream of events."""
    await lose(await leader_of(machines))


async def kill_a_gateway(machines: Machines) -> None:
    """A gateway: its parent and both workers, without a word."""
    machines.kill("gateway 0")


async def restart_a_gateway(machines: Machines) -> None:
    """A gateway is asked to end, as at an upgrade: it drains, and is started again. First the one that was killed is back."""
    await machines.until_ready("gateway 0")
    machines.signal(machines.processes()["gateway 1"], signal.SIGTERM)


async def kill_a_worker(machines: Machines) -> None:
    """One of the two workers of a gateway."""
    workers = proc.family(machines.processes()["gateway 0"], proc.running())[1:]
    machines.signal(workers[0].pid, signal.SIGKILL)


async def kill_services(machines: Machines) -> None:
    """One copy of each other service, two seconds apart."""
    for name in _OTHERS:
        machines.kill(f"{name} 0")
        await asyncio.sleep(2)


async def reload_the_front(machines: Machines) -> None:
    """Traefik reads other routes, three times."""
    for _ in range(3):
        machines.reload_front()
        await asyncio.sleep(3)


CASES = (
    Case("no fault", calm),
    Case("NATS node killed", kill_a_node),
    Case("NATS leader killed", kill_the_leader),
    Case("gateway killed", kill_a_gateway),
    Case("gateway restarted", restart_a_gateway),
    Case("a gateway's worker killed", kill_a_worker),
    Case("six services killed", kill_services),
    Case("Traefik reloaded", reload_the_front),
)


async def leader_of(machines: Machines) -> NatsServer:
    """The server that leads the stream of events now."""
    client = await nats.connect(machines.nats_url("gateway").split(","), inbox_prefix=b"_INBOX_gateway")
    try:
        while True:
            info = await client.jetstream().stream_info(Topology().stream)
            if info.cluster is not None and info.cluster.leader:
                return machines.nats[int(info.cluster.leader.removeprefix("n"))]
            await asyncio.sleep(0.1)
    finally:
        await client.close()


async def lose(server: NatsServer) -> None:
    """Kill a server, and start it again a while later."""
    server.kill()
    await asyncio.sleep(_DOWN_SECONDS)
    await asyncio.to_thread(server.start)


def part_of(load: Load, number: int, seconds: float) -> Load:
    """The requests that ended in one part of the run, those that were answered after it in the last."""
    last = number == len(CASES) - 1

    def ended(one: Outcome) -> float:
        return one.began + one.milliseconds / 1000

    return Load(
        [
            one
            for one in load.outcomes
            if number * seconds <= ended(one) and (last or ended(one) < (number + 1) * seconds)
        ]
    )


def line(name: str, load: Load, books: Books) -> str:
    """A row of the table."""
    rows = {one.request_id: books.rows[one.request_id] for one in load.outcomes if one.request_id in books.rows}
    plain, streamed = (Load([one for one in load.outcomes if one.stream is kind]) for kind in (False, True))
    lost = len(books.missing(load.answered))
    return (
        f"| {name} | {load.sent:,} | {len(load.answered):,} | {len(rows):,} | {lost} | {sum(rows.values()) - len(rows)} "
        f"| {_p(plain)} | {_p(streamed)} | {_failures(load.outcomes)} | {_degraded(load)} |"
    )


def _p(load: Load) -> str:
    return f"{load.milliseconds(0.5):.0f} / {load.milliseconds(0.99):,.0f}"


def _failures(outcomes: list[Outcome]) -> str:
    failures = Load(outcomes).failures
    return "; ".join(f"{count} × {error[:60].strip()}" for error, count in failures.most_common(3)) or "–"


def _degraded(load: Load) -> str:
    return ", ".join(f"{part} × {count}" for part, count in load.degraded.most_common(4)) or "–"


async def run(machines: Machines, rate: float, seconds: float) -> int:
    """The load with its faults, and the table; 1 where something was lost or recorded twice."""
    running = Running(machines.url, machines.upstream_url, machines.home, Path(), None)  # type: ignore[arg-type]
    account = await asyncio.to_thread(busy_account, running)
    await steady(account, rate=rate / 2, seconds=8, seed="warm")
    part = seconds / len(CASES)
    faults: list[asyncio.Task[None]] = []

    async def happen() -> None:
        for case in CASES:
            faults.append(asyncio.create_task(case.fault(machines)))
            await asyncio.sleep(part)

    before = proc.cpu_of(machines.processes())
    load, _ = await asyncio.gather(steady(account, rate=rate, seconds=seconds, seed="cluster"), happen())
    await asyncio.gather(*faults)
    books = await settle(running, account, load.answered)
    spent = {name: now - before.get(name, 0.0) for name, now in proc.cpu_of(machines.processes()).items()}
    print(
        "| in this part | sent | answered | rows | lost | twice | plain p50 / p99 ms | streamed | not answered | degraded |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for number, case in enumerate(CASES):
        print(line(case.name, part_of(load, number, part), books))
    print(line("**all**", load, books))
    kinds = sorted({name.split(" ")[0] for name in spent})
    print("CPU seconds of the processes that lived at the end: ", end="")
    print(", ".join(f"{kind} {sum(s for n, s in spent.items() if n.split(' ')[0] == kind):.0f}" for kind in kinds))
    restarts = {name: child.restarts for name, child in machines.children.items() if child.restarts}
    print(f"Started again: {', '.join(f'{name} × {count}' for name, count in restarts.items())}")
    print(
        f"Warnings: {', '.join(f'{name} × {count}' for name, count in machines.log.warnings.most_common(12)) or 'none'}"
    )
    return int(bool(books.missing(load.answered)) or books.duplicates > 0 or not load.answered)


async def _cluster(home: Path, rate: float, seconds: float) -> int:
    machines = Machines(home, prepare(ROOT / "var" / "model"))
    try:
        await machines.start()
        return await run(machines, rate, seconds)
    finally:
        await machines.stop()


def main() -> int:
    """Start a cluster, run the load, stop it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=float, default=100.0, help="requests a second, every other one streamed")
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--log", type=Path, help="where to keep what the processes said (default: nowhere)")
    own = parser.parse_args()
    if traefik_program() is None:
        print("There is no traefik here; `make cluster` installs it from the Python index.", file=sys.stderr)
        return 2
    print(f"{machine()}; {own.rate:g} requests/s for {own.seconds:g} s, every other one streamed")
    pooler = "PgBouncer in transaction mode" if pgbouncer_program() else "**no PgBouncer: none was found**"
    print(
        f"3 nats-servers with 3 copies of each stream, {COPIES} gateways of {WORKERS} workers behind Traefik, {COPIES} of every other "
        f"service, {pooler}; each cache has a store of its own, because no Qdrant server is to be had"
    )
    with tempfile.TemporaryDirectory(prefix="promptly-", dir="/tmp") as home:
        failed = asyncio.run(_cluster(Path(home), own.rate, own.seconds))
        if own.log is not None:
            shutil.copy(Path(home) / "log", own.log)
    print(
        "every answered request was recorded exactly once"
        if not failed
        else "some requests were lost or recorded twice"
    )
    return failed


if __name__ == "__main__":
    sys.exit(main())
