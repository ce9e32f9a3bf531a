"""A tool's JSON written with each name once: lists of like objects as tables, objects as lines."""

import re
from collections.abc import Iterator

import msgspec

from services.optimizer.domain.minify import minify

FEWEST_ROWS = 3
EVERY_ROW = "; in every row "

# Text that no reader takes for anything but a string stands bare; everything else keeps its JSON form.
_BARE = re.compile(r"(?!(?:true|false|null)$)(?!\s)[^\x00-\x1f\",\[\]{}\\]+(?<!\s)")
# A name that is a number would read like a position in an array.
_NAME = re.compile(r"(?!\d+$)[^\s\x00-\x1f\",.:;=\[\]{}\\]+")
_HOLDS_OBJECTS = re.compile(rb"\s*(?:\{\s*[^}\s]|\[\s*[{\[])")


class _NoTable(ValueError):
    """The data has no such form."""


def tabulate(text: str) -> str:
    """JSON in a shorter form that can be read back exactly; any other text as it is.

    An array of three and more objects with the same names becomes a line of names and a line of values for each object.
    An object becomes a line for each name, with the lists of like objects in it as tables: `name[rows]: names`, then the
    rows. One blank more at the beginning of a line says that it belongs to the name above. What is nested in a row gets
    dotted names, with positions from 0. Numbers keep their digits, and anything ambiguous its quotes.
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
    for name, value in members.items():
        if not _NAME.fullmatch(name):
            raise _NoTable
        held = bytes(value)
        if not _HOLDS_OBJECTS.match(held):
            yield f"{indent}{name}: {_cell(value)}"
        elif held.lstrip().startswith(b"{"):
            yield f"{indent}{name}:"
            yield from _lines(value, indent + " ")
        else:
            try:
                names, *rows = _table(value, 1)
            except _NoTable:
                yield f"{indent}{name}: {_minified(held)}"
            else:
                yield f"{indent}{name}[{len(rows)}]: {names}"
                yield from (f"{indent} {row}" for row in rows)


def _table(raw: msgspec.Raw, fewest: int) -> list[str]:
    """The names, then the rows; what all of three and more rows share stands once, behind the names."""
    rows = [dict(_flatten(row)) for row in msgspec.json.decode(raw, type=list[msgspec.Raw])]
    if len(rows) < fewest or not rows[0] or any(list(row) != list(rows[0]) for row in rows):
        raise _NoTable
    first, last = rows[0], rows[-1]
    shared = [name for name in first if first[name] == last[name] and all(row[name] == first[name] for row in rows)]
    if len(rows) < FEWEST_ROWS or len(shared) == len(first):
        shared = []
    names = ",".join(name for name in first if name not in shared)
    if shared:
        names += f"{EVERY_ROW}{','.join(f'{name}={first[name]}' for name in shared)}"
    return [names, *(",".join(cell for name, cell in row.items() if name not in shared) for row in rows)]


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
    return minify(held.decode().strip(), (), data=True)


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
