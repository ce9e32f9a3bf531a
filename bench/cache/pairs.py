"""Pairs of questions with what is known about them: one answer for both, or not."""

import csv
import json
from pathlib import Path

import msgspec

_TESTS = Path(__file__).parents[2] / "tests" / "integration" / "cache"


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """`same` is whether one answer serves both; `kind` is what the pair tries."""

    stored: str
    asked: str
    same: bool
    kind: str


def checklist(folder: Path) -> list[Pair]:
    """CheckList's suite for duplicate questions, in as many files as are there."""
    return [
        Pair(stored=row["q1"], asked=row["q2"], same=row["label"] == "1", kind=row["test"])
        for path in sorted(folder.glob("checklist*.tsv"))
        for row in _table(path)
    ]


def quora(folder: Path) -> list[Pair]:
    """Quora's question pairs, where somebody put them: question1, question2, is_duplicate."""
    return [
        Pair(stored=row["question1"], asked=row["question2"], same=row["is_duplicate"] == "1", kind="Quora")
        for path in sorted((*folder.glob("qqp*.tsv"), *folder.glob("quora*.tsv")))
        for row in _table(path)
        if row.get("question1") and row.get("question2")
    ]


def by_others(folder: Path) -> list[Pair]:
    """Pairs that must miss, by somebody else: the last two columns of each line."""
    return [pair for path in sorted(folder.glob("adversarial*.tsv")) for pair in written(path, same=False)]


def statements(folder: Path) -> list[Pair]:
    """GPTCache's mock data: statements, each with a paraphrase."""
    path = folder / "gptcache_mock_data.json"
    if not path.is_file():
        return []
    rows = json.loads(path.read_text(encoding="utf-8"))
    return [Pair(stored=row["origin"], asked=row["similar"], same=True, kind="statement") for row in rows]


def ours(pattern: str, *, same: bool) -> list[Pair]:
    """Pairs of ours, from all files of such a name."""
    return [pair for path in sorted(_TESTS.glob(pattern)) for pair in written(path, same=same)]


def written(path: Path, *, same: bool) -> list[Pair]:
    """Lines of ours: perhaps a kind, then two questions."""
    lines = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    return [
        Pair(stored=line[-2], asked=line[-1], same=same, kind=line[0] if len(line) > 2 else path.stem) for line in lines
    ]


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
