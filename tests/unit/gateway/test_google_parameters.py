"""What becomes of OpenAI's parameters and tools on their way to Gemini, and which are said to be dropped."""

from typing import Any

import pytest

from libs.common.errors import BadRequest
from services.gateway.translate.google_models import generation, preview
from tests.unit.gateway.google_asking import NEW, NO_SAMPLING, OLD, PARAMETERS, TOOL, ask
from tests.unit.gateway.google_sdk import accepted

DECLARED = {"name": "weather", "parametersJsonSchema": PARAMETERS}


@pytest.mark.parametrize(
    ("choice", "config"),
    [
        (None, None),
        ("auto", {"mode": "AUTO"}),
        ("none", {"mode": "NONE"}),
        ("required", {"mode": "ANY"}),
        ({"type": "function", "function": {"name": "weather"}}, {"mode": "ANY", "allowedFunctionNames": ["weather"]}),
        (
            {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [TOOL]}},
            {"mode": "ANY", "allowedFunctionNames": ["weather"]},
        ),
        (
            {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [TOOL]}},
            {"mode": "VALIDATED", "allowedFunctionNames": ["weather"]},
        ),
    ],
)
def test_tools_and_the_choice_among_them(choice: Any, config: dict[str, Any] | None) -> None:
    found = accepted(ask({"tools": [TOOL], "tool_choice": choice}).body)
    assert found["tools"] == [{"functionDeclarations": [DECLARED]}]
    assert found.get("toolConfig") == (config and {"functionCallingConfig": config})


def test_the_older_names_of_tools() -> None:
    out = ask({"functions": [TOOL["function"]], "function_call": {"name": "weather"}})
    found = accepted(out.body)
    assert found["tools"] == [{"functionDeclarations": [DECLARED]}]
    assert found["toolConfig"]["functionCallingConfig"] == {"mode": "ANY", "allowedFunctionNames": ["weather"]}
    assert out.dropped == ()


@pytest.mark.parametrize(
    ("schema", "declared"),
    [
        (None, False),
        ({}, False),
        ({"type": "object", "properties": {}, "required": [], "additionalProperties": False}, False),
        ({"type": "object", "additionalProperties": True}, True),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"type": "object"}}}, True),
    ],
)
def test_a_schema_that_says_nothing_is_left_out(schema: dict[str, Any] | None, declared: bool) -> None:
    tool = {"type": "function", "function": {"name": "f", "description": "Does it.", "parameters": schema}}
    expected = {"name": "f", "description": "Does it.", **({"parametersJsonSchema": schema} if declared else {})}
    assert accepted(ask({"tools": [tool]}).body)["tools"][0]["functionDeclarations"] == [expected]


def test_a_choice_without_tools_configures_nothing() -> None:
    assert "toolConfig" not in accepted(ask({"tools": [], "tool_choice": "auto"}).body)


LIGHT = "gemini-3.5-flash-lite"
LEVELS = {
    "none": "minimal",
    "minimal": "minimal",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "xhigh",
    "max": "xhigh",
}
BUDGETS = {"none": 0, "minimal": 512, "low": 1024, "medium": 8192, "high": 24576, "xhigh": -1, "max": -1}
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}


@pytest.mark.parametrize(
    ("model", "body", "config", "dropped"),
    [
        (NEW, {}, None, ()),
        (NEW, {"max_tokens": 5}, {"maxOutputTokens": 5}, ()),
        (NEW, {"max_tokens": 5, "max_completion_tokens": 6}, {"maxOutputTokens": 6}, ()),
        (NEW, {"max_tokens": 10**6}, {"maxOutputTokens": 65536}, ("max_tokens",)),
        ("gemini-unknown", {"max_tokens": 10**6}, {"maxOutputTokens": 10**6}, ()),
        (NEW, {"temperature": 0, "top_p": 0.5}, {"temperature": 0, "topP": 0.5}, ()),
        (NEW, {"temperature": 2}, {"temperature": 2}, ()),
        (NO_SAMPLING, {"temperature": 0.2, "top_p": 0.5}, None, ("temperature", "top_p")),
        (NO_SAMPLING, {"temperature": 1, "top_p": 1, "presence_penalty": 0}, None, ()),
        (NO_SAMPLING, {"frequency_penalty": 1}, None, ("frequency_penalty",)),
        ("gemini-3-flash-preview", {"presence_penalty": 1}, None, ("presence_penalty",)),
        ("gemini-pro-latest", {"presence_penalty": 1}, None, ("presence_penalty",)),
        (NEW, {"presence_penalty": 1, "frequency_penalty": -1}, {"presencePenalty": 1, "frequencyPenalty": -1}, ()),
        (NEW, {"stop": "END"}, {"stopSequences": ["END"]}, ()),
        (NEW, {"stop": ["a", "", "b"]}, {"stopSequences": ["a", "b"]}, ()),
        (NEW, {"stop": []}, None, ()),
        (NEW, {"seed": 7}, {"seed": 7}, ()),
        (NEW, {"seed": 2**31}, None, ("seed",)),
        (OLD, {"n": 3}, {"candidateCount": 3}, ()),
        (NEW, {"n": 1}, None, ()),
        (OLD, {"logprobs": True, "top_logprobs": 3}, {"responseLogprobs": True, "logprobs": 3}, ()),
        (OLD, {"logprobs": True}, {"responseLogprobs": True}, ()),
        (NEW, {"logprobs": True, "top_logprobs": 3}, None, ("logprobs", "top_logprobs")),
        (NEW, {"logprobs": False, "top_logprobs": 0}, None, ()),
        (NEW, {"response_format": {"type": "text"}}, None, ()),
        (NEW, {"response_format": {"type": "json_object"}}, {"responseMimeType": "application/json"}, ()),
        (
            NEW,
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": "x", "strict": True, "schema": SCHEMA},
                }
            },
            {"responseMimeType": "application/json", "responseJsonSchema": SCHEMA},
            (),
        ),
        *(
            (
                LIGHT,
                {"reasoning_effort": effort},
                {"thinkingConfig": {"thinkingLevel": level, "includeThoughts": effort != "none"}},
                ("reasoning_effort",) if effort == "none" else (),
            )
            for effort, level in LEVELS.items()
        ),
        *(
            (
                OLD,
                {"reasoning_effort": effort},
                {"thinkingConfig": {"thinkingBudget": budget, "includeThoughts": effort != "none"}},
                (),
            )
            for effort, budget in BUDGETS.items()
        ),
        (
            "gemini-2.5-pro",
            {"reasoning_effort": "none"},
            {"thinkingConfig": {"thinkingBudget": 128, "includeThoughts": False}},
            ("reasoning_effort",),
        ),
        *(
            (
                served,
                {"reasoning_effort": effort},
                {"thinkingConfig": {"thinkingLevel": "low", "includeThoughts": effort != "none"}},
                ("reasoning_effort",),
            )
            for served in ("gemini-3.1-pro-preview", NO_SAMPLING, NEW, "gemini-flash-latest")
            for effort in ("none", "minimal")
        ),
        ("gemini-2.0-flash-001", {"reasoning_effort": "high"}, None, ("reasoning_effort",)),
        ("gemini-2.0-flash-001", {"reasoning_effort": "none"}, None, ()),
        (
            NEW,
            {"user": "me", "store": True, "metadata": {"a": "b"}, "logit_bias": {"1": 1}, "unheard_of": {"x": [1]}},
            None,
            ("user", "store", "metadata", "logit_bias", "unheard_of"),
        ),
        (
            NEW,
            {"service_tier": "flex", "verbosity": "low", "prediction": {"type": "content", "content": "x"}},
            None,
            ("service_tier", "verbosity", "prediction"),
        ),
        (
            NEW,
            {"modalities": ["text", "audio"], "audio": {"voice": "x"}, "web_search_options": {"a": 1}},
            None,
            ("modalities", "audio", "web_search_options"),
        ),
        (NEW, {"tools": [], "parallel_tool_calls": False}, None, ("parallel_tool_calls",)),
        (
            NEW,
            {"store": False, "modalities": ["text"], "parallel_tool_calls": True, "user": None, "metadata": {}},
            None,
            (),
        ),
        (NEW, {"stream": False, "stream_options": {"include_usage": True}}, None, ()),
    ],
)
def test_parameters(model: str, body: dict[str, Any], config: dict[str, Any] | None, dropped: tuple[str, ...]) -> None:
    out = ask(body, model)
    assert accepted(out.body).get("generationConfig") == config
    assert out.dropped == dropped


@pytest.mark.parametrize(("model", "n"), [(NEW, 2), (OLD, 9), ("gemma-3-27b-it", 2)])
def test_several_choices_only_where_the_model_makes_them(model: str, n: int) -> None:
    with pytest.raises(BadRequest, match="`n`"):
        ask({"n": n}, model)


def test_a_stream_has_one_choice_and_no_logprobs() -> None:
    with pytest.raises(BadRequest, match="`n`"):
        ask({"n": 2}, OLD, stream=True)
    out = ask({"logprobs": True, "top_logprobs": 2}, OLD, stream=True)
    assert out.dropped == ("logprobs", "top_logprobs")
    assert "generationConfig" not in accepted(out.body)


@pytest.mark.parametrize(
    ("name", "made", "may_change"),
    [
        ("gemini-2.5-flash-lite", (2, 5), False),
        ("gemini-3-flash-preview", (3, 0), True),
        ("gemini-3.8-flash", (3, 8), False),
        ("gemini-4-argon", (4, 0), False),
        ("gemini-flash-lite-latest", (3, 0), True),
        ("gemini-1.5-pro-latest", (1, 5), False),
        ("gemma-3-27b-it", (0, 0), False),
        ("gemini-exp-1206", (0, 0), False),
    ],
)
def test_what_a_name_says(name: str, made: tuple[int, int], may_change: bool) -> None:
    assert generation(name) == made
    assert preview(name) is may_change
