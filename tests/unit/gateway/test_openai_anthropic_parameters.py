"""Requests: tools, structured output, reasoning and every other parameter, and what is said to have been dropped."""

from typing import Any

import pytest

from libs.common.errors import BadRequest
from tests.unit.gateway.anthropic_wire import (
    LEGACY,
    NEW,
    OLDER,
    STRICT,
    ask,
    tool,
    user,
)

UNKNOWN = "claude-of-tomorrow"
SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "additionalProperties": False}


def sent(*messages: dict[str, Any], model: str = LEGACY, **more: Any) -> dict[str, Any]:
    return ask({"model": "m", "messages": list(messages), **more}, model)[0]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {"input_schema": {"type": "object", "properties": {}}}),
        ({"parameters": {}}, {"input_schema": {"type": "object", "properties": {}}}),
        ({"parameters": {"properties": {"a": {}}}}, {"input_schema": {"type": "object", "properties": {"a": {}}}}),
        ({"description": "D", "parameters": SCHEMA, "strict": False}, {"description": "D", "input_schema": SCHEMA}),
        (
            {"strict": True, "parameters": {"type": "object", "properties": {"a": {"type": "integer", "minimum": 3}}}},
            {
                "strict": True,
                "input_schema": {
                    "type": "object",
                    "properties": {"a": {"type": "integer", "description": "(minimum: 3)"}},
                    "additionalProperties": False,
                },
            },
        ),
    ],
)
def test_tools(given: dict[str, Any], expected: dict[str, Any]) -> None:
    assert sent(user(), tools=[tool(**given)])["tools"] == [{"name": "f", **expected}]


ALLOWED = {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [tool("g")]}}


@pytest.mark.parametrize(
    ("model", "asked", "choice", "names", "lost"),
    [
        (LEGACY, {}, None, "fg", ()),
        (LEGACY, {"tool_choice": "auto"}, None, "fg", ()),
        (LEGACY, {"tool_choice": "none"}, {"type": "none"}, "fg", ()),
        (LEGACY, {"tool_choice": "none", "parallel_tool_calls": False}, {"type": "none"}, "fg", ()),
        (LEGACY, {"tool_choice": "required"}, {"type": "any"}, "fg", ()),
        (LEGACY, {"tool_choice": tool("f")}, {"type": "tool", "name": "f"}, "fg", ()),
        (LEGACY, {"tool_choice": ALLOWED}, {"type": "any"}, "g", ()),
        (LEGACY, {"parallel_tool_calls": False}, {"type": "auto", "disable_parallel_tool_use": True}, "fg", ()),
        (LEGACY, {"parallel_tool_calls": True}, None, "fg", ()),
        (
            LEGACY,
            {"tool_choice": tool("f"), "parallel_tool_calls": False},
            {"type": "tool", "name": "f", "disable_parallel_tool_use": True},
            "fg",
            (),
        ),
        (STRICT, {"tool_choice": "required"}, None, "fg", ("tool_choice",)),
        (STRICT, {"tool_choice": ALLOWED}, None, "g", ("tool_choice",)),
        (LEGACY, {"tool_choice": "required", "reasoning_effort": "high"}, None, "fg", ("tool_choice",)),
        (NEW, {"tool_choice": "required", "reasoning_effort": "high"}, {"type": "any"}, "fg", ("reasoning_effort",)),
    ],
)
def test_tool_choice(
    model: str, asked: dict[str, Any], choice: dict[str, Any] | None, names: str, lost: tuple[str, ...]
) -> None:
    body, found = ask({"messages": [user()], "tools": [tool("f"), tool("g")], **asked}, model)
    assert body.get("tool_choice") == choice
    assert "".join(one["name"] for one in body["tools"]) == names
    assert found == lost


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"n": 2}, "n"),
        ({"tools": [tool(), {"type": "custom", "custom": {"name": "c"}}]}, "tools[1]"),
        ({"tools": [{"type": "function", "function": {}}]}, "tools[0].function"),
        ({"tools": [tool()], "tool_choice": tool("other")}, "tool_choice"),
        ({"tools": [tool()], "tool_choice": {"type": "custom"}}, "tool_choice"),
        ({"functions": [{"name": "f"}], "function_call": {"name": "g"}}, "function_call"),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema.schema"),
        ({"response_format": {"type": "grammar"}}, "response_format"),
        ({"reasoning_effort": "ultra"}, "reasoning_effort"),
        ({"messages": [{"role": "system", "content": [{"type": "image_url"}]}]}, "messages[0].content[0]"),
        ({"messages": [{"role": "assistant", "content": [{"type": "audio"}]}]}, "messages[0].content[0]"),
        ({"messages": [{"role": "assistant", "tool_calls": [{"function": {}}]}]}, "messages[0].tool_calls[0].function"),
    ],
)
def test_a_field_without_a_form_is_named(more: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequest) as caught:
        ask({"messages": [user()], **more})
    assert caught.value.details.param == param
    assert caught.value.message.startswith(f"`{param}` ")


def test_structured_output() -> None:
    form = {"type": "json_schema", "json_schema": {"name": "a", "strict": True, "schema": SCHEMA}}
    for model in (LEGACY, STRICT, UNKNOWN):
        body = sent(user(), model=model, response_format=form)
        assert body["output_config"]["format"] == {"type": "json_schema", "schema": SCHEMA}
    body = sent({"role": "system", "content": "S"}, user(), response_format={"type": "json_object"})
    assert "JSON object" in body["system"][-1]["text"]
    assert "system" not in sent(user(), response_format={"type": "text"})


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (SCHEMA, SCHEMA),
        ({"type": ["object", "null"]}, {"type": ["object", "null"], "additionalProperties": False}),
        (
            {"properties": {"minimum": {"type": "number", "minimum": 3, "description": "Size"}}},
            {
                "properties": {"minimum": {"type": "number", "description": "Size (minimum: 3)"}},
                "additionalProperties": False,
            },
        ),
        (
            {"oneOf": [{"type": "array", "minItems": 1, "items": {"minLength": 2}}, {"minItems": 2}]},
            {
                "anyOf": [
                    {"type": "array", "minItems": 1, "items": {"description": "(minLength: 2)"}},
                    {"description": "(minItems: 2)"},
                ]
            },
        ),
        (
            {"$ref": "#/$defs/a", "$defs": {"a": {"properties": {"x": {}}, "additionalProperties": True}}},
            {"$ref": "#/$defs/a", "$defs": {"a": {"properties": {"x": {}}, "additionalProperties": False}}},
        ),
    ],
)
def test_schemas_keep_what_can_be_enforced(given: dict[str, Any], expected: dict[str, Any]) -> None:
    form = {"type": "json_schema", "json_schema": {"name": "a", "schema": given}}
    assert sent(user(), response_format=form)["output_config"]["format"]["schema"] == expected


ADAPTIVE = {"type": "adaptive", "display": "summarized"}


@pytest.mark.parametrize(
    ("model", "asked", "thinking", "effort", "max_tokens", "lost"),
    [
        (LEGACY, {"reasoning_effort": "low"}, {"type": "enabled", "budget_tokens": 1024}, None, 9216, ()),
        (LEGACY, {"reasoning_effort": "medium"}, {"type": "enabled", "budget_tokens": 4096}, None, 12288, ()),
        (LEGACY, {"reasoning_effort": "max"}, {"type": "enabled", "budget_tokens": 32000}, None, 40192, ()),
        (
            LEGACY,
            {"reasoning_effort": "high", "max_tokens": 2000, "temperature": 0.5},
            {"type": "enabled", "budget_tokens": 1024},
            None,
            2000,
            ("temperature",),
        ),
        (LEGACY, {"reasoning_effort": "high", "max_tokens": 1024}, None, None, 1024, ("reasoning_effort",)),
        (LEGACY, {"reasoning_effort": "none"}, None, None, 8192, ()),
        (OLDER, {"reasoning_effort": "xhigh", "top_p": 0.5}, ADAPTIVE, "high", 40192, ("reasoning_effort", "top_p")),
        (NEW, {"reasoning_effort": "minimal"}, ADAPTIVE, "low", 9216, ()),
        (NEW, {"reasoning_effort": "none"}, {"type": "disabled"}, None, 8192, ()),
        (STRICT, {"reasoning_effort": "max"}, ADAPTIVE, "max", 40192, ()),
        (STRICT, {"reasoning_effort": "none"}, None, "low", 8192, ("reasoning_effort",)),
        ("claude-fable-5", {"reasoning_effort": "none"}, None, "low", 8192, ("reasoning_effort",)),
        (UNKNOWN, {"reasoning_effort": "medium"}, ADAPTIVE, "medium", 12288, ()),
    ],
)
def test_reasoning(
    model: str,
    asked: dict[str, Any],
    thinking: dict[str, Any] | None,
    effort: str | None,
    max_tokens: int,
    lost: tuple[str, ...],
) -> None:
    body, found = ask({"messages": [user()], **asked}, model)
    assert (body.get("thinking"), body.get("output_config", {}).get("effort")) == (thinking, effort)
    assert body["max_tokens"] == max_tokens
    assert found == lost


@pytest.mark.parametrize(
    ("model", "asked", "carried", "lost"),
    [
        (LEGACY, {"max_tokens": 10}, {"max_tokens": 10}, ()),
        (LEGACY, {"max_tokens": 10, "max_completion_tokens": 20}, {"max_tokens": 20}, ()),
        (LEGACY, {"max_tokens": 100_000}, {"max_tokens": 64_000}, ("max_tokens",)),
        (LEGACY, {"max_completion_tokens": 64_001}, {"max_tokens": 64_000}, ("max_completion_tokens",)),
        (UNKNOWN, {"max_tokens": 10_000_000}, {"max_tokens": 10_000_000}, ()),
        (LEGACY, {"temperature": 0.3}, {"temperature": 0.3}, ()),
        (LEGACY, {"temperature": 1.7}, {"temperature": 1}, ("temperature",)),
        (LEGACY, {"temperature": 0, "top_p": 0.9}, {"temperature": 0}, ("top_p",)),
        (LEGACY, {"temperature": 0, "top_p": 1}, {"temperature": 0}, ()),
        (LEGACY, {"top_p": 0.9}, {"top_p": 0.9}, ()),
        (STRICT, {"temperature": 0.3, "top_p": 0.9}, {}, ("temperature", "top_p")),
        (STRICT, {"temperature": 1, "top_p": 1}, {}, ()),
        (LEGACY, {"stop": "END"}, {"stop_sequences": ["END"]}, ()),
        (LEGACY, {"stop": ["\n", "END", " "]}, {"stop_sequences": ["END"]}, ("stop",)),
        (LEGACY, {"stop": "\n"}, {}, ("stop",)),
        (LEGACY, {"service_tier": "auto"}, {"service_tier": "auto"}, ()),
        (LEGACY, {"service_tier": "default"}, {"service_tier": "standard_only"}, ()),
        (LEGACY, {"service_tier": "flex"}, {}, ("service_tier",)),
        (LEGACY, {"seed": 1, "logit_bias": {"1": 2}, "novelty": {}}, {}, ("seed", "logit_bias", "novelty")),
        (LEGACY, {"logprobs": True, "top_logprobs": 3}, {}, ("logprobs", "top_logprobs")),
        (LEGACY, {"frequency_penalty": 0.1, "presence_penalty": 0}, {}, ("frequency_penalty",)),
        (LEGACY, {"modalities": ["text", "audio"], "audio": {"voice": "a"}}, {}, ("modalities", "audio")),
        (LEGACY, {"store": True, "metadata": {"a": "b"}, "verbosity": "low"}, {}, ("store", "metadata", "verbosity")),
        (
            LEGACY,
            {"prediction": {"type": "content"}, "web_search_options": {}},
            {},
            ("prediction", "web_search_options"),
        ),
        (LEGACY, {"system": "x", "thinking": {"type": "enabled"}}, {}, ("system", "thinking")),
        (
            LEGACY,
            {
                "n": 1,
                "frequency_penalty": 0,
                "presence_penalty": 0.0,
                "logprobs": False,
                "store": False,
                "seed": None,
                "user": None,
                "stop": None,
                "tools": None,
                "tool_choice": None,
                "logit_bias": {},
                "modalities": ["text"],
                "metadata": {},
                "stream": False,
                "stream_options": None,
            },
            {},
            (),
        ),
    ],
)
def test_parameters(model: str, asked: dict[str, Any], carried: dict[str, Any], lost: tuple[str, ...]) -> None:
    body, found = ask({"model": "m", "messages": [user()], **asked}, model)
    assert body == {"model": model, "max_tokens": 8192, "messages": body["messages"], **carried}
    assert found == lost


def test_users_are_hashed() -> None:
    found = sent(user(), user="ann@example.com", safety_identifier=None)["metadata"]["user_id"]
    assert len(found) == 32
    assert int(found, 16)
    assert sent(user(), user="x", safety_identifier="ann@example.com")["metadata"]["user_id"] == found
