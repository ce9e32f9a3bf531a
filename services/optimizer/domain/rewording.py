"""Steps that rewrite a text, and the one rule for all that change words: line by line, and only where the line stays itself."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from services.optimizer.domain import wording
from services.optimizer.domain.english import is_english
from services.optimizer.domain.invariants import preserves
from services.optimizer.domain.said import said
from services.optimizer.domain.spans import Edit, Span, apply, merge

Find = Callable[[str], Sequence[Edit]]
Similar = Callable[[str, str], bool]
_ABOUT_WORDING = "the text is about wording, or to be quoted or spoken, and keeps its own words"
_NOT_ENGLISH = "no line was recognized as English, and other languages are left as they are"


@dataclass(frozen=True, slots=True)
class TextStep:
    """`exact` steps keep what is said and write it in fewer characters; the others leave the spans to keep as they are, and
    `rewords` says that it changes words.
    """

    name: str
    run: Callable[[str, Sequence[Span]], str]
    exact: bool = False
    rewords: bool = False


@dataclass
class Words:
    """A step that changes words: line by line, and only where the line stays like itself and keeps what it must.

    `gate` says, after a run, why a text was not looked at line by line; empty where it was.
    """

    find: Find
    similar: Similar
    any_language: bool = False
    vetoed: bool = field(default=False, init=False)
    gate: str = field(default="", init=False)

    def __call__(self, text: str, keep: Sequence[Span]) -> str:
        """The text with every edit made that its line bears."""
        if wording.ABOUT_WORDING.search(text):
            self.gate = _ABOUT_WORDING
            return text
        pieces, start, at = [], 0, 0
        english = False
        for line in text.splitlines(keepends=True):
            # Both lines and spans come in order: what ends before a line concerns no later one.
            while at < len(keep) and keep[at][1] <= start:
                at += 1
            end = bisect_left(keep, (start + len(line), 0), at)
            spans = [(a - start, b - start) for a, b in keep[at:end]]
            known = self.any_language or is_english(line)
            english = english or known
            pieces.append(self._line(line, spans) if known else line)
            start += len(line)
        if text and not english:
            self.gate = _NOT_ENGLISH
        return "".join(pieces)

    def _line(self, line: str, here: Sequence[Span]) -> str:
        edits = self.find(line)
        if not edits:
            return line
        shorter = apply(line, edits, merge([*here, *said(line)]))
        if shorter == line or (preserves(line, shorter, ()) and self.similar(line, shorter)):
            return shorter
        self.vetoed = True
        return line


def always(_before: str, _after: str) -> bool:
    """For edits that leave the meaning whatever stands around them."""
    return True
