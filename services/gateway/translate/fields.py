"""Reads what a provider sent as it came: values one by one, each as far as it can be understood, none of them trusted.

A value that is of another kind than documented is converted where that is plain, and is missing where it is not. The text of
numbers is never touched: what is passed on is passed on as it came.
"""

import json
import math
import re
from typing import Any

import msgspec

from libs.common.contracts.base import DECODE_ERRORS

# What decoding raises for bytes of strangers, nesting that would overflow the stack included.
BROKEN = (*DECODE_ERRORS, RecursionError)
MAX_NAME = 256
MAX_COUNT = 10**9
# An answer of the longest model with the most log probabilities has half as many objects; a long text stays below, too.
_MAX_BRACKETS = 400_000
_MAX_COMMAS = 3_000_000
_SMALL = 64 << 10
_MAX_RELAXED = 1 << 20

_object = msgspec.json.Decoder(dict[str, msgspec.Raw])
_array = msgspec.json.Decoder(list[msgspec.Raw])
_ESCAPE = re.compile(rb"\\(?:u([0-9a-fA-F]{4})|.)", re.DOTALL)
_NO_CHARACTER = "\ufffd".encode()
# Where halves of surrogate pairs stand until the other half has come: one private character for each of them, after one that
# no text may hold.
_PRIVATE = 0x100000
_BEFORE = "\U0010fffe"
MARK = _BEFORE.encode()
_PAIR = re.compile(_BEFORE + "([\U0010d800-\U0010dbff])" + _BEFORE + "([\U0010dc00-\U0010dfff])")
_HALF = re.compile(_BEFORE + "[\U0010d800-\U0010dfff]")


def too_many_parts(data: bytes) -> bool:
    """Whether reading it would take so long that others had to wait."""
    if len(data) <= _SMALL:
        return False
    return data.count(b"[") + data.count(b"{") > _MAX_BRACKETS or data.count(b",") > _MAX_COMMAS


def whole_text(data: bytes) -> bytes:
    """JSON in UTF-8 without byte order mark and without escapes of half a character, which no strict reader takes."""
    return bytes(_without_halves(_utf8(data.removeprefix(b"\xef\xbb\xbf")), keep=False))


def piece_of_text(data: bytes) -> bytes:
    """The same for one piece of a stream: a half becomes a private character, and `Halves` puts the two together."""
    return _without_halves(_utf8(data), keep=True)


def _utf8(data: bytes) -> bytes:
    try:
        data.decode()
    except UnicodeDecodeError:
        return data.decode(errors="replace").encode()
    return data


def _without_halves(data: bytes, *, keep: bool) -> bytes:
    if b"\\ud" not in data and b"\\uD" not in data:
        return data
    out: list[bytes] = []
    done, half = 0, None
    for found in _ESCAPE.finditer(data):
        code = int(found[1], 16) if found[1] else 0
        if half is not None and half.end() == found.start() and 0xDC00 <= code <= 0xDFFF:
            half = None  # a whole pair, left as it is
            continue
        if half is not None:
            done = _replace(out, data, done, half, keep)
            half = None
        if 0xD800 <= code <= 0xDBFF:
            half = found
        elif 0xDC00 <= code <= 0xDFFF:
            done = _replace(out, data, done, found, keep)
    if half is not None:
        done = _replace(out, data, done, half, keep)
    return b"".join((*out, data[done:])) if out else data


def _replace(out: list[bytes], data: bytes, done: int, half: re.Match[bytes], keep: bool) -> int:
    out += data[done : half.start()], (_BEFORE + chr(_PRIVATE + int(half[1], 16))).encode() if keep else _NO_CHARACTER
    return half.end()


class Halves:
    """Puts together what a stream cut in the middle of a character. One for each stream; `key` names the text."""

    def __init__(self) -> None:
        self._held: dict[tuple[Any, ...], str] = {}

    def __bool__(self) -> bool:
        return bool(self._held)

    def join(self, key: tuple[Any, ...], text: str) -> str:
        """The text as far as its characters are whole; a first half at its end waits for the next piece."""
        text = _PAIR.sub(_paired, self._held.pop(key, "") + text)
        if text[-2:-1] == _BEFORE and "\U0010d800" <= text[-1] <= "\U0010dbff":
            self._held[key], text = text[-2:], text[:-2]
        return _HALF.sub("\ufffd", text)


def _paired(found: re.Match[str]) -> str:
    high, low = (ord(half) - _PRIVATE for half in found.groups())
    return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))


def read_object(data: bytes | msgspec.Raw) -> "Fields | None":
    """A JSON object; None for anything else. What only a lax reader understands (NaN, line breaks in texts) counts, too."""
    try:
        return Fields(_object.decode(data))
    except BROKEN:
        pass
    if len(memoryview(data)) > _MAX_RELAXED:
        return None
    try:
        found = json.loads(bytes(data), strict=False)
        return Fields(_object.decode(msgspec.json.encode(found))) if isinstance(found, dict) else None
    except (*BROKEN, ValueError):
        return None


def is_object(data: bytes | msgspec.Raw) -> bool:
    """Whether it is a JSON object by the strict rules."""
    try:
        _object.decode(data)
    except BROKEN:
        return False
    return True


def read_list(data: bytes | msgspec.Raw) -> list[msgspec.Raw] | None:
    """The items of a JSON array; None for anything else."""
    try:
        return _array.decode(data)
    except BROKEN:
        return None


def compact(data: bytes | msgspec.Raw) -> str:
    """JSON without blanks and needless escapes, its numbers as they were written."""
    try:
        found = json.loads(bytes(data), parse_float=_digits, parse_int=_digits, parse_constant=lambda _: None)
        return msgspec.json.encode(found).decode()
    except (*BROKEN, ValueError):
        return bytes(data).decode(errors="replace")


def _digits(written: str) -> msgspec.Raw:
    return msgspec.Raw(written.encode())


def raw(value: Any) -> msgspec.Raw:
    """A value of ours as JSON."""
    return msgspec.Raw(msgspec.json.encode(value))


class Fields:
    """A JSON object whose values are read one by one. `values` may be changed; `encode` gives the object back."""

    __slots__ = ("values",)

    def __init__(self, values: dict[str, msgspec.Raw]) -> None:
        self.values = values

    def encode(self) -> bytes:
        """The object as JSON; what was not changed is as it came."""
        return msgspec.json.encode(self.values)

    def value(self, name: str) -> Any:
        """The value decoded; None where it is missing, cannot be read, or is too much to look at."""
        found = self.values.get(name)
        if found is None or too_many_parts(bytes(found)):
            return None
        try:
            return msgspec.json.decode(found)
        except BROKEN:
            return None

    def text(self, name: str) -> str:
        """A text; a number is one, and anything else is none."""
        return as_text(self.value(name))

    def name(self, name: str) -> str:
        """A text that names something, cut to a length that everybody can keep."""
        return self.text(name)[:MAX_NAME]

    def object(self, name: str) -> "Fields":
        """An object; empty where there is none."""
        found = self.values.get(name)
        return (None if found is None else read_object(found)) or Fields({})

    def items(self, name: str) -> list[msgspec.Raw] | None:
        """A list's items as they came; None: not a list."""
        found = self.values.get(name)
        return None if found is None else read_list(found)

    def objects(self, name: str) -> list["Fields"]:
        """The objects of a list; what stands between them is left out. One object alone is a list of one."""
        found = self.values.get(name)
        if found is None:
            return []
        listed = read_list(found)
        return [one for item in ([found] if listed is None else listed) if (one := read_object(item)) is not None]


def as_text(value: Any) -> str:
    """A text, or a number as one; empty for anything else."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


class Counted:
    """Reads counts of tokens: `odd` once one of them had to be guessed or cut, so that a figure from them is an estimate."""

    def __init__(self) -> None:
        self.odd = False

    def count(self, fields: Fields, *names: str) -> int | None:
        """A count under the first of these names that has one; None: not said."""
        for name in names:
            if (found := self._number(fields, name)) is not None:
                return found
        return None

    def _number(self, fields: Fields, name: str) -> int | None:
        given = fields.values.get(name)
        if given is None or bytes(given) == b"null":
            return None
        value = fields.value(name)
        if isinstance(value, str):
            try:
                value = float(value) if len(value) <= MAX_NAME else None
            except ValueError:
                value = None
        elif value is None and _is_number(bytes(given)):
            value = math.inf  # more digits than a number has
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
            self.odd = True
            return None
        fitting = 0 if value < 0 else MAX_COUNT if value > MAX_COUNT else int(value)
        self.odd = self.odd or fitting != value
        return fitting


def _is_number(data: bytes) -> bool:
    return data[:1].isdigit()
