"""Where a value stands in a JSON text, whatever its spelling."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.formats.located import Located

NAMES = st.sampled_from(["a", "b", "an é", 'q"uoted', "\\"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)


@given(VALUES, st.sampled_from([None, 1, "\t"]), st.booleans())
def test_every_value_is_found(value: object, indent: int | str | None, ascii_only: bool) -> None:
    text = json.dumps({"top": value}, indent=indent, ensure_ascii=ascii_only).encode()
    located = Located(text)

    def check(field: str, expected: object) -> None:
        span = located.span(field)
        assert span is not None
        assert json.loads(text[slice(*span)]) == expected
        if isinstance(expected, list):
            for at, one in enumerate(expected):
                check(f"{field}[{at}]", one)
        elif isinstance(expected, dict):
            for name, one in expected.items():
                if name in ("a", "b"):
                    check(f"{field}.{name}", one)

    check("top", value)


@pytest.mark.parametrize(
    "text", [b'{"a": "x", "a": "y"}', b'{"a": "x", "a": "x"}', b'{"a_b": "x", "aB": "y"}', b'{"a": 1', b"[]", b"{}"]
)
def test_what_stands_twice_or_not_at_all_has_no_place(text: bytes) -> None:
    assert Located(text).span("a") is None
    assert Located(text).span("aB") is None
    assert Located(text).string("a[0]") is None


def test_only_what_is_replaced_changes() -> None:
    text = b' {"a" : [1, {"two_words":"x\\n"} ,[]], "b":{}} '
    located = Located(text)
    assert located.string("a[1].twoWords") == "x\n"
    places = [located.span("a[1].two_words"), located.span("a[0]")]
    changed = located.replaced([(place, b'"new"') for place in places if place is not None])
    assert changed == b' {"a" : ["new", {"two_words":"new"} ,[]], "b":{}} '
