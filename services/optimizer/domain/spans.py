"""Which parts of a text no lever may touch, and how edits are made around them."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from services.optimizer.domain.kinds import not_prose
from services.optimizer.domain.remembered import remembered

Span = tuple[int, int]


class Edit(NamedTuple):
    """Replace `text[start:end]` by `new`."""

    start: int
    end: int
    new: str


# Every alternative is anchored or bounded, so that the search stays linear on hostile input. The look-ahead spares most
# characters the alternatives, and the other patterns run only where the sign they need is in the text.
_BLOCK = re.compile(
    r"""(?=[ \t`~<])(?:
      ^[ \t]*(?P<fence>```+|~~~+)[^\n]*(?:\n(?![ \t]*(?P=fence))[^\n]*)*(?:\n[ \t]*(?P=fence)[`~]*)?
    | <(?P<raw>pre|code|script|style)\b[^<>]{0,400}>.*?(?:</(?P=raw)>|\Z)
    | <!--.*?(?:-->|\Z)
    )""",
    re.VERBOSE | re.MULTILINE | re.DOTALL,
)
_INLINE = re.compile(
    r"""(?=[`<{$"“«'])(?:
      (?P<tick>(?<!`)`{1,2}(?!`))[^`\n]+(?P=tick)
    | </?[A-Za-z][^<>\n]{0,400}>
    | \{\{[^{}\n]{0,400}\}\}
    | \{%[^{}\n]{0,400}%\}
    | \$?\{[A-Za-z_][\w.\[\]-]{0,80}\}
    | <%[^\n]{0,400}?%>
    | "[^"\n]{1,1000}"
    | “[^“”\n]{1,1000}”
    | «[^«»\n]{1,1000}»
    | (?<!\w)'(?=\S)[^'\n]{1,400}(?<=\S)'(?!\w)
    )""",
    re.VERBOSE,
)
_BY_SIGN = (
    ("://", re.compile(r"\b(?:https?|ftp|wss?|file)://[^\s<>\"'`]+")),
    ("www.", re.compile(r"\bwww\.[^\s<>\"'`]+")),
    ("@", re.compile(r"(?<![\w.+-])[\w.+-]++@[\w-]+\.[\w.-]+")),
    (
        ":",
        re.compile(
            r"^[ \t]*(?:Q|A|User|Assistant|Human|AI|Bot|Customer|Agent|Input|Output|Example|Question|Answer)[ \t]*\d*:[^\n]*",
            re.MULTILINE,
        ),
    ),
)
_JSON_OPENS = re.compile(r'\{\s*+["}]|\[\s*+(?:[\[{"\]\d-]|true|false|null)')
_JSON_MARKS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\[\]]', re.DOTALL)
_JSON_FAILURES = 16
_SHORTEST_JSON = 8


# The steps ask about the same text again and again; a list that was handed out is never changed.
@remembered
def protected(text: str) -> list[Span]:
    """Whatever is not prose, and in prose links, addresses, quotes, tags, labelled examples and JSON: sorted, none touching."""
    return merge(not_prose(text) + quoted(text) + json_spans(text))


@remembered
def quoted(text: str) -> list[Span]:
    """The same without JSON."""
    spans = [match.span() for match in _BLOCK.finditer(text)] if _has_block(text) else []
    spans += [match.span() for match in _INLINE.finditer(text)]
    for sign, pattern in _BY_SIGN:
        if sign in text:
            spans += [match.span() for match in pattern.finditer(text)]
    return merge(spans)


@remembered
def json_spans(text: str) -> list[Span]:
    """The outermost JSON objects and arrays in a text; only what really parses counts."""
    spans: list[Span] = []
    position, failures = 0, 0
    while failures < _JSON_FAILURES and (opening := _JSON_OPENS.search(text, position)):
        end = _closing(text, opening.start())
        if end is not None and _parses(text[opening.start() : end]):
            if end - opening.start() >= _SHORTEST_JSON:
                spans.append((opening.start(), end))
            position = end
        else:
            failures += 1
            position = opening.start() + 1
    return spans


def merge(spans: Sequence[Span]) -> list[Span]:
    """Sorted, with overlapping spans joined."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def apply(text: str, edits: Iterable[Edit], keep: Sequence[Span]) -> str:
    """Make the edits, in order of position, that touch no span of `keep`. Both sequences are sorted."""
    pieces: list[str] = []
    done, at = 0, 0
    for edit in edits:
        while at < len(keep) and keep[at][1] <= edit.start:
            at += 1
        if edit.start < done or (at < len(keep) and keep[at][0] < edit.end):
            continue
        pieces += (text[done : edit.start], edit.new)
        done = edit.end
    return text if not pieces else "".join((*pieces, text[done:]))


def _has_block(text: str) -> bool:
    return "```" in text or "~~~" in text or "<" in text


def _closing(text: str, start: int) -> int | None:
    depth = 0
    for mark in _JSON_MARKS.finditer(text, start):
        if mark.group() in "{[":
            depth += 1
        elif mark.group() in "}]":
            depth -= 1
            if depth == 0:
                return mark.end()
    return None


def _parses(candidate: str) -> bool:
    try:
        msgspec.json.decode(candidate.encode(), type=msgspec.Raw)
        msgspec.json.decode(candidate.encode())
    except (ValueError, RecursionError):
        return False
    return True
