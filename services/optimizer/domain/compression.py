"""Wordy phrases said shortly, and emphasis marks dropped: for system prompts, where the words are instructions."""

import re
from collections.abc import Iterator, Sequence

from services.optimizer.domain.spans import Edit, Span, apply

# No phrase here holds a negation, a number or a modal that would be lost. An empty replacement drops the phrase.
PHRASES = {
    "a great deal of": "much",
    "a large number of": "many",
    "a significant number of": "many",
    "a wide range of": "many",
    "a wide variety of": "many",
    "a variety of": "various",
    "absolutely essential": "essential",
    "are able to": "can",
    "as a means of": "for",
    "as a result of": "because of",
    "at the present time": "now",
    "at this point in time": "now",
    "by means of": "by",
    "despite the fact that": "although",
    "due to the fact that": "because",
    "during the course of": "during",
    "each and every": "every",
    "first and foremost": "first",
    "for the purpose of": "for",
    "for the reason that": "because",
    "has the ability to": "can",
    "have the ability to": "can",
    "i want you to": "",
    "i would like you to": "",
    "i'd like you to": "",
    "in a timely manner": "promptly",
    "in accordance with": "per",
    "in light of the fact that": "because",
    "in order to": "to",
    "in regards to": "about",
    "in spite of the fact that": "although",
    "in such a way that": "so that",
    "in the course of": "during",
    "in the event that": "if",
    "is able to": "can",
    "it is important to note that": "",
    "it is important to remember that": "",
    "it is worth noting that": "",
    "keep in mind that": "",
    "kindly": "",
    "make sure": "ensure",
    "make use of": "use",
    "makes use of": "uses",
    "on a daily basis": "daily",
    "on a regular basis": "regularly",
    "on the basis of": "from",
    "owing to the fact that": "because",
    "please": "",
    "please be aware that": "",
    "please be sure to": "",
    "please ensure that": "ensure",
    "please keep in mind that": "",
    "please make sure that": "ensure",
    "please note that": "",
    "please remember that": "",
    "prior to": "before",
    "regardless of the fact that": "although",
    "subsequent to": "after",
    "take into account": "consider",
    "take into consideration": "consider",
    "the majority of": "most of",
    "the vast majority of": "most of",
    "under the circumstances that": "if",
    "until such time as": "until",
    "utilise": "use",
    "utilize": "use",
    "utilizes": "uses",
    "utilizing": "using",
    "with reference to": "about",
    "with regard to": "about",
    "with regards to": "about",
    "with respect to": "about",
    "with the exception of": "except",
}


_WORD = re.compile(r"[a-z']+")
# Looked for first: most texts hold few of these words, and then few of the phrases are worth a search.
_BY_FIRST_WORD: dict[str, list[str]] = {}
for _phrase in PHRASES:
    _BY_FIRST_WORD.setdefault(_phrase.split(" ")[0], []).append(_phrase)

# A phrase is dropped only where it opens a clause: "please answer" loses its first word, "to please them" does not.
_CLAUSE_OPENS = re.compile(r"^|(?<=[.!?:;,] )|(?<=[-*•] )|(?<=\d[.)] )", re.MULTILINE)
_FOLLOWING = re.compile(r",?[ ](\w)")
_LETTER = re.compile(r"\w")
_BOLD = re.compile(r"(?<![\w*/])\*\*(?=[^\s*])([^*\n]{1,300})(?<=[^\s*])\*\*(?![\w*/])")
_LIST_GAP = re.compile(r"(?<=\S)(?P<gap>\n[ \t]*+\n\s*?)(?=[ \t]*+(?:[-*•]|\d{1,3}[.)])[ \t])")
_LIST_LINE = re.compile(r"[ \t]*(?:[-*•]|\d{1,3}[.)])[ \t]")


def shorten(text: str, keep: Sequence[Span]) -> str:
    """Say wordy phrases shortly, outside the spans to keep. A sentence that loses its opening keeps its capital."""
    return apply(text, _phrases(text), keep)


def unmark(text: str, keep: Sequence[Span]) -> str:
    """Drop the marks of bold text and the empty lines between the items of a list; headings stay."""
    edits = [*_bold(text), *_gaps(text)]
    return apply(text, sorted(edits), keep)


def _phrases(text: str) -> list[Edit]:
    """Longer phrases come before shorter ones that begin at the same place, which then find their place taken."""
    lowered = text.lower()
    if len(lowered) != len(text):  # a letter that is longer in lower case: places in both texts would differ
        return []
    edits = [
        edit
        for first in _BY_FIRST_WORD.keys() & set(_WORD.findall(lowered))
        for phrase in _BY_FIRST_WORD[first]
        for start in _places(lowered, phrase)
        if (edit := _edit(text, phrase, start)) is not None
    ]
    return sorted(edits, key=lambda edit: (edit.start, -edit.end))


def _places(lowered: str, phrase: str) -> Iterator[int]:
    start = lowered.find(phrase)
    while start >= 0:
        yield start
        start = lowered.find(phrase, start + 1)


def _edit(text: str, phrase: str, start: int) -> Edit | None:
    end = start + len(phrase)
    if (start > 0 and _LETTER.match(text, start - 1)) or _LETTER.match(text, end):
        return None
    said, capital = PHRASES[phrase], text[start].isupper()
    if said:
        return Edit(start, end, said.capitalize() if capital else said)
    following = _FOLLOWING.match(text, end)
    if following is None or not _CLAUSE_OPENS.match(text, start):
        return None
    return Edit(start, following.end(), following[1].upper() if capital else following[1])


def _bold(text: str) -> Iterator[Edit]:
    for match in _BOLD.finditer(text):
        yield Edit(match.start(), match.start() + 2, "")
        yield Edit(match.end() - 2, match.end(), "")


def _gaps(text: str) -> Iterator[Edit]:
    for match in _LIST_GAP.finditer(text):
        before = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
        if _LIST_LINE.match(before):
            yield Edit(match.start(), match.end("gap"), "\n")
