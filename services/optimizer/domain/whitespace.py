"""Blanks that carry nothing: at line ends, in empty lines, and in runs inside a sentence."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from services.optimizer.domain.spans import Edit, Span, apply

# Each alternative begins only where a run begins, which keeps a megabyte of blanks linear.
_BLANKS = re.compile(
    r"""
      \A(?P<lead>(?:[ \t]*+\r?\n)++)
    | (?<!\s)(?P<tail>\s++\Z)
    | (?<!\s)(?P<lines>(?:[ \t]*+\r?\n){3,})
    | (?<![ \t])(?P<trail>[ \t]++(?=\r?\n))
    | (?<=\S)(?P<inner>[ ]{2,}+)(?=\S)
    """,
    re.VERBOSE,
)
_LINE_END = re.compile(r"\n|\Z")


def tidy(text: str, keep: Sequence[Span], *, columns: bool = False) -> str:
    """Drop blanks outside the spans to keep. Indentation and aligned columns stay; `columns` leaves every inner run."""
    if not text.strip():
        return text
    return apply(text, _edits(text, columns=columns), keep)


def _edits(text: str, *, columns: bool) -> Iterator[Edit]:
    aligned = _aligned_lines(text)
    line_ends = [end.start() for end in _LINE_END.finditer(text)]
    line = 0
    for match in _BLANKS.finditer(text):
        start, end = match.span()
        if match.lastgroup == "inner":
            while line_ends[line] < start:
                line += 1
            if not columns and line not in aligned:
                yield Edit(start, end, " ")
        else:
            yield Edit(start, end, "\n\n" if match.lastgroup == "lines" else "")


def _aligned_lines(text: str) -> set[int]:
    """Lines whose inner runs look meant: indented ones, and neighbours that both have runs outside a `|` table."""
    lines = text.split("\n")
    gaps = [i for i, line in enumerate(lines) if "|" not in line and re.search(r"[^\s.!?:]  +\S", line)]
    meant = {i for i, line in enumerate(lines) if line[:1] in (" ", "\t")}
    for first, second in pairwise(gaps):
        if second - first == 1:
            meant |= {first, second}
    return meant
