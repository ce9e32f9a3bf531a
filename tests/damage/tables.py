"""Reads back the short form in which a tool's JSON may be sent: names once, a line for each object of a list.

Written from the form's description, not from the code that writes it.
"""

import json
import re
from typing import Any

_EVERY = "; in every row "
_NAME = r"[^\s\",.:;=\[\](){}\\]+"
_TABLE = re.compile(rf"(?P<name>{_NAME})\[(?P<rows>\d+)\]: (?P<header>.*)")
_OBJECT = re.compile(rf"(?P<name>{_NAME}):(?: (?P<line>.*))?")


def read_table(text: str) -> Any:
    """The value that the text stands for. Raises ValueError where it is no such form."""
    lines = text.split("\n")
    names = lines[0].partition(_EVERY)[0]
    if "=" not in names and ":" not in names:
        return _rows(lines[0], lines[1:])
    value, rest = _object(lines, 0)
    if rest:
        raise ValueError("lines are left over")
    return value


def _object(lines: list[str], depth: int) -> tuple[dict[str, Any], list[str]]:
    held: dict[str, Any] = {}
    indent = " " * depth
    while lines and lines[0].startswith(indent) and not lines[0].startswith(indent + " "):
        line = lines[0][depth:]
        if table := _TABLE.fullmatch(line):
            count = int(table["rows"])
            held[table["name"]] = _rows(table["header"], [row[depth + 1 :] for row in lines[1 : 1 + count]])
            lines = lines[1 + count :]
        elif (inner := _OBJECT.fullmatch(line)) and inner["line"] is None:
            held[inner["name"]], lines = _object(lines[1:], depth + 1)
        elif inner:
            held[inner["name"]], rest = _object([inner["line"]], 0)
            if rest:
                raise ValueError(line)
            lines = lines[1:]
        else:
            held |= _pairs(line)
            lines = lines[1:]
    return held, lines


def _pairs(line: str) -> dict[str, Any]:
    """`name=value`, parted by commas where a value holds a blank, else by blanks."""
    pieces = _split(line, ",")
    if len(pieces) != len(_split(line, "=")) - 1:
        pieces = _split(line, " ")
    held: dict[str, Any] = {}
    for piece in pieces:
        name, sign, cell = piece.partition("=")
        if not sign or not re.fullmatch(rf"{_NAME}(?:\.{_NAME})*", name):
            raise ValueError(line)
        held[name] = _cell(cell)
    return held


def _rows(header: str, rows: list[str]) -> list[Any]:
    written, _, every = header.partition(_EVERY)
    sign = "," if "," in written else " "
    names = _names(written, sign)
    shared = _pairs(every) if every else {}
    found = []
    for row in rows:
        # One column needs no sign, and its only cell may hold any.
        cells = [row] if len(names) == 1 else _split(row, sign)
        found.append(_nested(dict(zip(names, map(_cell, cells), strict=True)) | shared))
    return found


def _names(header: str, sign: str) -> list[str]:
    """Column names; `price.(usd eur)` are two of them."""
    names: list[str] = []
    for token in _split(header, sign, "(", ")"):
        outer, opening, inner = token.partition(".(")
        names += [f"{outer}.{name}" for name in _names(inner[:-1], sign)] if opening else [token]
    return names


def _nested(cells: dict[str, Any]) -> Any:
    tree: dict[str, Any] = {}
    for dotted, value in cells.items():
        at = tree
        *path, last = dotted.split(".")
        for name in path:
            at = at.setdefault(name, {})
        at[last] = value
    return _with_lists(tree)


def _with_lists(value: Any) -> Any:
    """What has positions for names is a list."""
    if not isinstance(value, dict):
        return value
    inner = {name: _with_lists(one) for name, one in value.items()}
    return list(inner.values()) if inner and all(name.isdigit() for name in inner) else inner


def _split(line: str, sign: str, opening: str = "[{", closing: str = "]}") -> list[str]:
    """At the signs outside quotes and brackets."""
    pieces, depth, quoted, start, at = [], 0, False, 0, 0
    while at < len(line):
        char = line[at]
        if quoted:
            at += char == "\\"
            quoted = char != '"'
        elif char == '"':
            quoted = True
        elif char in opening:
            depth += 1
        elif char in closing:
            depth -= 1
        elif char == sign and depth == 0:
            pieces.append(line[start:at])
            start = at + 1
        at += 1
    return [*pieces, line[start:]]


def _cell(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
