"""Reads back the short form in which a tool's JSON may be sent: names once, a line for each object."""

import json
import re
from typing import Any

_EVERY = "; in every row "
_HEAD = re.compile(r"(?P<name>[^\s:\[]+)\[(?P<rows>\d+)\]: (?P<names>.*)")
_FIELD = re.compile(r"(?P<name>[^\s:]+):(?: (?P<cell>.*))?")


def read_table(text: str) -> Any:
    """The value that the text stands for. Raises ValueError where it is no such table."""
    lines = text.split("\n")
    if _FIELD.fullmatch(lines[0]) or _HEAD.fullmatch(lines[0]):
        value, rest = _object(lines, 0)
        if rest:
            raise ValueError("lines are left over")
        return value
    return _rows(lines[0], lines[1:])


def _object(lines: list[str], depth: int) -> tuple[dict[str, Any], list[str]]:
    held: dict[str, Any] = {}
    indent = " " * depth
    while lines and lines[0].startswith(indent) and not lines[0].startswith(indent + " "):
        line = lines[0][depth:]
        field = _FIELD.fullmatch(line)
        if field is None:
            raise ValueError(line)
        if head := _HEAD.fullmatch(line):
            count = int(head["rows"])
            held[head["name"]] = _rows(head["names"], [row[depth + 1 :] for row in lines[1 : 1 + count]])
            lines = lines[1 + count :]
        elif field["cell"] is None:
            held[field["name"]], lines = _object(lines[1:], depth + 1)
        else:
            held[field["name"]], lines = _cell(field["cell"]), lines[1:]
    return held, lines


def _rows(names: str, rows: list[str]) -> list[Any]:
    names, _, every = names.partition(_EVERY)
    shared = [cell.partition("=")[::2] for cell in _split(every)] if every else []
    found = []
    for row in rows:
        cells = dict(zip(names.split(","), map(_cell, _split(row)), strict=True))
        found.append(_nested(cells | {name: _cell(cell) for name, cell in shared}))
    return found


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
    if not isinstance(value, dict):
        return value
    inner = {name: _with_lists(one) for name, one in value.items()}
    return list(inner.values()) if inner and all(name.isdigit() for name in inner) else inner


def _split(row: str) -> list[str]:
    """At the commas outside quotes and brackets."""
    cells, depth, quoted, start, at = [], 0, False, 0, 0
    while at < len(row):
        char = row[at]
        if quoted:
            at += char == "\\"
            quoted = char != '"'
        elif char == '"':
            quoted = True
        elif char in "[{":
            depth += 1
        elif char in "]}":
            depth -= 1
        elif char == "," and depth == 0:
            cells.append(row[start:at])
            start = at + 1
        at += 1
    return [*cells, row[start:]]


def _cell(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
