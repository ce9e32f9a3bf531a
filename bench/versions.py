"""`make bench-versions OLD=checkout`: the gateway of another checkout beside this one's, in one run.

Both run whole, each in a home of its own, with one upstream that answers at once; each cell is measured of one and then
of the other, and who goes first changes. Only the ratios mean anything: above 1 this checkout does more with a core, or answers
sooner.
"""

import argparse
import asyncio
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

from bench import gateway, programs, report
from bench.gateway import BUILT, Target
from bench.programs import ProgramFailed, Shot
from bench.report import Cell
from bench.rows import ROWS, Row, api_key_for, bodies
from libs.common.embedding.setup import prepare
from tests.fixtures.running import ROOT, Running, pid_of, start, stop

_MODEL = ROOT / "var" / "model"
_CONCURRENCIES = (1, report.SHOWN)
_SERVICES = ("gateway", "auth", "cache", "optimizer", "router", "analytics", "alerts", "nats")
_LONGEST = 3_600
_DISTINCT = 20_000
_CHOSEN = ("passthrough", "passthrough, SSE", "exact hit", "full pipeline, miss")
_NEW = ("Messages, raw", "Messages, raw, SSE", "Responses, raw", "Responses, raw, SSE", "embeddings")


async def _target(row: Row, running: Running, upstream_port: int, directory: Path) -> Target:
    """What a row sends to one of the two. The same bodies for both, and organizations of their own."""
    path = directory / f"{ROWS.index(row)}.jsonl"
    if not path.exists():
        path.write_bytes(bodies(row, _MODEL, _DISTINCT))
    key = await api_key_for(row, running.url, f"http://127.0.0.1:{upstream_port}")
    port = urlsplit(running.url).port
    assert port is not None
    parts = {name: pid for name in _SERVICES if (pid := pid_of(running, name)) is not None}
    headers = (f"Authorization: Bearer {key}", *row.headers)
    return Target(
        row.name, Shot(port=port, bodies=path, path=f"/v1/{row.api}", headers=headers, expected=row.proof), parts
    )


async def _measured(
    both: tuple[Running, Running], rows: list[Row], rounds: int, seconds: float
) -> tuple[list[Cell], list[Cell]]:
    """The cells of the old one and of this one, measured by turns."""
    cells: tuple[list[Cell], list[Cell]] = ([], [])
    async with AsyncExitStack() as opened:
        upstream_port = await opened.enter_async_context(programs.upstream(BUILT, _LONGEST))
        directory = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="bench-", dir="/tmp")))
        for row in rows:
            pair = [await _target(row, running, upstream_port, directory) for running in both]
            for target in pair:
                await gateway.measure(target, 8, 1.0)
            for turn in range(rounds):
                for concurrency in _CONCURRENCIES:
                    for which in report.rotated((0, 1), turn):
                        cells[which].append(await gateway.measure(pair[which], concurrency, seconds))
    return cells


def _table(old: list[Cell], new: list[Cell], rows: list[Row]) -> str:
    """Per row: p50 at concurrency 1, requests per second of a gateway core, CPU of all parts; ratios of the same turn."""
    lines = []
    before, after = report.figures(old), report.figures(new)
    for row in rows:
        for concurrency in _CONCURRENCIES:
            one, two = before[row.name, concurrency], after[row.name, concurrency]
            turns = [
                (a.load.p50 / b.load.p50 if b.load.p50 else float("nan"))
                for a, b in zip(
                    (cell for cell in old if (cell.row, cell.concurrency) == (row.name, concurrency)),
                    (cell for cell in new if (cell.row, cell.concurrency) == (row.name, concurrency)),
                    strict=True,
                )
            ]
            cores = report.per_core(one, "gateway"), report.per_core(two, "gateway")
            whole = 1000 / report.per_core(one), 1000 / report.per_core(two)
            line = [row.name, str(concurrency), f"{one.p50:.2f} → {two.p50:.2f}"]
            line += [f"{median(turns):.2f} ({min(turns):.2f}–{max(turns):.2f})"]
            line += [f"{cores[0]:,.0f} → {cores[1]:,.0f}", f"{cores[1] / cores[0]:.2f}"]
            line += [f"{whole[0]:.2f} → {whole[1]:.2f}", f"{whole[0] / whole[1]:.2f}"]
            lines.append([*line, f"{one.proven:.0%} / {two.proven:.0%}", str(one.errors + two.errors)])
    head = ["row", "at", "p50 ms", "× (turns)", "req/s per gateway core", "×", "CPU s per 1,000, all", "×"]
    return report.table([*head, "as meant", "errors"], lines)


def _run(old: Path, rows: list[Row], rounds: int, seconds: float) -> None:
    model = prepare(_MODEL)
    allowed = {"PROMPTLY_ALLOWED_HOSTS": "127.0.0.1"}
    with (
        tempfile.TemporaryDirectory(prefix="promptly-", dir="/tmp") as one,
        tempfile.TemporaryDirectory(prefix="promptly-", dir="/tmp") as two,
    ):
        before = start(Path(one), model, old, **allowed)
        try:
            after = start(Path(two), model, ROOT, **allowed)
            try:
                cells = asyncio.run(_measured((before, after), rows, rounds, seconds))
            finally:
                stop(after.process)
        finally:
            stop(before.process)
    print(f"{gateway.machine()}; old: {old.name}; medians of {rounds} turns of {seconds:g} s\n")
    print(_table(*cells, rows))


def main() -> int:
    """Read the command line and run; 2 where this machine cannot."""
    parser = argparse.ArgumentParser(prog="python -m bench.versions")
    parser.add_argument("old", type=Path, help="the other checkout, whose Python packages have to be those of this one")
    parser.add_argument("--rows", default="", help="only rows whose name holds this")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=2.0, help="length of one measurement")
    parser.add_argument("--new", action="store_true", help="also rows of APIs that the other one has to know")
    given = parser.parse_args()
    rows = [row for row in ROWS if row.name in _CHOSEN + _NEW * given.new and given.rows in row.name]
    try:
        programs.build(BUILT)
        _run(given.old.resolve(), rows, given.rounds, given.seconds)
    except (ProgramFailed, RuntimeError) as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
