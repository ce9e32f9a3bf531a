"""JSON keeps its data, byte for byte where bytes matter, whether minified or written as a table."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.optimizer.domain.minify import minify
from services.optimizer.domain.spans import quoted

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
