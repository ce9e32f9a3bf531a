"""The log as CSV: what goes in comes out, and nothing of it is a formula."""

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.auth.insights.log_csv import COLUMNS, header, lines
from tests.unit.analytics.examples import request

_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)


def _read(text: str) -> list[dict[str, Any]]:
    return list(csv.DictReader(io.StringIO(header() + text, newline="")))


@given(_text, _text, st.dictionaries(_text, _text, max_size=2))
def test_what_others_wrote_is_kept_and_harmless(user: str, model: str, tags: dict[str, str]) -> None:
    [row] = _read(lines([request(end_user=user, baseline_model=model, tags=tags)]))
    assert set(row) == set(COLUMNS)
    assert row["user"].replace("'", "") == user.replace("'", "")
    assert row["baseline_model"].replace("'", "") == model.replace("'", "")
    for cell in row.values():
        assert not cell.lstrip().startswith(("=", "+", "@", "\t"))
        assert not cell.lstrip().startswith("-") or float(cell) < 0


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("a-b; c=d", "a-b; c=d"),
        ("=1+1", "'=1+1"),
        (" \uff1d1+1", "' \uff1d1+1"),
        ("x;=HYPERLINK(1)", "x;'=HYPERLINK(1)"),
        ('x;"=1', "x;'\"=1"),
        ("x\t@SUM(1)", "x\t'@SUM(1)"),
    ],
)
def test_a_cell_begins_where_a_spreadsheet_of_another_country_says_so(written: str, kept: str) -> None:
    [row] = _read(lines([request(end_user=written)]))
    assert row["user"] == kept


def test_a_loss_is_a_number() -> None:
    [row] = _read(lines([request(baseline_cost_nano=1, actual_cost_nano=3)]))
    assert row["savings_usd"] == "-0.000000002"


def test_nothing_is_a_header() -> None:
    assert lines([]) == ""
    assert header().count("\r\n") == 1
