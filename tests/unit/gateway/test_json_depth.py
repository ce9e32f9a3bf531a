"""How deep JSON is, told without building it: as a walk over what it holds tells it."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.common.errors import BadRequest
from services.gateway.domain import chat
from services.gateway.domain.json_depth import MAX_DEPTH, too_deep
from services.gateway.domain.plain_messages import are_plain

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


_PARTS = st.lists(
    st.one_of(
        st.builds(lambda text: {"type": "text", "text": text}, _TEXTS),
        st.builds(lambda held: {"type": "text", "text": "a", "held": held}, _VALUES),
        st.just({"type": "image_url", "image_url": {"url": "https://a.example/b", "detail": "low"}}),
    ),
    max_size=3,
)
_FIELDS = st.fixed_dictionaries(
    {"role": st.sampled_from(("user", "tool")), "content": st.one_of(_TEXTS, _PARTS, st.none())},
    optional={
        "tool_calls": st.lists(st.fixed_dictionaries({"id": _TEXTS, "type": _TEXTS})),
        "name": _TEXTS,
        "held": _VALUES,
    },
)


@given(st.lists(_FIELDS, max_size=4))
def test_plain_messages_are_flat(messages: Any) -> None:
    if are_plain(json.dumps(messages).encode()):
        assert depth(messages) <= 6
        assert "held" not in json.dumps(messages)


@pytest.mark.parametrize("name", ["content", "x", "tool_calls", "refusal"])
def test_a_deep_field_of_a_message_is_refused_also_where_it_comes_twice(name: str) -> None:
    deep = "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1)
    again = "null" if name in ("tool_calls", "refusal") else '"a"'
    body = f'{{"model":"gpt-4o","messages":[{{"role":"user","content":"a","{name}":{deep},"{name}":{again}}}]}}'
    with pytest.raises(BadRequest):
        chat.parse(body.encode())


def test_a_key_that_comes_twice_hides_nothing() -> None:
    deep = b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1)
    assert too_deep(b'{"a":%s,"a":1}' % deep)
