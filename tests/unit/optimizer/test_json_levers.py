"""JSON keeps its data, byte for byte where bytes matter, whether minified or written as a table."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.optimizer.domain.minify import minify
from services.optimizer.domain.spans import quoted
from services.optimizer.domain.tables import tabulate

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@given(st.lists(values) | st.dictionaries(st.text(), values), st.sampled_from([None, 1, 4]))
def test_minified_json_parses_to_the_same(value: Any, indent: int | None) -> None:
    written = json.dumps(value, indent=indent)
    small = minify(written, quoted(written), data=True)
    assert json.loads(small) == value
    assert len(small) <= len(written)


def test_numbers_and_strings_keep_their_bytes() -> None:
    written = '{ "big": 12345678901234567890123, "exp": 1.50E+02, "esc": "a \\u00e9 \\"  b" }'
    assert minify(written, (), data=True) == '{"big":12345678901234567890123,"exp":1.50E+02,"esc":"a \\u00e9 \\"  b"}'


@pytest.mark.parametrize(
    "text",
    [
        'Respond in this format:\n{\n  "answer": 1\n}',
        'Example output: { "a": 1 }',
        '```json\n{ "a": 1,  "b": 2 }\n```',
        "Not JSON: { a: 1 }",
    ],
)
def test_layout_that_is_the_point_stays(text: str) -> None:
    assert minify(text, quoted(text)) == text


def test_json_in_prose_is_minified() -> None:
    text = 'The plans are { "free": 0, "pro": 20 } per month.'
    assert minify(text, quoted(text)) == 'The plans are {"free":0,"pro":20} per month.'


names = st.text(alphabet="abcdefgh_XYZ", min_size=1, max_size=8)
cells = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=20)
    | st.lists(st.integers() | st.text(max_size=5), max_size=3)
)


@st.composite
def tables(draw: st.DrawFn) -> list[dict[str, Any]]:
    shape = draw(
        st.dictionaries(names, st.none() | st.lists(names, min_size=1, max_size=3, unique=True), min_size=1, max_size=5)
    )
    rows = draw(st.integers(3, 5))
    return [
        {name: draw(cells) if inner is None else {key: draw(cells) for key in inner} for name, inner in shape.items()}
        for _ in range(rows)
    ]


@given(tables(), st.sampled_from([None, 2]))
def test_a_table_reads_back_exactly(rows: list[dict[str, Any]], indent: int | None) -> None:
    written = json.dumps(rows, indent=indent)
    table = tabulate(written)
    if table != written:
        assert _read(table) == rows


@pytest.mark.parametrize(
    "value",
    [
        [{"a": 1}, {"a": 2}],
        [{"a": 1}, {"b": 2}, {"a": 3}],
        [{"a": 1}, {"a": {"b": 1}}, {"a": 3}],
        [{"a.b": 1}] * 3,
        [{"0": {"x": 1}}] * 3,
        [{}] * 3,
        [1, 2, 3],
        {"a": [1]},
        "text",
    ],
)
def test_what_is_no_table_stays(value: Any) -> None:
    written = json.dumps(value)
    assert tabulate(written) == written


def test_a_table_looks_like_one() -> None:
    rows = [{"id": i, "price": {"usd": "1.50"}, "tags": ["a", "b"], "name": f"Item {i}"} for i in range(3)]
    assert tabulate(json.dumps(rows)).splitlines()[:2] == ["id,price.usd,tags,name", '0,"1.50",["a","b"],Item 0']


def _read(table: str) -> list[dict[str, Any]]:
    header, *lines = table.split("\n")
    rows = []
    for line in lines:
        row: dict[str, Any] = {}
        position = 0
        for name in header.split(","):
            cell: Any
            if line[position : position + 1] in ('"', "["):
                cell, end = json.JSONDecoder().raw_decode(line, position)
            else:
                end = line.find(",", position)
                end = len(line) if end < 0 else end
                bare = line[position:end]
                cell = json.loads(bare) if re.fullmatch(r"-?\d.*|true|false|null", bare) else bare
            outer, dot, inner = name.partition(".")
            if dot:
                row.setdefault(outer, {})[inner] = cell
            else:
                row[outer] = cell
            position = end + 1
        rows.append(row)
    return rows
