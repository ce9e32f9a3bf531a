"""Medians, order and tables of the gateway's benchmark."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import report
from bench.programs import Load
from bench.report import Cell


def cell(
    row: str, concurrency: int = 1, *, p50: float = 1.0, cpu: dict[str, float] | None = None, **more: object
) -> Cell:
    """A cell of 1,000 answers."""
    figures: dict[str, object] = {
        "sent": 1000, "answered": 1000, "errors": 0, "seconds": 1.0, "rate": 1000.0, "p50": p50, "p95": p50, "p99": p50,
        "first50": p50, "first99": p50, "expected": 1000, "events": 0.0, "cpu": 0.1,
    }  # fmt: skip
    return Cell(row=row, concurrency=concurrency, load=Load(**{**figures, **more}), cpu=cpu or {})


@given(count=st.integers(1, 12))
def test_every_item_comes_first_once_and_none_is_lost(count: int) -> None:
    items = list(range(count))
    orders = [report.rotated(items, by) for by in range(count)]
    assert [order[0] for order in orders] == items
    assert all(sorted(order) == items for order in orders)


def test_latencies_are_medians_and_cpu_and_proof_are_sums() -> None:
    rounds = [
        cell("row", p50=9.0, cpu={"gateway": 0.8}, expected=1000),
        cell("row", p50=1.0, cpu={"gateway": 0.2}, expected=500),
        cell("row", p50=2.0, cpu={"gateway": 0.2}, answered=2000, expected=500, errors=3),
    ]
    found = report.figures(rounds)["row", 1]
    assert found.p50 == 2.0
    assert found.cpu == {"gateway": pytest.approx(0.3)}
    assert found.proven == 0.5
    assert found.errors == 3


def test_overhead_is_over_the_upstream_of_the_same_kind() -> None:
    found = report.figures([
        cell(report.DIRECT, p50=0.1), cell(report.DIRECT_SSE, p50=0.5),
        cell("passthrough", p50=1.1), cell("passthrough, SSE", p50=2.5),
    ])  # fmt: skip
    assert report.overhead(found, "passthrough") == pytest.approx(1.0)
    assert report.overhead(found, "passthrough, SSE") == pytest.approx(2.0)
    assert report.overhead(found, report.DIRECT) is None


def test_a_core_serves_what_its_seconds_allow() -> None:
    one = report.figures([cell("row", cpu={"gateway": 0.5, "nats": 1.5})])["row", 1]
    assert report.per_core(one, "gateway") == pytest.approx(2000)
    assert report.per_core(one) == pytest.approx(500)


def test_tables_are_markdown_with_a_line_per_row() -> None:
    found = report.figures([cell(name, c, cpu={"gateway": 0.25}) for name in ("a", "b") for c in (1, 16, 64)])
    for text in (report.speed(found, ["a", "b"]), report.cost(found, ["a", "b"])):
        lines = text.splitlines()
        assert [line.split()[1] for line in lines[2:]] == ["a", "b"]
        assert len({len(line) for line in lines}) == 1
        assert len({line.count("|") for line in lines}) == 1


def goal(text: str, beginning: str) -> list[str]:
    return next(
        [part.strip() for part in line.split("|")[2:4]]
        for line in text.splitlines()
        if line.startswith(f"| {beginning}")
    )


def test_goals_are_judged_and_what_needs_a_peer_says_so() -> None:
    cells = [cell(report.DIRECT, p50=0.1), cell("passthrough", p50=1.0), cell("exact hit", p50=1.2)]
    cells.append(cell("exact hit", 16, cpu={"gateway": 0.1}))
    text = report.goals(report.figures(cells), {"gateway": 1 << 30})
    assert goal(text, "overhead p50, passthrough") == ["0.90 ms", "met"]
    assert goal(text, "exact hit p50") == ["1.20 ms", "missed"]
    assert goal(text, "exact hit ≥ 5,000") == ["10,000 req/s", "met"]
    assert goal(text, "memory at rest") == ["1.00 GiB", "met"]
    assert goal(text, "passthrough per gateway core ≥ 15 × litellm") == ["not measurable here", ""]


def test_a_peer_is_compared_by_the_core() -> None:
    ours, theirs = {"gateway": 0.5, "nats": 0.5}, {"litellm": 10.0}
    rows = ("passthrough", "full pipeline, miss", "litellm, passthrough")
    cells = [cell(name, 16, cpu=theirs if "litellm" in name else ours) for name in rows]
    text = report.goals(report.figures(cells), {})
    assert goal(text, "passthrough per gateway core ≥ 15 × litellm") == ["20.00 ×", "met"]
    assert goal(text, "full pipeline, miss, everybody") == ["10.00 ×", "met"]
