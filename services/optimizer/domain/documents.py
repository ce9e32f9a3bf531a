"""Documents that an application put into a prompt, found by how they are set off from each other."""

import re
from collections.abc import Sequence
from itertools import islice, pairwise
from typing import NamedTuple

import msgspec

_KINDS = r"(?:document|doc|passage|source|context|snippet|article|chunk|excerpt|result|reference|text)"
_TAGGED = re.compile(
    rf"<(?P<tag>{_KINDS})\b[^<>]{{0,200}}>(?:(?!</?(?P=tag)\b).)*</(?P=tag)>", re.IGNORECASE | re.DOTALL
)
_HEADED = re.compile(
    rf"^[ \t]*(?P<level>\#{{1,4}}[ \t]*)?(?:\*\*)?(?:{_KINDS}[ \t]*[\[(#]?(?P<n>\d{{1,3}})\b|\[(?P<m>\d{{1,3}})\][ \t]*\S)",
    re.IGNORECASE | re.MULTILINE,
)
_RULED = re.compile(r"^[ \t]*(?:-{3,}|\*{3,}|_{3,}|={3,})[ \t]*\n", re.MULTILINE)
_GAP = re.compile(r"\n[ \t]*\n")
_SHORTEST_RULED = 40  # words: less between two rules is a heading or a note, and no passage
_MOST_LISTS = 16  # that are looked at: each may go on to the end
_OPENS_LIST = re.compile(r"^[ \t]*\[\s*(?=[\"{])", re.MULTILINE)
# How a question or a task begins that follows the last document.
_ASKS = re.compile(r"\n[ \t]*\n[ \t]*(?=(?:question|query|q|task|user question)\b[ \t]*\d*:)", re.IGNORECASE)
_MARKER = re.compile(
    rf"\s*(?:\#{{1,4}}\s*)?(?:\*\*)?(?:<[^<>]{{1,200}}>\s*)*(?:{_KINDS}?\s*[\[(#]?\d{{0,3}}[\])]?\s*[:.)-]?\s*)?"
    r"(?:\(?title\s*[:=]\s*)?(?:[\[{]\s*)?(?:\"\w{1,20}\"\s*:\s*\")?",
    re.IGNORECASE,
)
_WORD = r"(?:[A-Z][\w'’-]*|[A-Z]\.)"
_NAME = re.compile(
    rf"{_WORD}(?: (?:(?:of|the|de|von|van|der|la|le|du|da|and|in|on|for) )*(?:& )?(?:{_WORD}|\d[\w-]*))*"
)
_SUBJECT_WITHIN = 90


class Document(NamedTuple):
    """Where one document stands, with the blanks that follow it."""

    start: int
    end: int


def documents(text: str) -> list[Document]:
    """Tagged documents (`<document>…</document>`), those under numbered heads (`Document [1]`, `[1] …`, `### Source 1`), the
    entries of a JSON list of passages, or the paragraphs between rules (`---`).

    The last one under a head ends where the question may begin.
    """
    spans = [match.span() for match in _TAGGED.finditer(text)] or _numbered(text) or _listed(text) or _ruled(text)
    return [Document(start, _past_blanks(text, end)) for start, end in spans]


def around(text: str, found: Sequence[Document]) -> str:
    """The text without its documents."""
    pieces, done = [], 0
    for document in found:
        pieces.append(text[done : document.start])
        done = document.end
    return "".join((*pieces, text[done:]))


def subject(document: str) -> str:
    """What a document is about: the name that it begins with, or nothing."""
    start = marker.end() if (marker := _MARKER.match(document)) else 0
    found = _NAME.search(document, start, start + _SUBJECT_WITHIN)
    return found.group().rstrip("'’-") if found else ""


def _numbered(text: str) -> list[tuple[int, int]]:
    heads = [(match.start(), int(match["n"] or match["m"]), bool(match["level"])) for match in _HEADED.finditer(text)]
    # Only numbers that rise one by one are heads; others are mentions.
    rising = heads[:1]
    for head in heads[1:]:
        if head[1] == rising[-1][1] + 1:
            rising.append(head)
    starts = [start for start, _, _ in rising]
    if not starts:
        return []
    return list(zip(starts, [*starts[1:], _last_end(text, starts)], strict=True))


def _last_end(text: str, starts: Sequence[int]) -> int:
    """Where the last document ends: before a question that says so, else at the gap at which the others end, or the first."""
    last = starts[-1]
    if asks := _ASKS.search(text, last):
        return asks.start()
    gaps = [len(_GAP.findall(text[a:b].rstrip())) for a, b in pairwise(starts)]
    inside = min(gaps, default=0)
    ends = [gap.start() for gap in islice(_GAP.finditer(text, last), inside + 1)]
    return ends[-1] if len(ends) > inside else len(text)


def _listed(text: str) -> list[tuple[int, int]]:
    """The entries of the first JSON list that holds several; a comma belongs to the entry before it."""
    for opening in islice(_OPENS_LIST.finditer(text), _MOST_LISTS):
        start = text.index("[", opening.start())
        try:
            end = _list_end(text, start)
            entries = msgspec.json.decode(text[start:end].encode(), type=list[msgspec.Raw])
        except ValueError:
            continue
        if len(entries) < 2:
            continue
        spans, at = [], start + 1
        for entry in entries:
            written = bytes(entry).decode().strip()
            begin = text.index(written, at)
            at = begin + len(written)
            spans.append((begin, at))
        commas = [text.index(",", end) + 1 for _, end in spans[:-1]]
        return list(zip((begin for begin, _ in spans), [*commas, spans[-1][1]], strict=True))
    return []


_MARKS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{}]', re.DOTALL)


def _list_end(text: str, start: int) -> int:
    depth = 0
    for mark in _MARKS.finditer(text, start):
        if mark.group() in "[{":
            depth += 1
        elif mark.group() in "]}":
            depth -= 1
            if depth == 0:
                return mark.end()
    raise ValueError


def _ruled(text: str) -> list[tuple[int, int]]:
    """The passages between rules. What stands before the first rule and behind the last may be the task: it counts only
    where it is separated by no empty line from another paragraph.
    """
    rules = list(_RULED.finditer(text))
    if len(rules) < 2:
        return []
    spans = [(a.end(), b.end()) for a, b in pairwise(rules)]
    spans = [span for span in spans if len(text[slice(*span)].split()) >= _SHORTEST_RULED]
    first, last = _first_ruled(text, rules[0].start()), _last_ruled(text, rules[-1].end())
    if first is not None:
        spans.insert(0, (first, rules[0].end()))
    if last is not None:
        spans.append((rules[-1].end(), last))
    return spans


def _first_ruled(text: str, end: int) -> int | None:
    written = len(text[:end].rstrip())
    starts = [gap.end() for gap in _GAP.finditer(text, 0, end) if gap.end() < written]
    start = starts[-1] if starts else None
    return start if start is not None and len(text[start:end].split()) >= _SHORTEST_RULED else None


def _last_ruled(text: str, start: int) -> int | None:
    gap = _GAP.search(text, _past_blanks(text, start))
    end = gap.start() if gap else None
    return end if end is not None and len(text[start:end].split()) >= _SHORTEST_RULED else None


def _past_blanks(text: str, position: int) -> int:
    while position < len(text) and text[position].isspace():
        position += 1
    return position
