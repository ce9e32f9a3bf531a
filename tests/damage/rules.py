"""What has to be found of a file in what is sent, by where it stands."""

from dataclasses import dataclass
from typing import Literal

from tests.damage.asking import Messages
from tests.damage.corpus.catalogue import File

# whole: the message's text is the file. holds: the file stands in it. value: JSON of the same value, in any form that
# reads back. blanks: as `holds`, with blanks at line ends and empty lines aside. newest: a message of the reading tool,
# or an earlier one that it points to, is the file. old: as newest, but a message so far from the end may be left out.
Rule = Literal["whole", "holds", "value", "blanks", "newest", "old"]
BEFORE = (
    "You help the people of a shipping office with their daily questions. Answer in at most ten sentences. "
    "The material of today is below; where it does not hold the answer, say so. Never guess a number."
)
AFTER = "Count what is asked for line by line. Give the numbers as they stand above, and name the line that each comes from."


@dataclass(frozen=True)
class Expected:
    """What has to be found at one place of the request; `edited` where an agent will quote it in an edit."""

    at: int
    file: File
    rule: Rule
    edited: bool = False


@dataclass(frozen=True)
class Case:
    """One request with a file in it."""

    placement: str
    messages: Messages
    expected: tuple[Expected, ...]
    tools: bool = False


def rule_of(file: File, *, alone: bool, instructions: bool) -> Rule:
    """The rule for a file that is a whole message or stands between other words, in instructions or in a person's turn."""
    if file.nature == "json" and alone and instructions:
        return "value"
    if file.nature in ("blanks", "parts"):
        return "blanks" if file.nature == "blanks" else "holds"
    return "whole" if alone else "holds"
