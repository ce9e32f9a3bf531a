"""What the rows send."""

import json
from pathlib import Path

import pytest

from bench import rows
from libs.common import tokens
from libs.common.contracts.auth import OptimizationSettings
from services.cache.domain.normalise import normalise
from services.cache.domain.verifier import judge

WORDS = [
    f"{first}{last}"
    for first in ("amber", "birch", "cliff", "delta", "ember")
    for last in ("wood", "side", "land", "field", "stone")
]


def test_distinct_questions_differ_and_are_the_same_every_time() -> None:
    asked = list(rows.distinct_questions(WORDS, 300))
    assert len(set(asked)) == 300
    assert asked == list(rows.distinct_questions(WORDS, 300))
    assert all(question.endswith("@0000000000") for question in asked)


@pytest.mark.parametrize("row", rows.ROWS, ids=lambda row: row.name)
def test_a_row_sends_requests_of_one_size_with_settings_that_exist(row: rows.Row, tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_text("\n".join(["[PAD]", "##ing", "a", *WORDS]))
    sent = [json.loads(line) for line in rows.bodies(row, tmp_path, 5).splitlines()]
    assert len(sent) == (5 if row.asked is None else 1)
    for body in sent:
        assert body.get("stream", False) is row.stream
        asked = body["messages"][-1]["content"] if "messages" in body else body["input"]
        question = asked if isinstance(asked, str) else asked[-1]["content"]
        assert 40 <= tokens.count_text(rows.MODEL, question) <= 80
    known = set(OptimizationSettings.__struct_fields__)
    assert set(row.settings or ()) <= known


def test_the_paraphrases_are_of_the_kinds_that_their_rows_name() -> None:
    pairs = {row.name: (row.stored or "", row.asked or "") for row in rows.ROWS}
    stored, asked = pairs["semantic hit, same form"]
    assert asked != stored
    assert normalise(asked) == normalise(stored)
    stored, asked = pairs["semantic hit, MiniLM"]
    assert normalise(asked) != normalise(stored)
    assert not judge(stored, asked).vetoes
    stored, asked = pairs["… with a vetoed neighbour"]
    assert judge(stored, asked.replace("@0000000000", "@0000000001")).vetoes
