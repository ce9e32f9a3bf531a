"""What the comparison of one gateway worker with two says of its cells."""

import os

from bench import proc
from bench.programs import Load
from bench.report import Cell
from bench.workers import figures
from tests.chaos.cluster import CASES, part_of
from tests.chaos.load import Load as Sent
from tests.chaos.load import Outcome


def cell(rate: float, gateway: float, others: float) -> Cell:
    load = Load(
        **dict.fromkeys(("p50", "p95", "p99", "first50", "first99", "events"), 0.0),
        sent=1000,
        answered=1000,
        errors=0,
        expected=1000,
        seconds=2.0,
        rate=rate,
        cpu=0.1,
    )
    return Cell(row="passthrough", concurrency=64, load=load, cpu={"gateway": gateway, "nats": others})


def test_they_are_medians_of_requests_by_time_and_by_processor_time() -> None:
    found = figures([cell(400, 1.0, 1.0), cell(500, 2.0, 0.5), cell(900, 4.0, 1.0)], [0.5, 0.1, 0.2])
    assert (found.rate, found.per_gateway_second, found.per_second_of_all) == (500, 500, 400)
    assert (found.cores, found.free) == (1.3, 0.2)


def test_idle_time_is_that_of_all_cores_and_holds_what_waits_for_disks() -> None:
    tick = os.sysconf("SC_CLK_TCK")
    assert proc.idle_seconds(f"cpu  9 9 9 {3 * tick} {tick} 9 9 0 0 0\ncpu0 1 1 1 1 1 1 1 0 0 0\n") == 4.0
    assert proc.idle_seconds() > 0


def test_a_part_of_a_run_holds_what_ended_in_it_and_the_last_one_what_came_later() -> None:
    ended = [Outcome("a", False, 500, True, began=0.1), Outcome("b", False, 500, True, began=9.9)]
    late = Outcome("c", True, 5000, True, began=10.0 * len(CASES) - 1)
    load = Sent([*ended, late])
    assert [one.request_id for one in part_of(load, 0, 10).outcomes] == ["a"]
    assert [one.request_id for one in part_of(load, 1, 10).outcomes] == ["b"]
    assert [one.request_id for one in part_of(load, len(CASES) - 1, 10).outcomes] == ["c"]
