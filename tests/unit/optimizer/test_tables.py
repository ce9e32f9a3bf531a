"""What is written as a table or as lines reads back exactly."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.optimizer.domain.tables import EVERY_ROW, tabulate

names = st.text(alphabet="abcdefgh_XYZ", min_size=1, max_size=8)
cells = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(
        ["true", "null", "1", "-1.5e3", "1_000", "nan", "2026-01-31", "a: b", "x=y; z", " a", "", "07:30"]
    )
    | st.lists(st.integers() | st.text(max_size=5), max_size=3)
)


@st.composite
def tables(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Rows of one shape, with what is nested one level deep; now and then one value for all."""
    nested = st.none() | st.lists(names, min_size=1, max_size=3, unique=True)
    shape = draw(st.dictionaries(names, nested, min_size=1, max_size=5))
    shared = {name: draw(cells) for name in draw(st.sets(st.sampled_from(sorted(shape)), max_size=3))}
    return [
        {
            name: shared[name]
            if name in shared
            else draw(cells)
            if inner is None
            else {key: draw(cells) for key in inner}
            for name, inner in shape.items()
        }
        for _ in range(draw(st.integers(1, 5)))
    ]


objects = st.recursive(
    st.dictionaries(names, cells | tables(), min_size=1, max_size=4),
    lambda inner: st.dictionaries(names, cells | inner | tables(), min_size=1, max_size=3),
    max_leaves=6,
)


@given(tables(), st.sampled_from([None, 2]))
def test_a_table_reads_back_exactly(rows: list[dict[str, Any]], indent: int | None) -> None:
    written = json.dumps(rows, indent=indent)
    table = tabulate(written)
    if table != written:
        assert read_table(table.split("\n")) == rows


@given(objects, st.sampled_from([None, 2]))
def test_lines_read_back_exactly(value: dict[str, Any], indent: int | None) -> None:
    written = json.dumps(value, indent=indent)
    lines = tabulate(written)
    if lines != written:
        assert read_lines(lines.split("\n")) == value


@pytest.mark.parametrize(
    "value",
    [
        [{"a": 1}],
        [{"a": 1}, {"b": 2}, {"a": 3}],
        [{"a": 1}, {"a": {"b": 1}}, {"a": 3}],
        [{"a.b": 1}] * 3,
        [{"0": {"x": 1}}] * 3,
        [{}] * 3,
        [1, 2, 3],
        {},
        {"a b": 1},
        {"a:": 1},
        {"a": {}, "": 1},
        "text",
    ],
)
def test_what_is_no_table_stays(value: Any) -> None:
    written = json.dumps(value)
    assert tabulate(written) == written


def test_a_table_looks_like_one() -> None:
    rows = [{"id": i, "price": {"usd": "1.50"}, "tags": ["a", "b"], "name": f"Item {i}"} for i in range(3)]
    names, first, *_ = tabulate(json.dumps(rows)).splitlines()
    assert names == 'id,name; in every row price.usd="1.50" tags=["a","b"]'
    assert first == "0,Item 0"


def test_lines_look_like_lines() -> None:
    order = {
        "id": "A-17",
        "customer": {"name": "Jo", "zip": "0815"},
        "items": [{"sku": "x", "n": 2}, {"sku": "y", "n": 1}],
    }
    assert tabulate(json.dumps(order)).splitlines() == [
        "id=A-17",
        'customer: name=Jo zip="0815"',
        "items[2]: sku n",
        " x 2",
        " y 1",
    ]


def test_numbers_keep_their_digits() -> None:
    written = '{"big": 12345678901234567890123, "exp": 1.50E+02, "list": [ 1.0,  2 ]}'
    assert tabulate(written).splitlines() == ["big=12345678901234567890123 exp=1.50E+02 list=[1.0,2]"]


def read_lines(lines: list[str]) -> dict[str, Any]:
    value: dict[str, Any] = {}
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        inner = []
        while at < len(lines) and lines[at].startswith(" "):
            inner.append(lines[at][1:])
            at += 1
        opens = re.match(r"([^\s=:]+?)(?:\[(\d+)\])?:(.*)", line)
        if opens is None:
            assert not inner
            value |= read_pairs(line)
        elif opens[2]:
            assert len(inner) == int(opens[2])
            value[opens[1]] = read_table([opens[3][1:], *inner])
        else:
            value[opens[1]] = read_lines(inner or [opens[3][1:]])
    return value


def read_pairs(line: str) -> dict[str, Any]:
    """Commas part the pairs where there are any outside of values that hold their own; else blanks do."""
    for sign in (",", " "):
        value: dict[str, Any] = {}
        at = 0
        while at < len(line):
            name, equals, _ = line[at:].partition("=")
            if not equals or " " in name or "," in name:
                break
            value[name], at = read_cell(line, at + len(name) + 1, sign)
            assert at >= len(line) or line[at] == sign or sign == ","
            if at < len(line) and line[at] != sign:
                break
            at += 1
        else:
            if sign == " " or " " not in line or len(value) > 1 or "=" not in line.partition("=")[2]:
                return value
    return value


def read_table(lines: list[str]) -> list[dict[str, Any]]:
    header, _, every = lines[0].partition(EVERY_ROW)
    shared = read_pairs(every)
    rows = []
    for line in lines[1:]:
        row: dict[str, Any] = {}
        at = 0
        sign = "," if "," in header else " " if " " in header else "\n"
        for name in read_names(header):
            row[name], at = read_cell(line, at, sign)
            at += 1
        rows.append(nested({**row, **shared}))
    return rows


def read_names(header: str) -> list[str]:
    """`a.(b c) d` is a.b, a.c and d."""
    names: list[str] = []
    outer: list[str] = []
    for piece in re.findall(r"[^\s,()]+\.\(|[^\s,()]+|\)", header):
        if piece.endswith(".("):
            outer.append(piece[:-1])
        elif piece == ")":
            outer.pop()
        else:
            names.append("".join(outer) + piece)
    return names


def read_cell(text: str, at: int, until: str = "\n") -> tuple[Any, int]:
    if text[at : at + 1] in ('"', "[", "{"):
        return json.JSONDecoder().raw_decode(text, at)
    end = text.find(until, at)
    end = len(text) if end < 0 else end
    bare = text[at:end]
    try:
        return json.loads(bare), end
    except ValueError:
        return bare, end


def nested(row: dict[str, Any]) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for name, cell in row.items():
        outer, dot, inner = name.partition(".")
        if dot:
            value.setdefault(outer, {})[inner] = cell
        else:
            value[outer] = cell
    return value
