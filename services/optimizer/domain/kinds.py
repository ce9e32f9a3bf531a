"""What kind of content each part of a text is, so that a lever touches nothing but what it is for.

`prose` is what levers may shorten; `data`, `structured`, `code`, `layout` and `unknown` are sent byte for byte.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

import msgspec

from services.optimizer.domain.evidence import ITEM, is_code, is_data, is_layout, reads
from services.optimizer.domain.remembered import remembered

Kind = Literal["prose", "data", "structured", "code", "layout", "unknown"]

_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,})")
_MARKUP = re.compile(r"\s*(?:<\?xml|<!doctype|<html|<svg|<[a-z]\w*:)", re.IGNORECASE)
_HTML = re.compile(
    r"</?(?:p|div|span|li|ul|ol|table|tr|td|th|h[1-6]|br|a|img|body|head|html|script|style|form|input|button|meta|link|section|nav|b|i|em|strong|pre|code)\b[^<>]{0,300}>",
    re.IGNORECASE,
)
_TAG = re.compile(r"<(?P<end>/?)(?P<name>[A-Za-z][\w.:-]{0,60})(?:\s[^<>]{0,300})?>")
# Tags around what the model is told. Whatever else stands between tags is material: examples, documents, files.
_INSTRUCTING = re.compile(
    r"(?:instruction|rule|guideline|role|task|polic|constraint|persona|system|goal|objective|behaviou?r|tone|step)\w*",
    re.IGNORECASE,
)
# What follows such a line is to be written, copied or kept as it stands.
_ANNOUNCES = re.compile(
    r"\b(?:layout|format|template|structure|form|schema|example|sample|output|exactly|verbatim|word for word|copy|quote|"
    r"wording|text|letter|poem|message|draft|style|pattern|syntax|look|like this|as follows|respond|reply|answer)\b",
    re.IGNORECASE,
)
# The same without a colon.
_POINTS_DOWN = re.compile(
    r"\b(?:below|following|this|these|exactly|verbatim|word[- ]for[- ]word|as (?:it|they) stands?|unchanged)\b",
    re.IGNORECASE,
)


class Segment(NamedTuple):
    """A stretch of a text that is of one kind. The segments of a text follow each other without a gap."""

    kind: Kind
    start: int
    end: int


class _Block(NamedTuple):
    """Lines between empty ones. `fenced` ones say themselves where they end."""

    kind: Kind
    start: int
    end: int
    fenced: bool
    announces: bool
    listed: bool
    points_down: bool = False


# History comes again with every request.
@remembered
def segments(text: str) -> tuple[Segment, ...]:
    """The kinds of a text, in order. Blanks around what is not prose belong to it: they may be its first or last lines."""
    if not text.strip():
        return (Segment("layout", 0, len(text)),) if text else ()
    if is_json(text):
        return (Segment("structured", 0, len(text)),)
    if _MARKUP.match(text) or len(_HTML.findall(text)) > 1:
        return (Segment("structured", 0, len(text)),)
    blocks = _enclosed(_announced(list(_blocks(text))))
    return tuple(_joined(_tagged(text, blocks), len(text)))


def kinds(text: str) -> tuple[Kind, ...]:
    """The kinds that a text holds, each once, in the order in which they come."""
    return tuple(dict.fromkeys(segment.kind for segment in segments(text)))


def not_prose(text: str) -> list[tuple[int, int]]:
    """What no lever may touch, as sorted spans."""
    return [(segment.start, segment.end) for segment in segments(text) if segment.kind != "prose"]


def is_json(text: str) -> bool:
    """Whether the whole text is one JSON object or array."""
    if text.lstrip()[:1] not in ("{", "["):
        return False
    try:
        msgspec.json.decode(text.encode())
    except (ValueError, RecursionError):
        return False
    return True


def _blocks(text: str) -> Iterator[_Block]:
    position, start = 0, 0
    lines: list[str] = []
    fence = ""
    for line in text.splitlines(keepends=True):
        bare = line.rstrip("\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029")
        mark = _FENCE.match(bare)
        if fence:
            if mark and mark[1].startswith(fence) and not bare.strip(" \t`~"):
                fence = ""
                yield _Block("code", start, position + len(line), True, False, False)
                start, lines = position + len(line), []
        elif mark:
            yield from _block(lines, start, position)
            fence, start, lines = mark[1], position, []
        elif bare.strip():
            if not lines:
                start = position
            lines.append(bare.rstrip())
        else:
            yield from _block(lines, start, position)
            lines = []
        position += len(line)
    if fence:
        yield _Block("code", start, position, True, False, False)
    else:
        yield from _block(lines, start, position)


def _block(lines: list[str], start: int, end: int) -> Iterator[_Block]:
    if lines:
        announces = lines[-1].rstrip().endswith((":", "：")) and bool(_ANNOUNCES.search(lines[-1]))
        announces = announces or any(one.rstrip().endswith(":") and _ANNOUNCES.search(one) for one in lines)
        announces = announces or any(_points_down(one) and one[-1] not in ".!?" for one in lines[:-1])
        points_down = _points_down(lines[-1])
        yield _Block(_kind(lines), start, end, False, announces, bool(ITEM.match(lines[0])), points_down)


def _points_down(line: str) -> bool:
    return bool(_POINTS_DOWN.search(line) and _ANNOUNCES.search(line))


def _kind(lines: Sequence[str]) -> Kind:
    comments = sum(line.startswith("#") for line in lines)
    if comments > 1 or any(is_code(line) for line in lines):
        return "code"
    if is_data(lines):
        return "data"
    if is_layout(lines):
        return "layout"
    return "prose" if reads(lines) else "unknown"


def _announced(blocks: list[_Block]) -> list[_Block]:
    """Behind a line that announces a layout or a text, all is layout: nobody can tell where it ends."""
    first = min(
        next((i for i, block in enumerate(blocks) if block.announces), len(blocks)),
        next((i for i, block in enumerate(blocks, start=1) if block.points_down), len(blocks)),
    )
    return [*blocks[:first], *(block._replace(kind=_wanted(block.kind)) for block in blocks[first:])]


def _wanted(kind: Kind) -> Kind:
    return "layout" if kind == "prose" else kind


def _enclosed(blocks: list[_Block]) -> list[_Block]:
    """Prose between two stretches of something else may be a part of it: a docstring, a comment, a field."""
    bare = [i for i, block in enumerate(blocks) if block.kind != "prose" and not block.fenced]
    if not bare:
        return blocks
    first, last = bare[0], bare[-1]
    return [
        block._replace(kind="unknown") if block.kind == "prose" and first < i < last else block
        for i, block in enumerate(blocks)
    ]


def _tagged(text: str, blocks: list[_Block]) -> Iterator[_Block]:
    """What stands between a pair of tags is material, unless the tag's name says that it instructs."""
    spans, at = _between_tags(text), 0
    for block in blocks:
        # Both come in order.
        while at < len(spans) and spans[at][1] <= block.start:
            at += 1
        inside = at < len(spans) and spans[at][0] < block.end
        yield block._replace(kind="unknown") if inside and block.kind == "prose" else block


def _between_tags(text: str) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    opened: tuple[str, int] | None = None
    for tag in _TAG.finditer(text):
        name = tag["name"]
        if opened is None:
            if not tag["end"] and not _INSTRUCTING.fullmatch(name):
                opened = (name, tag.start())
        elif tag["end"] and name == opened[0]:
            spans.append((opened[1], tag.end()))
            opened = None
    if opened is not None:
        spans.append((opened[1], len(text)))
    return spans


def _joined(blocks: Iterable[_Block], size: int) -> Iterator[Segment]:
    """Neighbours of one kind as one segment. The blanks between prose and something else go to the latter."""
    whole: list[Segment] = []
    for block in blocks:
        if whole and whole[-1].kind != "prose":
            whole[-1] = whole[-1]._replace(end=block.start)
        if whole and whole[-1].kind == block.kind:
            whole[-1] = whole[-1]._replace(end=block.end)
        else:
            whole.append(Segment(block.kind, whole[-1].end if whole else 0, block.end))
    if whole:
        whole[-1] = whole[-1]._replace(end=size)
    yield from whole
