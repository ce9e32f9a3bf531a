"""A tool's JSON written with each name once: lists of like objects as tables, objects as lines."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

import msgspec

from services.optimizer.domain.minify import minify

FEWEST_ROWS = 2
EVERY_ROW = "; in every row "

# Text that no reader takes for anything but a string stands bare; everything else keeps its JSON form.
_BARE = re.compile(r"(?!(?:true|false|null)$)(?!\s)[^\x00-\x1f\",=\[\]{}\\]+(?<!\s)")
# A name that is a number would read like a position in an array.
_NAME = re.compile(r"(?!\d+$)[^\s\x00-\x1f\",.:;=\[\](){}\\]+")
_HOLDS_OBJECTS = re.compile(rb"\s*(?:\{\s*[^}\s]|\[\s*[{\[])")


class _NoTable(ValueError):
    """The data has no such form."""


def tabulate(text: str) -> str:
    """JSON in a shorter form that can be read back exactly; any other text as it is.

    An array of two and more objects with the same names becomes a line of names and a line of values for each object.
    An object becomes lines of `name=value name=value`. An object in it stands behind `name:` where one such line holds it,
    else below; a list of like objects is a table: `name[rows]: names`, then the rows. Blanks part values where none holds a
    blank, else commas do. One blank more at the beginning of a line says that it belongs to the name above. What is nested in
    a row gets dotted names (`price.(usd eur)`), with positions from 0. Numbers keep their digits, and anything ambiguous its
    quotes.
    """
    opening = text.lstrip()[:1]
    if opening not in ("[", "{"):
        return text
    try:
        raw = msgspec.Raw(text.encode())
        if opening == "{":
            return "\n".join(_lines(raw, ""))
        return "\n".join(_table(raw, FEWEST_ROWS))
    except (ValueError, RecursionError):
        return text


def _lines(raw: msgspec.Raw, indent: str) -> Iterator[str]:
    members = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    if not members:
        raise _NoTable
    plain: list[tuple[str, str]] = []
    for name, value in members.items():
        if not _NAME.fullmatch(name):
            raise _NoTable
        held = bytes(value)
        if not _HOLDS_OBJECTS.match(held):
            plain.append((name, _cell(value)))
            continue
        if held.lstrip().startswith(b"{"):
            below = list(_nested(name, value, indent))
        else:
            try:
                names, *rows = _table(value, 1)
            except _NoTable:
                plain.append((name, _minified(held)))
                continue
            below = [f"{indent}{name}[{len(rows)}]: {names}", *(f"{indent} {row}" for row in rows)]
        if plain:
            yield indent + _pairs(plain)
            plain = []
        yield from below
    if plain:
        yield indent + _pairs(plain)


def _nested(name: str, value: msgspec.Raw, indent: str) -> Iterator[str]:
    """An object in an object: behind its name where one line holds it, else below."""
    lines = list(_lines(value, indent + " "))
    if len(lines) == 1 and not lines[0].endswith(":"):
        yield f"{indent}{name}:{lines[0][len(indent) :]}"
    else:
        yield f"{indent}{name}:"
        yield from lines


def _table(raw: msgspec.Raw, fewest: int) -> list[str]:
    """The names, then the rows; what all of several rows share stands once, behind the names."""
    rows = [dict(_flatten(row)) for row in msgspec.json.decode(raw, type=list[msgspec.Raw])]
    if len(rows) < fewest or not rows[0] or any(list(row) != list(rows[0]) for row in rows):
        raise _NoTable
    first, last = rows[0], rows[-1]
    shared = [name for name in first if first[name] == last[name] and all(row[name] == first[name] for row in rows)]
    if len(rows) < FEWEST_ROWS or len(shared) == len(first):
        shared = []
    own = [name for name in first if name not in shared]
    sign = _separator(cell for row in rows for name, cell in row.items() if name not in shared)
    names = _header([name.split(".") for name in own], sign)
    if shared:
        names += EVERY_ROW + _pairs([(name, first[name]) for name in shared])
    return [names, *(sign.join(row[name] for name in own) for row in rows)]


def _header(paths: Sequence[Sequence[str]], sign: str) -> str:
    """The names of the columns; what neighbours have in common stands once: `price.(usd eur)`."""
    written = []
    for outer, group in groupby(paths, key=lambda path: path[0]):
        inner = [path[1:] for path in group]
        together = len(inner) > 1
        written.append(f"{outer}.({_header(inner, sign)})" if together else ".".join((outer, *inner[0])))
    return sign.join(written)


def _pairs(members: Sequence[tuple[str, str]]) -> str:
    sign = _separator(cell for _, cell in members)
    return sign.join(f"{name}={cell}" for name, cell in members)


def _separator(cells: Iterable[str]) -> str:
    """A blank, which costs no token of its own, where no cell holds one or is empty; else a comma."""
    return "," if any(not cell or " " in cell for cell in cells) else " "


def _flatten(raw: msgspec.Raw, prefix: str = "") -> Iterator[tuple[str, str]]:
    if not _HOLDS_OBJECTS.match(bytes(raw)):
        if not prefix:
            raise _NoTable
        yield prefix[:-1], _cell(raw)
        return
    inner = msgspec.json.decode(raw, type=dict[str, msgspec.Raw] | list[msgspec.Raw])
    for name, value in inner.items() if isinstance(inner, dict) else enumerate(inner):
        if isinstance(name, str) and not _NAME.fullmatch(name):
            raise _NoTable
        yield from _flatten(value, f"{prefix}{name}.")


def _cell(raw: msgspec.Raw) -> str:
    held = bytes(raw)
    if held.lstrip()[:1] in (b"[", b"{"):
        return _minified(held)
    written = held.decode().strip()
    if written.startswith('"') and _BARE.fullmatch(text := msgspec.json.decode(raw, type=str)) and not _number(text):
        return text
    return written


def _minified(held: bytes) -> str:
    return minify(held.decode().strip())


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
