"""What was said before, word for word, and need not be said again."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from services.optimizer.domain.spans import Edit, Span, apply, blocks

FEWEST_WORDS = 8
SAME_RESULT = "[Same as an earlier result.]"

_BLOCK = re.compile(r"(?<!\S)\S(?:[^\n]|\n(?![ \t]*(?:\n|\Z)))*")
_LINE = re.compile(r"[^\n]+")
_SENTENCE = re.compile(r"\S.*?(?:[.!?](?=\s|$)|$)")
# Lines whose meaning depends on what stands above them: the same item under two headings says two things.
_ITEM = re.compile(r"[ \t]*(?:[-*•>|#+]|\(?(?:\d{1,3}|[A-Za-z])[.)]\s|[\w ]{1,30}:)")


class Seen:
    """The passages of the messages before, compared blanks aside; digits, operators and case count."""

    def __init__(self) -> None:
        self._paragraphs: set[str] = set()
        self._sentences: set[str] = set()
        self._results: set[str] = set()

    def strip(self, text: str, *, change: bool) -> str:
        """The text without what was said before; without `change` it is only remembered.

        The first copy stays where it is, so that the beginning of a conversation does not change. Paragraphs go whole,
        sentences go out of prose only, and nothing goes that would leave the text empty.
        """
        edits = list(self._repeats(text))
        stripped = apply(text, edits, ()) if change else text
        return stripped if stripped.strip() else text

    def point_back(self, result: str) -> str:
        """A tool's result, or a pointer where an earlier result was the same."""
        plain = " ".join(result.split())
        if plain in self._results and len(plain) > 2 * len(SAME_RESULT):
            return SAME_RESULT
        self._results.add(plain)
        return result

    def _repeats(self, text: str) -> Iterator[Edit]:
        for paragraph in _paragraphs(text):
            if _known(paragraph.plain, self._paragraphs):
                yield paragraph.edit
            else:
                yield from (one.edit for one in paragraph.sentences if _known(one.plain, self._sentences))


class _Passage(NamedTuple):
    """What a passage says, blanks aside (None: never a repeat), how it is taken out, and a paragraph's sentences."""

    plain: str | None
    edit: Edit
    sentences: tuple["_Passage", ...] = ()


# History comes again with every request; only its passages' being known has to be looked up anew.
@lru_cache(maxsize=512)
def _paragraphs(text: str) -> tuple[_Passage, ...]:
    return tuple(_cut(text, blocks(text)))


def _cut(text: str, opaque: Sequence[Span]) -> Iterator[_Passage]:
    at = 0
    for block in _BLOCK.finditer(text):
        start, end = block.span()
        while at < len(opaque) and opaque[at][1] <= start:
            at += 1
        if at < len(opaque) and opaque[at][0] < end:
            continue
        plain = None if _ITEM.match(text, start, end) else _plain(block.group())
        yield _Passage(plain, Edit(_without_blanks_before(text, start), end, ""), tuple(_sentences(text, start, end)))


def _sentences(text: str, start: int, end: int) -> Iterator[_Passage]:
    for line in _LINE.finditer(text, start, end):
        if _ITEM.match(text, *line.span()):
            continue
        for sentence in _SENTENCE.finditer(text, *line.span()):
            if (plain := _plain(sentence.group())) is not None:
                yield _Passage(plain, _without(text, sentence.span(), line.span()))


def _plain(passage: str) -> str | None:
    words = passage.split()
    return " ".join(words) if len(words) >= FEWEST_WORDS else None


def _without(text: str, sentence: Span, line: Span) -> Edit:
    """Take a sentence out of its line: with the blanks behind it where it opens the line, else with those before it."""
    start, end = sentence
    if start == line[0] and end < line[1]:
        while end < line[1] and text[end].isspace():
            end += 1
        return Edit(start, end, "")
    return Edit(_without_blanks_before(text, start), end, "")


def _known(plain: str | None, passages: set[str]) -> bool:
    if plain is None:
        return False
    if plain in passages:
        return True
    passages.add(plain)
    return False


def _without_blanks_before(text: str, position: int) -> int:
    while position > 0 and text[position - 1].isspace():
        position -= 1
    return position
