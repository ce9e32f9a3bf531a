"""The cache's accuracy on pairs of questions that change one thing at a time, and on everyday paraphrases."""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from libs.common.embedding import Embedder
from libs.common.embedding.static import StaticTable
from services.cache.answers import FLOOR
from services.cache.domain.normalise import normalise
from services.cache.domain.verifier import vetoes

HERE = Path(__file__).parent
CHECKLIST = HERE.parents[3] / "shared" / "data" / "cache" / "checklist_dev.tsv"
THRESHOLD = 0.95

Pair = tuple[str, str]


class Judge:
    """Serves as the service does: static floor, vetoes, then the model, each text embedded once."""

    def __init__(self, minilm: Embedder, static_table: StaticTable) -> None:
        self._model = minilm
        self._table = static_table

    def served(self, pairs: Sequence[Pair]) -> list[Pair]:
        left = [pair for pair in pairs if self._is_near(*pair) and not vetoes(*pair)]
        forms = sorted({normalise(text) for pair in left for text in pair})
        meaning = dict(zip(forms, self._model.embed(forms), strict=True))
        return [
            (one, other)
            for one, other in left
            if float(np.dot(meaning[normalise(one)], meaning[normalise(other)])) >= THRESHOLD
        ]

    def _is_near(self, one: str, other: str) -> bool:
        a, b = (self._table.vector(self._table.tokens(normalise(text))) for text in (one, other))
        return float(np.dot(a, b)) >= FLOOR


@pytest.fixture(scope="module")
def judge(minilm: Embedder, static_table: StaticTable) -> Judge:
    return Judge(minilm, static_table)


def table(name: str) -> list[Pair]:
    rows = (line.split("\t") for line in (HERE / name).read_text(encoding="utf-8").splitlines())
    return [(one, other) for one, other in rows]


def test_pairs_that_differ_in_one_thing_are_not_served(judge: Judge) -> None:
    """Numbers, units, names, code, languages, directions: at most 2 % are served."""
    pairs = table("adversarial.tsv")
    served = judge.served(pairs)
    print(f"adversarial: {len(served)}/{len(pairs)} served {served}")
    assert len(served) <= 0.02 * len(pairs)


def test_paraphrases_are_still_served(judge: Judge) -> None:
    """What the vetoes leave of everyday paraphrases, of which the model alone would serve four in five."""
    pairs = table("paraphrases.tsv")
    served = judge.served(pairs)
    print(f"paraphrases: {len(served)}/{len(pairs)} served")
    assert len(served) >= 0.6 * len(pairs)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_checklist(judge: Judge) -> None:
    """Of the pairs that must miss at most 1 % are served, of those that should hit at least 30 %."""
    if not CHECKLIST.is_file():
        pytest.skip(f"not measurable here: {CHECKLIST} is absent")
    with CHECKLIST.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    must_miss, should_hit = ([(row["q1"], row["q2"]) for row in rows if row["label"] == label] for label in "01")
    wrong, right = len(judge.served(must_miss)), len(judge.served(should_hit))
    print(f"CheckList: must miss {wrong}/{len(must_miss)} served, should hit {right}/{len(should_hit)} served")
    assert wrong <= 0.01 * len(must_miss)
    assert right >= 0.30 * len(should_hit)
