"""Documents that an application put into a prompt, found by how they are set off from each other."""

import re
from collections.abc import Sequence
from typing import NamedTuple

_KINDS = r"(?:document|doc|passage|source|context|snippet|article|chunk|excerpt|result|reference|text)"
_TAGGED = re.compile(
    rf"<(?P<tag>{_KINDS})\b[^<>]{{0,200}}>(?:(?!</?(?P=tag)\b).)*</(?P=tag)>", re.IGNORECASE | re.DOTALL
)
_HEADED = re.compile(
    rf"^[ \t]*(?:#{{1,4}}[ \t]*)?(?:\*\*)?(?:{_KINDS}[ \t]*[\[(#]?(?P<n>\d{{1,3}})\b|\[(?P<m>\d{{1,3}})\][ \t]*\S)",
    re.IGNORECASE | re.MULTILINE,
)
_GAP = re.compile(r"\n[ \t]*\n")


class Document(NamedTuple):
    """Where one document stands, with the blanks that follow it."""

    start: int
    end: int


def documents(text: str) -> list[Document]:
    """Tagged documents (`<document>…</document>`), or those under numbered heads (`Document [1]`, `[1] …`).

    The last one under a head ends at the first empty line, for what follows may be the question.
    """
    tagged = [match.span() for match in _TAGGED.finditer(text)]
    spans = tagged or _numbered(text)
    return [Document(start, _past_blanks(text, end)) for start, end in spans]


def around(text: str, found: Sequence[Document]) -> str:
    """The text without its documents."""
    pieces, done = [], 0
    for document in found:
        pieces.append(text[done : document.start])
        done = document.end
    return "".join((*pieces, text[done:]))


def _numbered(text: str) -> list[tuple[int, int]]:
    heads = [(match.start(), int(match["n"] or match["m"])) for match in _HEADED.finditer(text)]
    # Only numbers that rise one by one are heads; others are mentions.
    rising = [heads[0]] if heads else []
    for head in heads[1:]:
        if head[1] == rising[-1][1] + 1:
            rising.append(head)
    starts = [start for start, _ in rising]
    if not starts:
        return []
    gap = _GAP.search(text, starts[-1])
    return list(zip(starts, [*starts[1:], gap.start() if gap else len(text)], strict=True))


def _past_blanks(text: str, position: int) -> int:
    while position < len(text) and text[position].isspace():
        position += 1
    return position
