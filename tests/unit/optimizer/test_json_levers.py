"""JSON keeps its data, byte for byte where bytes matter."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.optimizer.domain.minify import minify

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@given(st.lists(values) | st.dictionaries(st.text(), values), st.sampled_from([None, 1, 4]))
def test_minified_json_parses_to_the_same(value: Any, indent: int | None) -> None:
    written = json.dumps(value, indent=indent)
    small = minify(written)
    assert json.loads(small) == value
    assert len(small) <= len(written)


def test_numbers_and_strings_keep_their_bytes() -> None:
    written = '{ "big": 12345678901234567890123, "exp": 1.50E+02, "esc": "a \\u00e9 \\"  b" }'
    assert minify(written) == '{"big":12345678901234567890123,"exp":1.50E+02,"esc":"a \\u00e9 \\"  b"}'


@pytest.mark.parametrize(
    "text",
    [
        'Respond in this format:\n{\n  "answer": 1\n}',
        'The plans are { "free": 0, "pro": 20 } per month.',
        '```json\n{ "a": 1,  "b": 2 }\n```',
        "Not JSON: { a: 1 }",
        '{ "a": 1 }\n{ "a": 2 }',
        "7",
    ],
)
def test_only_a_text_that_is_json_as_a_whole(text: str) -> None:
    assert minify(text) == text
