"""Pairs of questions with what is known about them: one answer for both, or not."""

import csv
import itertools
import json
import unicodedata
from pathlib import Path

import msgspec

# Letters that no accent makes.
_UNDRESSED = str.maketrans("đłıøß", "dlios")
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
    """Quora's question pairs, where somebody put them: stored, asked, same; or question1, question2, is_duplicate."""
    found = []
    for path in sorted((*folder.glob("qqp*.tsv"), *folder.glob("quora*.tsv"))):
        for row in _table(path):
            one, other = row.get("stored") or row.get("question1"), row.get("asked") or row.get("question2")
            if one and other:
                same = (row.get("same") or row.get("is_duplicate")) == "1"
                found.append(Pair(stored=one, asked=other, same=same, kind="Quora"))
    return found


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


def tongues(*, typed: bool = False) -> list[Pair]:
    """Questions in some thirty languages and mixtures, each with every other one of its language: none shares an answer. Near
    misses (open and close, before and after) stand in one line. With `typed` as they are typed in haste: no accents, no upper
    case, no mark at the end.
    """
    by_tongue: dict[str, list[str]] = {}
    for line in (_TESTS / "tongues.tsv").read_text(encoding="utf-8").splitlines():
        tongue, *texts = line.split("\t")
        by_tongue.setdefault(tongue, []).extend(map(_typed, texts) if typed else texts)
    return [
        Pair(stored=one, asked=other, same=False, kind=tongue)
        for tongue, texts in by_tongue.items()
        for one, other in itertools.combinations(dict.fromkeys(texts), 2)
    ]


def _typed(text: str) -> str:
    bare = "".join(sign for sign in unicodedata.normalize("NFD", text) if not unicodedata.combining(sign))
    return bare.translate(_UNDRESSED).lower().rstrip("?？؟;. ")


def written(path: Path, *, same: bool) -> list[Pair]:
    """Lines of ours: perhaps a kind, then two questions."""
    lines = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    return [
        Pair(stored=line[-2], asked=line[-1], same=same, kind=line[0] if len(line) > 2 else path.stem) for line in lines
    ]


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
