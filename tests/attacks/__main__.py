"""`make attacks`: each attack beside a victim, and a table of what the victim noticed."""

import argparse
import asyncio
import platform
import sys
import tempfile
from pathlib import Path

from libs.common.embedding.setup import prepare
from tests.attacks import local
from tests.attacks.arena import Row, row
from tests.attacks.attacks import ATTACKS, CALM, Attack
from tests.fixtures.running import ROOT, start, stop

_MOST_ADDED_MS = 100.0


async def _rows(root: Path, seconds: float, chosen: list[Attack]) -> list[Row]:
    model = prepare(ROOT / "var" / "model")
    rows: list[Row] = []
    for attack in (CALM, *chosen):
        # A home and processes of its own: what one attack leaves behind must not be counted for the next.
        with tempfile.TemporaryDirectory(prefix="promptly-", dir="/tmp") as home:
            running = start(
                Path(home), model, root, PROMPTLY_ALLOWED_HOSTS="127.0.0.1", PROMPTLY_STREAM_DRAIN_SECONDS="2"
            )
            try:
                rows.append(await row(running, attack, seconds))
            finally:
                stop(running.process)
        print(rows[-1].line(rows[0]), flush=True)
    return rows


def main() -> int:
    """Run them all; 1 where a victim of a critical or high one went without an answer, a record or its time."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=15.0, help="how long each attack lasts")
    parser.add_argument("--root", type=Path, default=ROOT, help="the checkout that is attacked")
    parser.add_argument("--only", default="", help="attacks whose name holds this")
    parser.add_argument("--grades", default="CHML", help="attacks of these grades")
    given = parser.parse_args()
    chosen = [one for one in ATTACKS if given.only in one.name and one.grade in given.grades]
    print(f"{platform.machine()}, Python {platform.python_version()}; {given.seconds:.0f} s each, 8 requests a second")
    print(Row.head())
    rows = asyncio.run(_rows(given.root, given.seconds, chosen))
    hurt = [one for one in rows[1:] if one.grade in ("C", "H") and one.hurt(rows[0], _MOST_ADDED_MS)]
    with tempfile.TemporaryDirectory(prefix="promptly-", dir="/tmp") as home:
        running = start(Path(home), prepare(ROOT / "var" / "model"), given.root)
        try:
            print("\nA local user without a secret")
            found = local.ports(running)
            for one in found:
                print(f"  {'refused' if one.refused else 'OPEN   '} {one.part:<10} {one.port:>5}  {one.said}")
            print(
                "  modes of the home: "
                + ", ".join(f"{mode} {name}" for name, mode in local.modes(running.home).items())
            )
            reached = local.open_files(running.home)
            print(f"  files that others reach: {len(reached)}")
        finally:
            stop(running.process)
    opened = [one for one in found if not one.refused and one.part != "upstream"]
    print(f"\n{len(hurt)} attacks of grade C or H hurt their victim; {len(opened)} ports are open without a secret.")
    return 1 if hurt or opened or reached else 0


if __name__ == "__main__":
    sys.exit(main())
