"""What was measured, put into tables: medians over the rounds, beside the goals."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import TypeVar

import msgspec

from bench.programs import Load

T = TypeVar("T")
CONCURRENCIES = (1, 16, 64)
SHOWN = 16  # the concurrency whose CPU is shown: busy, and without a queue
DIRECT, DIRECT_SSE = "upstream direct", "upstream direct, SSE"
_GIB = 1 << 30


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One row at one concurrency in one round; `cpu` is seconds per part, for the requests and what followed them."""

    row: str
    concurrency: int
    load: Load
    cpu: dict[str, float]


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """The medians of a row at one concurrency. Milliseconds; CPU in seconds per 1,000 requests; shares from 0 to 1."""

    rate: float
    p50: float
    p95: float
    p99: float
    first50: float
    cpu: dict[str, float]
    proven: float
    errors: int


def rotated(items: Sequence[T], by: int) -> list[T]:
    """The same items with another one first, so that none always follows the same."""
    by %= max(1, len(items))
    return [*items[by:], *items[:by]]


def figures(cells: Sequence[Cell]) -> dict[tuple[str, int], Figures]:
    """Medians by row and concurrency; CPU over all rounds together, because its clock ticks coarsely."""
    grouped: dict[tuple[str, int], list[Cell]] = {}
    for cell in cells:
        grouped.setdefault((cell.row, cell.concurrency), []).append(cell)
    return {key: _median_of(group) for key, group in grouped.items()}


def _median_of(group: Sequence[Cell]) -> Figures:
    loads = [cell.load for cell in group]
    answered = sum(load.answered for load in loads)
    parts = group[0].cpu
    return Figures(
        rate=median(load.rate for load in loads),
        p50=median(load.p50 for load in loads),
        p95=median(load.p95 for load in loads),
        p99=median(load.p99 for load in loads),
        first50=median(load.first50 for load in loads),
        cpu={part: 1000 * sum(cell.cpu[part] for cell in group) / max(1, answered) for part in parts},
        proven=sum(load.expected for load in loads) / max(1, answered),
        errors=sum(load.errors for load in loads),
    )


def table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Markdown, padded so that it reads well in a terminal too."""
    widths = [max(len(line[column]) for line in (head, *lines)) for column in range(len(head))]
    rule = ["-" * width for width in widths]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
        for line in (head, rule, *lines)
    )


def speed(found: Mapping[tuple[str, int], Figures], rows: Sequence[str]) -> str:
    """Requests per second and latencies; the overhead is p50 at concurrency 1 over the upstream's own."""
    head = ["row", "req/s at 1 / 16 / 64", *(f"p50/p95/p99 ms at {c}" for c in CONCURRENCIES)]
    head += ["overhead ms", "first byte ms", "as meant", "errors"]
    lines = []
    for row in rows:
        at = {c: found[row, c] for c in CONCURRENCIES if (row, c) in found}
        if not at:
            continue
        line = [row, " / ".join(f"{f.rate:,.0f}" for f in at.values())]
        line += [f"{at[c].p50:.2f} / {at[c].p95:.2f} / {at[c].p99:.2f}" if c in at else "–" for c in CONCURRENCIES]
        over = overhead(found, row)
        line += ["–" if over is None else f"{over:.2f}", f"{at[min(at)].first50:.2f}"]
        line += [" / ".join(f"{f.proven:.0%}" for f in at.values()), str(sum(f.errors for f in at.values()))]
        lines.append(line)
    return table(head, lines)


def cost(found: Mapping[tuple[str, int], Figures], rows: Sequence[str]) -> str:
    """CPU seconds per 1,000 requests and part, which is milliseconds per request."""
    shown = {row: found[row, SHOWN] for row in rows if (row, SHOWN) in found and found[row, SHOWN].cpu}
    parts = list(dict.fromkeys(part for one in shown.values() for part in one.cpu))
    lines = []
    for row, one in shown.items():
        line = [row, *(f"{one.cpu[part]:.2f}" if part in one.cpu else "–" for part in parts)]
        line.append(f"{sum(one.cpu.values()):.2f}")
        lines.append([*line, f"{per_core(one, next(iter(one.cpu))):,.0f}"])
    return table([f"CPU s per 1,000 at {SHOWN}", *parts, "all", "req/s per gateway core"], lines)


def memory(rest: Mapping[str, int], after: Mapping[str, int]) -> str:
    """MiB per part, at rest and after the load."""
    lines = [[part, f"{rest[part] / 2**20:.0f}", f"{after[part] / 2**20:.0f}"] for part in rest]
    lines.append(["all", f"{sum(rest.values()) / 2**20:.0f}", f"{sum(after.values()) / 2**20:.0f}"])
    return table(["memory, MiB", "at rest", "after the load"], lines)


def overhead(found: Mapping[tuple[str, int], Figures], row: str) -> float | None:
    """What a row's median is above the upstream's own at concurrency 1."""
    direct = DIRECT_SSE if row.endswith("SSE") else DIRECT
    if (row, 1) not in found or (direct, 1) not in found or row == direct:
        return None
    return found[row, 1].p50 - found[direct, 1].p50


def per_core(one: Figures, part: str | None = None) -> float:
    """Requests per second that one core could serve, by one part's CPU or by everybody's."""
    spent = sum(one.cpu.values()) if part is None else one.cpu[part]
    return 1000 / spent if spent else 0.0


def goals(found: Mapping[tuple[str, int], Figures], rest: Mapping[str, int]) -> str:
    """Each goal with its figure, and whether it is met; what nothing here can tell says so."""
    lines = []

    def line(goal: str, figure: float | None, unit: str, *, least: float = 0.0, most: float = float("inf")) -> None:
        if figure is None:
            lines.append([goal, "not measurable here", ""])
        else:
            met = "met" if least <= figure <= most else "missed"
            lines.append([goal, f"{figure:,.2f} {unit}" if figure < 100 else f"{figure:,.0f} {unit}", met])

    def against(row: str, peer: str, *, whole: bool = False) -> float | None:
        same = f"{peer}, passthrough, SSE" if row.endswith("SSE") else f"{peer}, passthrough"
        own, other = found.get((row, SHOWN)), found.get((same, SHOWN))
        if own is None or other is None or not own.cpu or not other.cpu:
            return None
        return per_core(own, None if whole else "gateway") / per_core(other)

    line("overhead p50, passthrough ≤ 1 ms", overhead(found, "passthrough"), "ms", most=1)
    line(
        "overhead p50, full pipeline, miss, no near neighbour ≤ 3 ms",
        overhead(found, "full pipeline, miss"),
        "ms",
        most=3,
    )
    line("overhead p50 where MiniLM has to run ≤ 20 ms", overhead(found, "semantic hit, MiniLM"), "ms", most=20)
    hit = found.get(("exact hit", SHOWN))
    line("exact hit ≥ 5,000 req/s per gateway core", per_core(hit, "gateway") if hit else None, "req/s", least=5000)
    line("exact hit p50 < 1 ms", found["exact hit", 1].p50 if hit else None, "ms", most=1)
    streamed, direct = found.get(("passthrough, SSE", 1)), found.get((DIRECT_SSE, 1))
    first = streamed.first50 - direct.first50 if streamed and direct else None
    line("SSE: time to the first byte + ≤ 1.5 ms", first, "ms", most=1.5)
    resting = sum(rest.values()) / _GIB if rest else None
    line("memory at rest, everything ≤ 1.2 GiB", resting, "GiB", most=1.2)
    for peer, factor in (("litellm", 15.0), ("portkey", 1.5), ("mlflow", 1.5)):
        shown = f"passthrough per gateway core ≥ {factor:g} × {peer}"
        line(shown, against("passthrough", peer), "×", least=factor)
    whole = against("full pipeline, miss", "litellm", whole=True)
    line("full pipeline, miss, everybody's CPU ≥ 5 × litellm's passthrough", whole, "×", least=5)
    for peer, factor in (("litellm", 30.0), ("mlflow", 2.0)):
        line(f"SSE ≥ {factor:g} × {peer}", against("passthrough, SSE", peer), "×", least=factor)
    line("≥ 1.8 × from one to two gateway workers while cores are free", None, "")
    return table(["goal", "here", ""], lines)
