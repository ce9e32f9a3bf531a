"""What the cache serves, what it must not, and how fast it says so: python -m bench.cache [folder of the data]

Accuracy by kind of pair, beside the model's cosine alone; look-ups by size of the store. A goal whose data is not at hand
prints `not measurable here`; one that is missed makes the exit code 1.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from bench.cache.pairs import Pair, by_others, checklist, ours, quora, statements, tongues
from bench.cache.served import THRESHOLD, Scored, Scorer
from bench.cache.speed import Size, Timed, measured
from bench.report import table
from libs.common.embedding import load
from libs.common.embedding.static import load_table
from tests.unit.cache.examples import DOCUMENTED_HITS, DOCUMENTED_MISSES, NEAR_MISSES, PARAPHRASES

DATA = Path("../shared/data/cache")
MODEL = "var/model"
SIZES = (Size(entries=1_000), Size(entries=10_000), Size(entries=50_000), Size(entries=50_000, scopes=20))

_WITHOUT_MODEL = ("miss, nothing near", "miss, all near ones vetoed", "hit, same form")


class Goals:
    """Each goal with its figure; `missed` once one is."""

    def __init__(self) -> None:
        self.lines: list[list[str]] = []
        self.missed = False

    def add(self, goal: str, figure: float | None, shown: str, *, met: bool) -> None:
        """Without a figure there is nothing to miss."""
        if figure is None:
            self.lines.append([goal, "not measurable here", ""])
            return
        self.missed |= not met
        self.lines.append([goal, shown, "met" if met else "MISSED"])

    def most(self, goal: str, figure: float | None, limit: float, unit: str = "%") -> None:
        """A figure that may not be above a limit."""
        self.add(goal, figure, f"{figure or 0:.2f} {unit}", met=(figure or 0) <= limit)

    def least(self, goal: str, figure: float | None, limit: float) -> None:
        """A share in percent that may not be below a limit."""
        self.add(goal, figure, f"{figure or 0:.1f} %", met=(figure or 0) >= limit)


def main(data: Path) -> int:
    """Print everything; the exit code."""
    model, static = load(MODEL), load_table(MODEL)
    scorer, goals = Scorer(model, static, raw=True), Goals()
    accuracy(scorer, data, goals)
    by_size, long = measured(SIZES, model, static)
    print(f"\n{speed_table(by_size)}\n")
    speed_goals(by_size, long, goals)
    print(table(["goal", "here", ""], goals.lines))
    return int(goals.missed)


def accuracy(scorer: Scorer, data: Path, goals: Goals) -> None:
    """Tables by kind of pair, and what the goals say of them."""
    examples = _examples()
    wrong = [one for one in scorer.score(examples) if one.served() is not one.pair.same]
    shown = f"{len(examples) - len(wrong)} of {len(examples)} as documented"
    goals.add("documented examples and forty of their forms: exact", len(wrong), shown, met=not wrong)

    pairs = scorer.score(checklist(data))
    if pairs:
        print(f"CheckList (development half: in sample)\n{by_kind(pairs)}\n")
    goals.most("CheckList, must miss: served ≤ 1 %", _share(pairs, same=False), 1)
    goals.least("CheckList, should hit: served ≥ 45 %", _share(pairs, same=True), 45)

    own = scorer.score([*ours("blind_miss_*.tsv", same=False), *ours("blind_hit*.tsv", same=True)])
    print(f"Our own pairs (each set was blind once, and has been learnt from since)\n{by_kind(own)}\n")
    goals.most("our adversarial pairs: served ≤ 2 %", _share(own, same=False), 2)
    paraphrases = _share(own, same=True) or 0
    goals.add("our paraphrases (no goal)", paraphrases, f"{paraphrases:.1f} %", met=True)
    others = scorer.score(by_others(data))
    goals.most("adversarial pairs by somebody else: served ≤ 2 %", _share(others, same=False), 2)

    foreign = scorer.score([*tongues(), *tongues(typed=True)])
    print(f"Other languages, every question with every other one of its language\n{by_kind(foreign)}\n")
    count = len({one.pair.kind for one in foreign})
    goals.most(
        f"{len(foreign):,} unrelated pairs in {count} languages and mixtures: served 0", _share(foreign, same=False), 0
    )

    asked = scorer.score(quora(data))
    goals.least("Quora paraphrases: served ≥ 20 %", _share(asked, same=True), 20)
    goals.least("Quora: precision ≥ 90 %", _precision(asked), 90)
    mock = _share(scorer.score(statements(data)), same=True)
    if mock is not None:
        goals.add("a proxy: GPTCache's rephrased statements served (no goal)", mock, f"{mock:.1f} %", met=True)

    everything = [*pairs, *own, *others, *foreign, *asked]
    exhaustive = [one for one in everything if one.exhaustive()]
    kept = 100 * sum(one.near for one in exhaustive) / max(1, len(exhaustive))
    goals.least("hits kept of those that the model would serve without the static table ≥ 99 %", kept, 99)


def by_kind(scored: Sequence[Scored]) -> str:
    """Per kind of pair: how many are served by cosine alone and by the service, right or wrong."""
    lines = []
    for same in (False, True):
        of_label = [one for one in scored if one.pair.same is same]
        for kind in [*dict.fromkeys(one.pair.kind for one in of_label), ""]:
            group = [one for one in of_label if kind in {"", one.pair.kind}]
            if not group:
                continue
            counts = [
                sum(one.cosine >= THRESHOLD for one in group),
                sum(one.cosine >= 0.90 for one in group),
                sum(one.served() for one in group),
            ]
            shares = [f"{100 * count / len(group):.1f} %" for count in counts]
            lines.append(["should hit" if same else "must miss", kind or "ALL", str(len(group)), *shares])
    return table(["", "kind", "pairs", "cosine ≥ .95", "cosine ≥ .90", "ours"], lines)


def speed_table(by_size: dict[Size, dict[str, Timed]]) -> str:
    """Kinds of look-up by size of the store."""
    kinds = list(next(iter(by_size.values())))
    lines = [
        [kind, *(f"{found[kind].p50:.2f} / {found[kind].p95:.2f}" for found in by_size.values())] for kind in kinds
    ]
    return table(["look-up, p50 / p95 ms, by entries", *(str(size) for size in by_size)], lines)


def speed_goals(by_size: dict[Size, dict[str, Timed]], long: Timed, goals: Goals) -> None:
    """Medians and tails against the goals, at the largest size."""
    smallest, largest = by_size[SIZES[0]], by_size[SIZES[-1]]
    goals.most("exact p95 ≤ 2 ms", largest["exact hit"].p95, 2, "ms")
    goals.most("semantic p95 at 50 tokens, the model included ≤ 25 ms", long.p95, 25, "ms")
    goals.most("semantic miss, median < 1 ms", smallest["miss, nothing near"].p50, 1, "ms")
    for size, found in by_size.items():
        slowest = max(found[kind].p95 for kind in _WITHOUT_MODEL)
        goals.most(f"without the model, {size}: p95 ≤ 2 ms", slowest, 2, "ms")


def _examples() -> list[Pair]:
    return [
        Pair(stored=stored, asked=asked, same=same, kind="example")
        for same, pairs in ((True, DOCUMENTED_HITS + PARAPHRASES), (False, DOCUMENTED_MISSES + NEAR_MISSES))
        for stored, asked in pairs
    ]


def _share(scored: Sequence[Scored], *, same: bool) -> float | None:
    group = [one for one in scored if one.pair.same is same]
    return 100 * sum(one.served() for one in group) / len(group) if group else None


def _precision(scored: Sequence[Scored]) -> float | None:
    served = [one for one in scored if one.served()]
    return 100 * sum(one.pair.same for one in served) / len(served) if served else None


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else DATA))
