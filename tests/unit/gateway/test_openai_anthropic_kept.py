"""What must survive the way to Anthropic: digits, maps, instructions in their place, and the wish for a tool."""

import json
from typing import Any

import msgspec
import pytest

from services.gateway.providers.anthropic.chat import ANTHROPIC
from services.gateway.translate.dialect import Asked
from services.gateway.translate.google import GOOGLE
from services.gateway.translate.openai_answer import read_answer
from services.gateway.translate.openai_openai import OPENAI_COMPATIBLE
from tests.unit.gateway.anthropic_wire import ask, tool, user

NUMBERS = ["19.90", "1234567890.123456789", "1e2", "-0.0", "123456789012345678901234567890", "0.1000"]


def loop(arguments: Any) -> list[dict[str, Any]]:
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": arguments}}
    return [
        user(),
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "ok"},
    ]


@pytest.mark.parametrize("number", NUMBERS)
def test_numbers_in_arguments_arrive_digit_for_digit(number: str) -> None:
    arguments = f'{{"a": [{number}]}}'
    asked = Asked(
        raw={"tools": msgspec.Raw(json.dumps([tool()]).encode())},
        messages=msgspec.Raw(json.dumps(loop(arguments)).encode()),
        model="claude-haiku-4-5",
        known=None,
        stream=False,
    )
    assert arguments.encode() in ANTHROPIC.request(asked).body
    assert arguments.encode() in GOOGLE.request(msgspec.structs.replace(asked, model="gemini-2.5-flash")).body


@pytest.mark.parametrize("number", NUMBERS)
def test_numbers_in_answers_arrive_digit_for_digit(number: str) -> None:
    said = f'{{"a": [{number}]}}'.encode()
    theirs = b'{"content":[{"type":"tool_use","id":"t","name":"f","input":%b}],"stop_reason":"tool_use"}' % said
    googles = (
        b'{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":%b}}]},"finishReason":"STOP"}]}' % said
    )
    openais = b'{"choices":[{"message":{"tool_calls":[{"id":1,"function":{"name":"f","arguments":%b}}]}}]}' % said
    for dialect, data in ((ANTHROPIC, theirs), (GOOGLE, googles), (OPENAI_COMPATIBLE, openais)):
        found = dialect.answer(data, model="m", request_id="r", created=1)
        _, answer = read_answer(found.body)
        call = (answer.choices[0].message.tool_calls or [])[0]
        assert call.function is not None
        assert call.function.arguments == f'{{"a":[{number}]}}'


def test_gemini_s_pictures_and_code_are_not_lost() -> None:
    parts: list[dict[str, Any]] = [
        {"inlineData": {"mimeType": "image/png", "data": "iVBOR"}},
        {"executableCode": {"language": "PYTHON", "code": "1+1"}},
    ]
    parts += [{"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "2"}}, {"hologram": {"light": 1}}]
    reply = {"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}]}
    body = json.loads(GOOGLE.answer(json.dumps(reply).encode(), model="m", request_id="r", created=1).body)
    message = body["choices"][0]["message"]
    assert message["images"] == [{"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBOR"}}]
    assert "```python\n1+1\n```" in message["content"]
    assert "hologram" in message["content"]


def test_pictures_in_a_result_reach_gemini() -> None:
    messages = loop("{}")
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    messages[-1]["content"] = [{"type": "text", "text": "Here"}, picture]
    asked = Asked(
        raw={}, messages=msgspec.Raw(json.dumps(messages).encode()), model="gemini-2.5-flash", known=None, stream=False
    )
    turn = json.loads(GOOGLE.request(asked).body)["contents"][-1]
    assert [next(iter(part)) for part in turn["parts"]] == ["functionResponse", "inlineData"]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "additionalProperties": {"type": "integer"}},
        {"type": "object", "patternProperties": {"^a": {"type": "integer"}}},
        {"type": "object", "propertyNames": {"maxLength": 3}, "properties": {}},
        {
            "type": "object",
            "properties": {
                "a": {"type": "array", "items": {"type": "object", "additionalProperties": {"type": "integer"}}}
            },
        },
        {"type": "object", "properties": {"a": {"anyOf": [{"type": "null"}, {"type": "object"}]}}},
        {
            "type": ["object", "null"],
            "additionalProperties": {"$ref": "#/$defs/x"},
            "$defs": {"x": {"type": "integer"}},
        },
    ],
)
def test_a_map_is_told_in_words_and_never_closed(schema: dict[str, Any]) -> None:
    form = {"type": "json_schema", "json_schema": {"name": "s", "schema": schema}}
    body, dropped = ask({"messages": [user()], "response_format": form}, "claude-haiku-4-5")
    assert "output_config" not in body
    assert dropped == ("response_format",)
    assert json.dumps(schema, separators=(",", ":")) in body["system"][-1]["text"]
    strict, _ = ask({"messages": [user()], "tools": [tool(strict=True, parameters=schema)]}, "claude-haiku-4-5")
    if schema.get("type") == "object":
        assert strict["tools"][0]["input_schema"] == schema
        assert "strict" not in strict["tools"][0]


@pytest.mark.parametrize(
    ("choice", "said"),
    [("required", "at least one of the tools"), ({"type": "function", "function": {"name": "f"}}, "the tool `f`")],
)
def test_a_model_that_cannot_be_forced_is_told(choice: Any, said: str) -> None:
    body, dropped = ask({"messages": [user()], "tools": [tool()], "tool_choice": choice}, "claude-opus-5-5")
    assert "tool_choice" in dropped
    assert "tool_choice" not in body
    assert said in body["system"][-1]["text"]


def test_an_instruction_stays_where_it_was_said_for_models_that_take_it_there() -> None:
    messages = [{"role": "system", "content": "A"}, user("x"), {"role": "assistant", "content": "y"}]
    messages += [{"role": "developer", "content": "Now in French."}, user("z")]
    body, _ = ask({"messages": messages}, "claude-opus-5-5")
    assert [turn["role"] for turn in body["messages"]] == ["user", "assistant", "system", "user"]
    assert [block["text"] for block in body["system"]] == ["A"]
    older, _ = ask({"messages": messages}, "claude-haiku-4-5")
    assert [turn["role"] for turn in older["messages"]] == ["user", "assistant", "user"]
    assert [block["text"] for block in older["system"]] == ["A", "Now in French."]


def test_an_instruction_between_a_call_and_its_result_parts_them_not() -> None:
    first, call, result = loop("{}")
    body, _ = ask(
        {"messages": [first, call, {"role": "system", "content": "B"}, result], "tools": [tool()]}, "claude-opus-5-5"
    )
    assert [turn["role"] for turn in body["messages"]] == ["user", "assistant", "user", "system"]


def test_pictures_in_a_result_are_its_blocks() -> None:
    messages = loop("{}")
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    messages[-1]["content"] = [{"type": "text", "text": "Here"}, picture]
    body, _ = ask({"messages": messages, "tools": [tool()]}, "claude-haiku-4-5")
    assert [block["type"] for block in body["messages"][2]["content"][0]["content"]] == ["text", "image"]
