"""Blanks that carry nothing: at line ends, in empty lines, and in runs inside a sentence."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from services.optimizer.domain.spans import Edit, Span, apply

# Possessive, which keeps a megabyte of blanks linear.
_RUN = re.compile(r"\s{2,}+|\s\Z")
# Not possessive: Python before 3.11.5 leaves out the step back where a possessive group ends. Nothing stands behind them.
_BLANK_LINES = re.compile(r"(?:[ \t]*+\r?\n){3,}")
_TRAILING = re.compile(r"[ \t]++(?=\r?\n)")
_LEADING = re.compile(r"(?:[ \t]*+\r?\n)+")
_PATCH = re.compile(r"^(?:@@ -\d|diff --git |\+\+\+ )", re.MULTILINE)
_MOST_INDENTED = 0.25
_GAP = re.compile(r"[^\s.!?:]  +\S")


def tidy(text: str, keep: Sequence[Span], *, columns: bool = False) -> str:
    """Drop blanks outside the spans to keep. Indentation and aligned columns stay; `columns` leaves every inner run.

    Texts whose blanks have a meaning stay as they are: patches, and those with more than a quarter of their lines indented,
    such as source, YAML and numbered listings.
    """
    if not text.strip() or _PATCH.search(text) or _indented(text):
        return text
    return apply(text, _edits(text, columns=columns), keep)


def _edits(text: str, *, columns: bool) -> Iterator[Edit]:
    aligned: set[int] | None = None
    for run in _RUN.finditer(text):
        start, end = run.span()
        if end == len(text):
            yield Edit(start, end, "")
        elif start == 0:
            if lines := _LEADING.match(text):
                yield Edit(0, lines.end(), "")
        elif "\n" in run.group():
            if lines := _BLANK_LINES.match(text, start):
                yield Edit(start, lines.end(), "\n\n")
            else:
                yield from (Edit(*blanks.span(), "") for blanks in _TRAILING.finditer(text, start, end))
        elif not columns and run.group().strip(" ") == "":
            if aligned is None:
                aligned = _aligned_lines(text)
            if text.count("\n", 0, start) not in aligned:
                yield Edit(start, end, " ")


def _indented(text: str) -> bool:
    lines = [line for line in text.split("\n") if line.strip()]
    return len(lines) > 3 and sum(line[0] in " \t" for line in lines) > _MOST_INDENTED * len(lines)


def _aligned_lines(text: str) -> set[int]:
    """Lines whose inner runs look meant: indented ones, and neighbours that both have runs outside a `|` table."""
    lines = text.split("\n")
    gaps = [i for i, line in enumerate(lines) if "|" not in line and _GAP.search(line)]
    meant = {i for i, line in enumerate(lines) if line[:1] in (" ", "\t")}
    for first, second in pairwise(gaps):
        if second - first == 1:
            meant |= {first, second}
    return meant
