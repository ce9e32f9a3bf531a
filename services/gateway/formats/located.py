"""Where the values of a JSON text stand in it, so that one can be replaced and every other byte stays as it came."""

import re
from collections.abc import Iterable

import msgspec
from msgspec import Raw

from libs.common.contracts.base import DECODE_ERRORS

_BROKEN = (*DECODE_ERRORS, RecursionError)
_KEY = re.compile(rb'\s*+("(?:[^"\\]++|\\.)*+")\s*+:\s*+', re.DOTALL)
_COMMA = re.compile(rb"\s*+[,\]}]")
_BLANKS = re.compile(rb"\s*+")
_STEPS = re.compile(r"\[(\d+)\]|([^.\[\]]+)")
_UNDERSCORE = re.compile(r"_([a-z0-9])")
_object = msgspec.json.Decoder(dict[str, Raw])
_list = msgspec.json.Decoder(list[Raw])

Step = str | int
Span = tuple[int, int]


class Located:
    """A JSON text, and the places of its values by their names: `messages[3].content[0].text`. A name may have underscores in the text
    where it is asked for in camel case. Each list and object is read once, when something in it is asked for.
    """

    def __init__(self, text: bytes) -> None:
        self.text = text
        start = _after_blanks(text, 0)
        self._inner: dict[tuple[Step, ...], dict[Step, Span]] = {}
        self._whole = (start, len(text.rstrip()))

    def span(self, field: str) -> Span | None:
        """The first byte of a value and the one behind it; None where it is not there, or stands there twice."""
        path = tuple(int(found[1]) if found[1] else found[2] for found in _STEPS.finditer(field))
        span: Span | None = self._whole
        for depth, step in enumerate(path):
            assert span is not None
            inner = self._values(path[:depth], span)
            span = inner.get(step)
            if span is None:
                return None
        return span

    def string(self, field: str) -> str | None:
        """The string that stands there; None where there is none."""
        span = self.span(field)
        if span is None or self.text[span[0] : span[0] + 1] != b'"':
            return None
        try:
            return msgspec.json.decode(self.text[slice(*span)], type=str)
        except _BROKEN:
            return None

    def replaced(self, changes: Iterable[tuple[Span, bytes]]) -> bytes:
        """The text with other bytes in these places, none of which lies in another. Of changes in one place the first comes first."""
        out: list[bytes] = []
        at = 0
        for (start, end), put in sorted(changes, key=lambda change: change[0]):
            assert at <= start, "no change lies in another"
            out += (self.text[at:start], put)
            at = end
        return b"".join((*out, self.text[at:]))

    def _values(self, path: tuple[Step, ...], span: Span) -> dict[Step, Span]:
        if path not in self._inner:
            begun = self.text[span[0] : span[0] + 1]
            read = _in_object if begun == b"{" else _in_list if begun == b"[" else None
            self._inner[path] = {} if read is None else read(self.text, span)
        return self._inner[path]


def _in_list(text: bytes, span: Span) -> dict[Step, Span]:
    try:
        items = _list.decode(text[slice(*span)])
    except _BROKEN:
        return {}
    found: dict[Step, Span] = {}
    at = span[0] + 1
    for number, item in enumerate(items):
        start = _after_blanks(text, at)
        at = start + len(bytes(item))
        found[number] = (start, at)
        comma = _COMMA.match(text, at)
        assert comma is not None, "a list was decoded"
        at = comma.end()
    return found


def _in_object(text: bytes, span: Span) -> dict[Step, Span]:
    """The values of an object by their names; nothing of one in which a name stands twice."""
    try:
        values = _object.decode(text[slice(*span)])
    except _BROKEN:
        return {}
    found: dict[Step, Span] = {}
    at = span[0] + 1
    for name, value in values.items():
        key, content = _KEY.match(text, at), bytes(value)
        if key is None or not text.startswith(content, key.end()):
            return {}
        shown = _UNDERSCORE.sub(lambda match: match[1].upper(), name)
        if msgspec.json.decode(key[1], type=str) != name or shown in found:
            return {}
        at = key.end() + len(content)
        found[name] = found[shown] = (key.end(), at)
        end = _COMMA.match(text, at)
        if end is None:
            return {}
        at = end.end()
    return found if at == span[1] or not values else {}


def _after_blanks(text: bytes, at: int) -> int:
    found = _BLANKS.match(text, at)
    assert found is not None
    return found.end()
