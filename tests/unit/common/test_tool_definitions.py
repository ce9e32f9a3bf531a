"""Descriptions of tools are found and replaced in four formats, and nothing else is touched."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.tool_definitions import described, descriptions

SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "S",
    "properties": {
        "description": {"type": "string", "description": "P", "default": "description", "examples": ["keep"]},
        "city": {"anyOf": [{"type": "string", "description": "Q"}, {"type": "null"}], "enum": ["description", "x"]},
        "list": {"type": "array", "items": {"type": "object", "properties": {"a": {"description": "R"}}}},
    },
    "$defs": {"one": {"description": "D"}},
    "required": ["description"],
    "const": {"description": "not a schema"},
    "default": {"description": "not a schema"},
    "examples": [{"description": "not a schema"}],
}
FUNCTION = {"name": "description", "description": "F"}
FORMATS: dict[str, Any] = {
    "chat": [{"type": "function", "function": {**FUNCTION, "parameters": SCHEMA, "strict": True}}],
    "functions": [{**FUNCTION, "parameters": SCHEMA}],
    "responses": [{"type": "function", **FUNCTION, "parameters": SCHEMA}],
    "messages": [{"type": "custom", **FUNCTION, "input_schema": SCHEMA, "cache_control": {"type": "ephemeral"}}],
    "plain messages": [{**FUNCTION, "input_schema": SCHEMA}],
    "generate": [{"functionDeclarations": [{**FUNCTION, "parameters": SCHEMA}]}],
    "generate, JSON schema": [{"function_declarations": [{**FUNCTION, "parametersJsonSchema": SCHEMA}]}],
}


def raw(value: Any) -> msgspec.Raw:
    return msgspec.Raw(json.dumps(value).encode())


@pytest.mark.parametrize("name", FORMATS)
def test_every_description_is_found_once(name: str) -> None:
    assert sorted(descriptions(raw(FORMATS[name]))) == ["D", "F", "P", "Q", "R", "S"]


@pytest.mark.parametrize("name", FORMATS)
def test_only_descriptions_change(name: str) -> None:
    after = json.loads(bytes(described(raw(FORMATS[name]), lambda text: text * 2)))
    texts = json.dumps(after)
    for text in "DFPQRS":
        texts = texts.replace(f'"description": "{text}{text}"', f'"description": "{text}"')
    assert json.loads(texts) == FORMATS[name]


@pytest.mark.parametrize(
    "tools",
    [
        [{"type": "web_search", "description": "hosted", "parameters": SCHEMA}],
        [{"type": "web_search_20260209", "name": "web_search"}],
        [{"type": "custom", "name": "patch", "description": "free text", "format": {"type": "grammar"}}],
        [{"type": "mcp", "server_description": "a server"}],
        [{"googleSearch": {}}],
        [None, 7, "tool", [], {}],
        {"not": "a list"},
        "tools",
    ],
)
def test_what_is_no_function_stays(tools: Any) -> None:
    given = raw(tools)
    assert described(given, str.upper) is given


def test_numbers_keep_their_digits() -> None:
    tools = msgspec.Raw(
        b'[{"name":"f","description":"a","input_schema":{"properties":{"x":{"default":1.0,"maximum":1e400,"minimum":'
        b'123456789012345678901234567890,"multipleOf":0.10,"description":"b"}}}}]'
    )
    after = bytes(described(tools, str.upper))
    assert after == bytes(tools).replace(b'"a"', b'"A"').replace(b'"b"', b'"B"')


def test_a_schema_as_deep_as_requests_may_be() -> None:
    schema: dict[str, Any] = {"description": "deep"}
    for _ in range(120):
        schema = {"properties": {"a": schema}}
    assert list(descriptions(raw([{"name": "f", "input_schema": schema}]))) == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["description", "properties", "function", "parameters", "items", "anyOf", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_whatever_tools_are_what_nobody_changes_is_the_same(tools: Any) -> None:
    given = raw(tools)
    assert described(given, lambda text: text) is given
    list(descriptions(given))
