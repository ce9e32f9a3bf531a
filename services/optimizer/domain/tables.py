"""A tool's list of like objects written once with its names, then row by row."""

import re
from collections.abc import Iterator

import msgspec

from services.optimizer.domain.minify import minify

FEWEST_ROWS = 3

# Text that a reader cannot take for anything but a string stands bare; everything else keeps its JSON form.
_BARE = re.compile(r"(?!true$|false$|null$)[A-Za-z_](?:[^\x00-\x1f\",\[\]{}\\]*[^\x00-\x20\",\[\]{}\\])?")
# A name that is a number would read like a position in an array.
_NAME = re.compile(r"(?!\d+$)[^\s\x00-\x1f\",.\[\]{}\\]+")
_HOLDS_OBJECTS = re.compile(rb"\s*(?:\{\s*[^}\s]|\[\s*[{\[])")


def tabulate(text: str) -> str:
    """A JSON array of at least three objects with the same names, as a line of names and a line of values for each.

    What is nested gets dotted names, with positions from 0 in arrays of objects. Numbers keep their digits, and anything
    ambiguous its quotes, so that the array can be read back exactly. Any other text comes back as it is.
    """
    if not text.lstrip().startswith("["):
        return text
    try:
        rows = [dict(_flatten(row)) for row in msgspec.json.decode(text.encode(), type=list[msgspec.Raw])]
    except (ValueError, RecursionError):
        return text
    if len(rows) < FEWEST_ROWS or not rows[0] or any(list(row) != list(rows[0]) for row in rows):
        return text
    return "\n".join((",".join(rows[0]), *(",".join(row.values()) for row in rows)))


def _flatten(raw: msgspec.Raw, prefix: str = "") -> Iterator[tuple[str, str]]:
    if not _HOLDS_OBJECTS.match(bytes(raw)):
        if not prefix:
            raise ValueError("A row must be an object.")
        yield prefix[:-1], _cell(raw)
        return
    inner = msgspec.json.decode(raw, type=dict[str, msgspec.Raw] | list[msgspec.Raw])
    for name, value in inner.items() if isinstance(inner, dict) else enumerate(inner):
        if isinstance(name, str) and not _NAME.fullmatch(name):
            raise ValueError(name)
        yield from _flatten(value, f"{prefix}{name}.")


def _cell(raw: msgspec.Raw) -> str:
    written = bytes(raw).decode().strip()
    if written.startswith("["):
        return minify(written, (), data=True)
    if written.startswith('"') and _BARE.fullmatch(text := msgspec.json.decode(raw, type=str)):
        return text
    return written
