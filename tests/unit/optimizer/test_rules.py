"""Horizontal rules become three characters; everything else of lines stays."""

import pytest

from services.optimizer.domain.rules import short_rules


@pytest.mark.parametrize("mark", "-*_")
@pytest.mark.parametrize("count", [10, 40, 201])
def test_a_rule_is_short(mark: str, count: int) -> None:
    (edit,) = short_rules(f"One.\n\n{mark * count}\n\nTwo.")
    assert (edit.end - edit.start, edit.new) == (count, mark * 3)


@pytest.mark.parametrize(
    "text", ["Title\n----------\n\nx", "a\n\n---------\n\nb", "a\n\n-----*----------\n\nb", "a\n----------\nb"]
)
def test_what_is_no_rule_stays(text: str) -> None:
    assert short_rules(text) == []
