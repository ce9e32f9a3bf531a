"""How deep JSON is, told without building it: as a walk over what it holds tells it."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.gateway.domain.json_depth import MAX_DEPTH, too_deep

_TEXTS = st.text(alphabet='[]{}"\\nurtbf/ax\n\u00e9\U0001f600', max_size=40)
_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), _TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_TEXTS, inner, max_size=4)),
    max_leaves=40,
)


def depth(value: Any) -> int:
    held = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if held is None else 1 + max(map(depth, held), default=0)


@settings(max_examples=300)
@given(_VALUES, st.integers(0, MAX_DEPTH + 3), st.booleans(), st.lists(_TEXTS, max_size=90))
def test_as_a_walk_tells_it(value: Any, more: int, named: bool, beside: list[str]) -> None:
    for _ in range(more):
        value = {"[": value, "]": "}"} if named else ["{", value]
    value = [value, *beside]
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=1)):
        assert too_deep(text.encode("utf-8", "surrogatepass")) == (depth(value) > MAX_DEPTH)


@pytest.mark.parametrize("inside", [r"\\", r"\"", r"\\\"", "[" * 200, r"\\\\", r"{\n" * 100])
def test_what_a_string_holds_is_no_depth(inside: str) -> None:
    strings = ",".join([f'"{inside}"'] * 70)
    flat = f"[{strings},[],{{}}]".encode()
    json.loads(flat)
    assert not too_deep(flat)
    assert too_deep(b"[" * MAX_DEPTH + flat + b"]" * MAX_DEPTH)


def test_a_key_that_comes_twice_hides_nothing() -> None:
    deep = b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1)
    assert too_deep(b'{"a":%s,"a":1}' % deep)
