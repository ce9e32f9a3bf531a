"""Blanks that carry nothing in prose: at line ends, in empty lines, and in runs inside a sentence."""

import re
from collections.abc import Iterator, Sequence

from services.optimizer.domain.spans import Edit, Span, apply

# Possessive, which keeps a megabyte of blanks linear.
_RUN = re.compile(r"\s{2,}+|\s\Z")
# Not possessive: Python before 3.11.5 leaves out the step back where a possessive group ends. Nothing stands behind them.
_BLANK_LINES = re.compile(r"(?:[ \t]*+\r?\n){3,}")
_TRAILING = re.compile(r"(?<![ \t])[ \t]++(?=\r?\n)")
_LEADING = re.compile(r"(?:[ \t]*+\r?\n)+")
# Two blanks and more at the end of a line that another follows are Markdown's line break.
_BREAK = re.compile(r" {2,}+\r?\n(?![ \t]*\r?\n)")


# A text that speaks of blanks may show some.
_ABOUT_BLANKS = re.compile(r"\b(?:blanks?|spaces?|spacing|columns?|indent\w*|width|aligned?|tabs?)\b", re.IGNORECASE)


def strip_whitespace(text: str, keep: Sequence[Span], *, inner: bool) -> str:
    """Drop blanks outside the spans to keep; those between two words of a line only with `inner`."""
    if not text.strip():
        return text
    return apply(text, _edits(text, inner=inner and not _ABOUT_BLANKS.search(text)), keep)


def _edits(text: str, *, inner: bool) -> Iterator[Edit]:
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
            elif not _BREAK.match(text, start):
                yield from (Edit(*blanks.span(), "") for blanks in _TRAILING.finditer(text, start, end))
        elif inner and run.group().strip(" ") == "":
            yield Edit(start, end, " ")
