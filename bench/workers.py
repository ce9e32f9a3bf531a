"""`python -m bench.workers`: the gateway with one worker and with two on the same port, beside the same provider.

What counts is requests per CPU second of the gateway: where it stays the same, a second worker is worth a second core, if there is
one. How many more requests a second come through depends on the cores that everything else leaves free, so that is said beside it.
"""

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench import gateway, proc, programs
from bench.programs import ProgramFailed
from bench.report import Cell
from bench.rows import ROWS
from deploy.local.child import StartFailed

_ROW = "passthrough"
_GOAL, _FREE_CORES = 1.8, 1.0


@dataclass(frozen=True)
class Figures:
    """Medians over rounds: requests a second, and per CPU second of the gateway and of all parts; the cores that this kept busy;
    and the cores that were left over, also by whatever else runs on the machine.
    """

    rate: float
    per_gateway_second: float
    per_second_of_all: float
    cores: float
    free: float


def figures(cells: list[Cell], free: list[float]) -> Figures:
    """What the cells of one number of workers say together; `free` are the cores that were left over in each."""

    def median(values: list[float]) -> float:
        return statistics.median(values)

    return Figures(
        rate=median([cell.load.rate for cell in cells]),
        per_gateway_second=median([cell.load.answered / cell.cpu["gateway"] for cell in cells]),
        per_second_of_all=median([cell.load.answered / sum(cell.cpu.values()) for cell in cells]),
        cores=median([(sum(cell.cpu.values()) + cell.load.cpu) / cell.load.seconds for cell in cells]),
        free=median(free),
    )


async def measure(workers: int, concurrency: int, rounds: int, seconds: float) -> Figures:
    """A Promptly of its own with so many workers, under load for some rounds."""
    os.environ["PROMPTLY_GATEWAY_WORKERS"] = str(workers)
    row = next(row for row in ROWS if row.name == _ROW)
    with tempfile.TemporaryDirectory(prefix="bench-", dir="/tmp") as directory:
        async with programs.upstream(gateway.BUILT, 300) as port, gateway.running(port) as stack:
            await gateway.quiet(gateway.processes(stack))
            target = await gateway.aim(row, stack, port, Path(directory))
            await gateway.measure(target, concurrency, 1.0)
            cells, free = [], []
            for _ in range(rounds):
                idle, began = proc.idle_seconds(), time.monotonic()
                cells.append(await gateway.measure(target, concurrency, seconds))
                free.append((proc.idle_seconds() - idle) / (time.monotonic() - began))
            return figures(cells, free)


async def run(concurrency: int, rounds: int, seconds: float) -> None:
    """Both, and the table."""
    print(f"{gateway.machine()}; {_ROW}, {concurrency} at once, medians of {rounds} rounds of {seconds:g} s")
    print("| workers | req/s | req per CPU-s of the gateway | req per CPU-s of all | cores busy | left over |")
    print("|---|---|---|---|---|---|")
    found = {}
    for workers in (1, 2):
        one = found[workers] = await measure(workers, concurrency, rounds, seconds)
        speed = f"{one.rate:,.0f} | {one.per_gateway_second:,.0f} | {one.per_second_of_all:,.0f}"
        print(f"| {workers} | {speed} | {one.cores:.2f} | {one.free:.2f} |")
    ratio = found[2].rate / found[1].rate
    kept = found[2].per_gateway_second / found[1].per_gateway_second
    print(f"{ratio:.2f} × the requests a second, at {kept:.0%} of the requests per CPU second of the gateway.")
    if found[1].free < _FREE_CORES:
        print(
            f"With one worker {found[1].free:.2f} cores were left over, less than the one that a second worker takes: "
            f"whether it is ≥ {_GOAL} × cannot be measured here."
        )
    else:
        print(f"Goal ≥ {_GOAL} ×: {'met' if ratio >= _GOAL else 'missed'}")


def main() -> int:
    """Read the command line and run; 2 where this machine cannot."""
    parser = argparse.ArgumentParser(prog="python -m bench.workers")
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0)
    own = parser.parse_args()
    try:
        programs.build(gateway.BUILT)
        asyncio.run(run(own.concurrency, own.rounds, own.seconds))
    except (ProgramFailed, StartFailed) as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
