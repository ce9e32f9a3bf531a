"""Twice the text takes at most about twice the time, for every reader and every family of hard texts."""

import os
from zlib import crc32

import pytest

from libs.common.tokens import count_text
from tests.growth.families import alternations, families
from tests.growth.forgetting import forget
from tests.growth.measure import Sizes, growths
from tests.growth.reached import EXCUSED, excused, reached, text_functions
from tests.growth.reader import Reader
from tests.growth.readers import readers

# PROMPTLY_GROWTH=long goes up to a megabyte, with every alternation of two signs: `make growth`, some hours.
LONG = os.environ.get("PROMPTLY_GROWTH") == "long"
_SIZES = Sizes(1 << 17, 1 << 14, 1 << 20, 1) if LONG else Sizes(1 << 13, 1 << 11, 1 << 14, 3)
_SLOW = Sizes(1 << 15, 1 << 13, 1 << 18, 1) if LONG else Sizes(1 << 12, 1 << 10, 1 << 13, 3)
_FAMILIES = {**families(), **(alternations() if LONG else {})}
# What only passes text on, in structs that msgspec reads, is tried with fewer every day.
_FEW = (
    *(
        "blank",
        "newline",
        "letter",
        "digit",
        "double quote",
        "backslash",
        "square",
        "curly",
        "sse",
        "sse field",
        "sse crlf",
    ),
    *("prose", "json rows", "distinct lines", "nested objects", "emoji", "nul", "call"),
)
_READERS = {reader.name: reader for reader in readers()}
# Short texts in which every kind of thing stands that readers tell apart.
_SAMPLES = (
    "prose",
    "json rows",
    "sentence",
    "rising heads",
    "same question",
    "distinct words",
    "possessive",
    "documents",
)


@pytest.fixture(scope="module", autouse=True)
def loaded() -> None:
    """What is loaded once is no work on a text."""
    for model in ("gpt-4o", "gpt-4"):
        count_text(model, "The first text loads the vocabulary that every later one is counted with.")
    for reader in _READERS.values():  # also what a module or a stand-in makes once
        reader.run("Which words does a reader need?\n" * 4)


@pytest.mark.timeout(36_000 if LONG else 300)
@pytest.mark.parametrize("name", _READERS)
def test_time_grows_no_faster_than_the_text(name: str) -> None:
    reader: Reader = _READERS[name]
    sizes = _SLOW if reader.slow else _SIZES
    tried = _FAMILIES if LONG else {what: _FAMILIES[what] for what in _of_a_day(reader)}
    found = growths(reader.run, tried, sizes, forget)
    steep = [f"{what}: {measured}" for what, measured in found.items() if measured.steep]
    assert not steep, f"{name} takes more than its share of a longer text.\n" + "\n".join(steep)


def _of_a_day(reader: Reader) -> list[str]:
    """The families that a reader is tried with every day; of the slow readers each takes another third of them."""
    if reader.seldom:
        return list(_FEW)
    return list(_FAMILIES)[crc32(reader.name.encode()) % 3 :: 3] if reader.slow else list(_FAMILIES)


def test_every_function_that_takes_text_is_tried() -> None:
    """A new one needs a reader that reaches it, or a reason why it reads nothing that somebody else wrote."""
    texts = [_FAMILIES[name](700) for name in _SAMPLES] + [
        _FAMILIES[name](9_000) for name in ("rising heads", "distinct words")
    ]

    def run() -> None:
        for text in texts:
            for reader in _READERS.values():
                forget()
                reader.run(text)

    seen = reached(run)
    missing = [name for name, code in text_functions().items() if code not in seen and not excused(name)]
    assert not missing, "These take text and no reader in tests/growth/readers.py reaches them: " + ", ".join(missing)


def test_every_excuse_names_something() -> None:
    known = text_functions()
    assert not [one for one in EXCUSED if not any(name == one or name.startswith(f"{one}.") for name in known)]
