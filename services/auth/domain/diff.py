"""What became of a text, piece by piece."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any, Final, Literal

import msgspec

Op = Literal["same", "removed", "added"]
# Above this, words are too many to be compared; lines are fewer. Texts with too many lines are shown one after the other.
_MOST_PIECES: Final = 4_000
_WORDS: Final = re.compile(r"\s+|\w+|[^\w\s]")
_LINES: Final = re.compile(r"[^\n]*\n|[^\n]+")


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of text that stayed, went or came."""

    op: Op
    text: str


def diff(before: str, after: str) -> list[Piece]:
    """The pieces in order: `same` and `removed` make up the text before, `same` and `added` the one after."""
    if before == after:
        return [Piece(op="same", text=before)] if before else []
    for pattern in (_WORDS, _LINES):
        old, new = pattern.findall(before), pattern.findall(after)
        if len(old) + len(new) <= _MOST_PIECES:
            return _joined(_pieces(old, new))
    return _joined([("removed", before), ("added", after)])


def _pieces(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[Op, str]]:
    matcher: SequenceMatcher[Any] = SequenceMatcher(None, old, new, autojunk=False)
    for tag, i, j, k, m in matcher.get_opcodes():
        if tag == "equal":
            yield "same", "".join(old[i:j])
        else:
            yield "removed", "".join(old[i:j])
            yield "added", "".join(new[k:m])


def _joined(pieces: Iterator[tuple[Op, str]] | Sequence[tuple[Op, str]]) -> list[Piece]:
    return [Piece(op=op, text=text) for op, text in pieces if text]
