"""What strict mode is asked: a model, what the body holds besides a greeting, and words of the refusal (None: taken)."""

from typing import Any

from tests.fake_provider.answer import sign

Row = tuple[str, dict[str, Any], str | None]

USER: Any = {"role": "user", "content": "Hello."}
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}


def call(*ids: str) -> dict[str, Any]:
    calls = [{"id": one, "type": "function", "function": {"name": "f", "arguments": "{}"}} for one in ids]
    return {"role": "assistant", "content": None, "tool_calls": calls}


def result(identifier: str) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": identifier, "content": "1"}


OPENAI: list[Row] = [
    ("gpt-4o", {"max_tokens": 5, "stop": "x", "temperature": 0.2, "top_p": 0.5, "logprobs": True, "n": 2}, None),
    ("gpt-4o", {"reasoning_effort": "low"}, "'reasoning_effort' is not supported"),
    ("gpt-4o", {"extra_thing": 1}, "Unknown parameter: 'extra_thing'"),
    ("gpt-4o", {"messages": []}, "empty array"),
    ("gpt-4o", {"temperature": 2.5}, "above maximum"),
    ("gpt-4o", {"max_tokens": 20_000}, "max_tokens is too large"),
    ("gpt-4o", {"max_tokens": 5, "max_completion_tokens": 5}, "at the same time"),
    ("gpt-4o", {"tools": []}, "empty array"),
    ("gpt-4o", {"tools": [{"type": "function", "function": {"name": "a.b"}}]}, "tools[0].function.name"),
    ("gpt-4o", {"tool_choice": "auto"}, "only allowed when 'tools'"),
    ("gpt-4o", {"stream_options": {"include_usage": True}}, "when 'stream' is enabled"),
    ("gpt-4o", {"messages": [USER, call("a", "b"), result("b"), result("a")], "tools": [TOOL]}, None),
    ("gpt-4o", {"messages": [USER, call("a", "b"), result("b")]}, "did not have response messages: a"),
    ("gpt-4o", {"messages": [USER, call("a")]}, "did not have response messages: a"),
    ("gpt-4o", {"messages": [USER, result("a")]}, "must be a response to a preceding message"),
    ("gpt-4o", {"messages": [USER, call("a" * 41), result("a" * 41)]}, "string too long"),
    ("gpt-4o", {"messages": [{"role": "user", "content": "word " * 130_000}]}, "maximum context length"),
    ("gpt-7-never", {}, "does not exist"),
    ("gpt-6.1-sol-pro", {}, "only supported in v1/responses"),
    ("gpt-5.1-codex", {}, "only supported in v1/responses"),
    ("gpt-5", {"max_completion_tokens": 9, "temperature": 1}, None),
    ("gpt-5", {"max_tokens": 9}, "Use 'max_completion_tokens' instead"),
    ("gpt-5-mini", {"temperature": 0.2}, "'temperature' does not support 0.2"),
    ("gpt-5-mini", {"top_p": 0.2}, "'top_p' is not supported"),
    ("o3", {"stop": ["x"]}, "'stop' is not supported"),
    ("o4-mini", {"presence_penalty": 0.5}, "'presence_penalty' is not supported"),
    ("gpt-5", {"reasoning_effort": "none"}, "does not support 'none'"),
    ("gpt-5.1", {"temperature": 0.2, "top_p": 0.5, "logprobs": True}, None),
    ("gpt-5.1", {"temperature": 0.2, "reasoning_effort": "low"}, "'temperature' does not support"),
    ("gpt-5.1", {"stop": "x"}, "'stop' is not supported"),
    ("gpt-6.1-terra", {"temperature": 0.2}, "'temperature' does not support"),
    ("gpt-6.1-terra", {"temperature": 0.2, "reasoning_effort": "none"}, None),
    ("gpt-6.1-sol", {"reasoning_effort": "none"}, "does not support 'none'"),
    ("gpt-6-astra", {"reasoning_effort": "none"}, "does not support 'none'"),
]

TEXT = {"type": "text", "text": "Hello."}
USE = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}}
GIVEN = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "1"}
THOUGHT = {"type": "thinking", "thinking": "Hm.", "signature": sign("Hm.")}
CLAUDE_TOOL = {"name": "f", "input_schema": {"type": "object", "properties": {}}}
TOOLED: dict[str, Any] = {"tools": [CLAUDE_TOOL]}
OLD, MIDDLE, NEW, NEWEST = "claude-sonnet-4-5", "claude-sonnet-4-6", "claude-sonnet-5", "claude-opus-5-5"


def turns(*contents: Any) -> dict[str, Any]:
    """Turns that alternate, the user's first."""
    made = [{"role": ("user", "assistant")[at % 2], "content": content} for at, content in enumerate(contents)]
    return {"messages": made}


def image(kind: str) -> dict[str, Any]:
    return {"type": "image", "source": {"type": "base64", "media_type": kind, "data": "AA=="}}


MARK = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
ANTHROPIC: list[Row] = [
    (OLD, {"temperature": 0.2, "stop_sequences": ["x"], "system": "S", "metadata": {"user_id": "u"}}, None),
    (OLD, {"temperature": 1.5}, "range: 0..1"),
    (OLD, {"temperature": 0.2, "top_p": 0.5}, "cannot both be specified"),
    (NEW, {"temperature": 1}, None),
    (NEW, {"temperature": 0.2}, "`temperature` is not supported"),
    (NEW, {"top_p": 1}, "`top_p` is not supported"),
    (NEW, {"top_k": 5}, "`top_k` is not supported"),
    *[(OLD, {name: 1}, f"{name}: Extra inputs are not permitted") for name in ("n", "seed", "user", "logprobs")],
    (OLD, {"max_tokens": None}, "valid integer"),
    (OLD, {"max_tokens": 64_001}, "64001 > 64000"),
    (OLD, {"messages": []}, "at least one message"),
    (OLD, {"messages": [{"role": "assistant", "content": "Hi"}]}, 'first message must use the "user" role'),
    (OLD, {"messages": [{"role": "system", "content": "S"}, USER]}, 'Unexpected role "system"'),
    (NEW, {"messages": [USER, {"role": "system", "content": "S"}]}, None),
    (OLD, {"messages": [USER, USER]}, None),
    (OLD, turns("Hi", "Sure"), None),
    (OLD, turns("Hi", "Sure "), "trailing whitespace"),
    (MIDDLE, turns("Hi", "Sure"), "does not support assistant message prefill"),
    (OLD, turns([{"type": "text", "text": ""}]), "must be non-empty"),
    (OLD, turns(""), "must have non-empty content"),
    (OLD, {"system": [{"type": "text", "text": " "}]}, "system: text content blocks must contain"),
    (OLD, turns([{**TEXT, "name": "x"}]), "messages.0.content.0.text.name: Extra inputs are not permitted"),
    (OLD, turns([{"type": "image_url", "image_url": {"url": "x"}}]), "Input tag 'image_url'"),
    (OLD, turns([image("image/png"), {"type": "image", "source": {"type": "url", "url": "https://x"}}]), None),
    (OLD, turns([image("image/tiff")]), "media_type: Input should be"),
    (OLD, {**turns("Hi", [USE], [GIVEN, TEXT]), **TOOLED}, None),
    (OLD, turns("Hi", [USE], [GIVEN]), "must define `tools`"),
    (OLD, {**turns("Hi", [USE], "1"), **TOOLED}, "without `tool_result` blocks immediately after: toolu_1"),
    (OLD, {**turns("Hi", [USE], [TEXT, GIVEN]), **TOOLED}, "without `tool_result` blocks immediately after"),
    (OLD, {**turns("Hi", [USE]), **TOOLED}, "without `tool_result` blocks immediately after"),
    (OLD, {**turns("Hi", "Ho", [GIVEN]), **TOOLED}, "unexpected `tool_use_id`"),
    (OLD, {**turns("Hi", [{**USE, "id": "a.b"}], [{**GIVEN, "tool_use_id": "a.b"}]), **TOOLED}, "should match pattern"),
    (OLD, {"tools": [{**CLAUDE_TOOL, "parameters": {}}]}, "tools.0.custom.parameters: Extra inputs"),
    (OLD, {"tools": [CLAUDE_TOOL, CLAUDE_TOOL]}, "unique"),
    (OLD, {"tool_choice": {"type": "auto"}}, "only be specified while providing tools"),
    (OLD, {**TOOLED, "tool_choice": {"type": "any", "disable_parallel_tool_use": True}}, None),
    (OLD, {**TOOLED, "tool_choice": {"type": "none", "disable_parallel_tool_use": True}}, "Extra inputs"),
    (NEWEST, {**TOOLED, "tool_choice": {"type": "any"}}, "forced tool use"),
    ("claude-sonnet-5-5", {**TOOLED, "tool_choice": {"type": "tool", "name": "f"}}, "forced tool use"),
    (OLD, {"thinking": {"type": "enabled", "budget_tokens": 1_024}, "max_tokens": 2_000}, None),
    (OLD, {"thinking": {"type": "enabled", "budget_tokens": 1_023}, "max_tokens": 2_000}, "1024"),
    (OLD, {"thinking": {"type": "enabled", "budget_tokens": 2_000}, "max_tokens": 2_000}, "must be greater"),
    (OLD, {"thinking": {"type": "enabled", "budget_tokens": 1_024}, "max_tokens": 2_000, "temperature": 0}, "set to 1"),
    (OLD, {"thinking": {"type": "adaptive"}}, "not supported on this model"),
    (NEW, {"thinking": {"type": "enabled", "budget_tokens": 1_024}, "max_tokens": 2_000}, "thinking.type.adaptive"),
    (NEW, {"thinking": {"type": "adaptive", "display": "summarized"}, "output_config": {"effort": "high"}}, None),
    (NEW, {"thinking": {"type": "disabled"}}, None),
    (NEWEST, {"thinking": {"type": "disabled"}}, "is not supported for this model"),
    ("claude-fable-5-1", {"thinking": {"type": "disabled"}}, "is not supported for this model"),
    (NEW, {**turns("Hi", [THOUGHT, USE], [GIVEN]), **TOOLED}, None),
    (NEW, {**turns("Hi", [{**THOUGHT, "thinking": "Ha."}, USE], [GIVEN]), **TOOLED}, "Invalid `signature`"),
    (
        OLD,
        {
            **turns("Hi", [USE], [GIVEN]),
            **TOOLED,
            "thinking": {"type": "enabled", "budget_tokens": 1_024},
            "max_tokens": 2_000,
        },
        "must start with a thinking block",
    ),
    (OLD, turns(*[[{**TEXT, **MARK}]] * 5, "x"), "A maximum of 4 blocks"),
    (OLD, {**turns(*[[{**TEXT, **MARK}]] * 3), "system": [{**TEXT, **MARK}]}, None),
    (
        OLD,
        {"output_config": {"format": {"type": "json_schema", "schema": {}, "name": "x"}}},
        "format.name: Extra inputs",
    ),
    (OLD, {"stop_sequences": ["\n"]}, "non-whitespace"),
    ("claude-opus-9", {}, "model: claude-opus-9"),
]

GEMINI = "gemini-3.5-flash"
SIGNED = {"functionCall": {"name": "f", "args": {}}, "thoughtSignature": sign("f")}
UNSIGNED = {"functionCall": {"name": "g", "args": {}}}


def contents(*turns: Any) -> dict[str, Any]:
    made = [{"role": ("user", "model")[at % 2], "parts": parts} for at, parts in enumerate(turns)]
    return {"contents": made}


def response(name: str, value: Any = None) -> dict[str, Any]:
    return {"functionResponse": {"name": name, "response": {"output": 1} if value is None else value}}


def config(**more: Any) -> dict[str, Any]:
    return {"generationConfig": more}


def declared(**more: Any) -> dict[str, Any]:
    return {"tools": [{"functionDeclarations": [{"name": "f", **more}]}]}


HI = [{"text": "Hi"}]
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}
GOOGLE: list[Row] = [
    (GEMINI, {"systemInstruction": {"parts": HI}, **config(temperature=0.2, topP=0.5, maxOutputTokens=9)}, None),
    (GEMINI, {"contents": []}, "contents is not specified"),
    (GEMINI, contents([]), "parts must not be empty"),
    (GEMINI, {"contents": [{"role": "model", "parts": HI}]}, "start with a user turn"),
    (GEMINI, {"contents": [{"role": "assistant", "parts": HI}]}, "valid role"),
    (GEMINI, {"messages": [USER]}, 'Unknown name "messages": Cannot find field'),
    (GEMINI, config(max_tokens=9), "Unknown name \"max_tokens\" at 'generation_config'"),
    (GEMINI, config(audioTimestamp=True), 'Unknown name "audioTimestamp"'),
    (GEMINI, contents([{"text": "Hi", "type": "text"}]), "Unknown name \"type\" at 'contents[0].parts[0]'"),
    (GEMINI, contents([{"text": "Hi", **UNSIGNED}]), "oneof field 'data' is already set"),
    (GEMINI, contents([{}]), "must have one initialized field"),
    (GEMINI, contents(HI, [SIGNED, UNSIGNED], [response("f"), response("g")]), None),
    (GEMINI, contents(HI, [SIGNED, UNSIGNED], [response("f")]), "number of function response parts"),
    (GEMINI, contents(HI, [SIGNED, UNSIGNED], [response("g"), response("f")]), "in the order"),
    (GEMINI, contents(HI, [SIGNED]), "followed by a function response turn"),
    (GEMINI, contents([response("f")]), "immediately after a function call turn"),
    (GEMINI, contents(HI, [SIGNED], [response("f", "text")]), "google.protobuf.Struct"),
    (GEMINI, contents(HI, [UNSIGNED], [response("g")]), "Function call is missing a thought_signature"),
    ("gemini-2.5-flash", contents(HI, [UNSIGNED], [response("g")]), None),
    (GEMINI, contents(HI, [{**SIGNED, "thoughtSignature": "AAAA"}], [response("f")]), "signature is not valid"),
    (
        GEMINI,
        contents(HI, [{**SIGNED, "thoughtSignature": "skip_thought_signature_validator"}], [response("f")]),
        None,
    ),
    (GEMINI, config(thinkingConfig={"thinkingLevel": "low", "includeThoughts": True}), None),
    (GEMINI, config(thinkingConfig={"thinkingLevel": "low", "thinkingBudget": 9}), "only set one of"),
    ("gemini-2.5-flash", config(thinkingConfig={"thinkingLevel": "low"}), "not supported"),
    ("gemini-3.8-flash", config(thinkingConfig={"thinkingLevel": "minimal"}), "MINIMAL is not supported"),
    ("gemini-2.5-pro", config(thinkingConfig={"thinkingBudget": 0}), "Budget 0 is invalid"),
    (GEMINI, declared(parametersJsonSchema=SCHEMA), None),
    (GEMINI, declared(parametersJsonSchema=SCHEMA, parameters=SCHEMA), "only one of parameters"),
    (GEMINI, declared(parameters={"type": "object", "properties": {}}), "should be non-empty for OBJECT"),
    (GEMINI, declared(input_schema=SCHEMA), 'Unknown name "input_schema"'),
    (GEMINI, {"tools": [{"functionDeclarations": [{"name": "1f"}]}]}, "Invalid function name"),
    (GEMINI, {"tools": [{"functionDeclarations": [{"name": "f"}, {"name": "f"}]}]}, "Duplicate function"),
    (GEMINI, {**declared(), "toolConfig": {"functionCallingConfig": {"mode": "REQUIRED"}}}, "Invalid value"),
    (
        GEMINI,
        {**declared(), "toolConfig": {"functionCallingConfig": {"mode": "AUTO", "allowedFunctionNames": ["f"]}}},
        "only when function calling mode is ANY",
    ),
    (
        GEMINI,
        config(responseMimeType="application/json", responseSchema=SCHEMA, responseJsonSchema=SCHEMA),
        "Only one of response_schema",
    ),
    (GEMINI, config(responseJsonSchema=SCHEMA), "response_mime_type"),
    (GEMINI, config(stopSequences=list("abcdef")), "at most 5"),
    (GEMINI, config(maxOutputTokens=65_537), "supported range"),
    ("gemini-3-flash-preview", config(presencePenalty=0.5), "Penalty is not enabled"),
    ("gemini-2.0-flash", {}, "is not found for API version"),
]
