"""The measure itself: what takes the square of a text's length is found, also where a short text takes little."""

import re

import pytest

from tests.growth.families import Make
from tests.growth.measure import Sizes, growths

# Large enough that the square takes some tens of milliseconds on a fast machine, too: what is quicker says nothing.
_SIZES = Sizes(screen=32_768, smallest=4_096, largest=32_768, times_usual=4.0)
_TRAILING = re.compile(r"\s+$")
_FAMILIES: dict[str, Make] = {
    "blanks": lambda size: " " * (size - 1) + "x",
    **{letter: lambda size, letter=letter: letter * size for letter in "abc"},  # type: ignore[misc]
}


@pytest.mark.parametrize("share", [1, 6])
def test_a_square_is_found(share: int) -> None:
    found = growths(
        lambda text: _TRAILING.search(text[len(text) - len(text) // share :]), _FAMILIES, _SIZES, lambda: None
    )
    assert found["blanks"].steep, str(found["blanks"])


def test_what_only_takes_long_is_not_called_steep() -> None:
    found = growths(
        lambda text: [hash(one) for one in text * (40 if text[0] == " " else 1)], _FAMILIES, _SIZES, lambda: None
    )
    assert not any(growth.steep for growth in found.values())
