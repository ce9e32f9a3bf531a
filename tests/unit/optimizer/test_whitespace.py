"""Blanks go where they carry nothing, and stay where they do."""

import pytest

from services.optimizer.domain.spans import protected
from services.optimizer.domain.whitespace import strip_whitespace


def tidied(text: str, *, inner: bool = True) -> str:
    return strip_whitespace(text, protected(text), inner=inner)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Too   many   words.", "Too many words."),
        ("End of line. \nNext.", "End of line.\nNext."),
        ("One.\n\n\n\n\nTwo.", "One.\n\nTwo."),
        ("One.\n  \n\t\n \nTwo.", "One.\n\nTwo."),
        ("One.   \n\nTwo.", "One.\n\nTwo."),
        ("\n\n  \nStart and end.\n\n\n", "Start and end."),
        ("One.\r\n\r\n\r\n\r\nTwo.", "One.\n\nTwo."),
        ("Stop.  Go on.\nAgain.  And on.", "Stop. Go on.\nAgain. And on."),
    ],
)
def test_goes(text: str, expected: str) -> None:
    assert tidied(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "def f(x):\n    if x:\n        return 1",
        "- a\n  - b\n    - c",
        "name      size\nreadme    12\nmakefile  8",
        "| a    | b   |\n| c    | d   |",
        "See `a    b` here.",
        'He said "two  blanks" twice.',
        "```\nkeep   this\n\n\n\nand   that\n```",
        "    indented   code   stays",
        "   ",
        "",
        "a\tb\tc",
        "     1\tdef f(x):\n     2\t\n     3\t    return  x\n     4\t",
        "a:\n  b:   1\n  c: 2\n\n\n\nd:\n  e: 3",
        "--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n context\n \n-old  line\n+new  line\n",
        "def f():\n    return 1\n\n\n\ndef g():\n    return 2",
        "Separate the columns by two blanks  like here.",
        "A line that breaks here,  \nand goes on.",
        "The night is    wide\nand I am   small\n\n\n\nthe river    knows",
        "Look at this:\n\n\n\nx = 1   \n\n\n\ny = 2\n",
    ],
)
def test_stays(text: str) -> None:
    assert tidied(text) == text


def test_between_two_words_only_where_that_is_asked_for() -> None:
    assert tidied("Too   many words. \nNext.", inner=False) == "Too   many words.\nNext."


def test_a_megabyte_of_blanks_is_quick() -> None:
    """Linear work ends at once; the quadratic search that a careless pattern does would outlast the test's time limit."""
    for blanks in (" " * 1_000_000, " \t" * 500_000, "\n " * 500_000):
        tidied(f"This is a{blanks}sentence.")
