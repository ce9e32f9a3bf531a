"""What is written as a table or as lines reads back exactly."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.optimizer.domain.tables import tabulate
from tests.fixtures.tables import read_table

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
        assert read_table(table) == rows


@given(objects, st.sampled_from([None, 2]))
def test_lines_read_back_exactly(value: dict[str, Any], indent: int | None) -> None:
    written = json.dumps(value, indent=indent)
    lines = tabulate(written)
    if lines != written:
        assert read_table(lines) == value


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
