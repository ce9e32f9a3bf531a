"""The log as CSV: what goes in comes out, and nothing of it is a formula."""

import csv
import io
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.auth.translate.analytics_csv import COLUMNS, header, lines
from tests.unit.analytics.examples import request

_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)


def _read(text: str) -> list[dict[str, Any]]:
    return list(csv.DictReader(io.StringIO(header() + text, newline="")))


@given(_text, _text, st.dictionaries(_text, _text, max_size=2))
def test_what_others_wrote_is_kept_and_harmless(user: str, model: str, tags: dict[str, str]) -> None:
    [row] = _read(lines([request(end_user=user, baseline_model=model, tags=tags)]))
    assert set(row) == set(COLUMNS)
    assert row["user"] in (user, f"'{user}")
    assert row["baseline_model"] in (model, f"'{model}")
    for cell in row.values():
        assert not cell.lstrip().startswith(("=", "+", "@", "\t"))
        assert not cell.lstrip().startswith("-") or float(cell) < 0


def test_a_loss_is_a_number() -> None:
    [row] = _read(lines([request(baseline_cost_nano=1, actual_cost_nano=3)]))
    assert row["savings_usd"] == "-0.000000002"


def test_nothing_is_a_header() -> None:
    assert lines([]) == ""
    assert header().count("\r\n") == 1
