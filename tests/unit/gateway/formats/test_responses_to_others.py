"""What a client of the Responses API asks for, in the formats of the other providers (endpoints.md, 2.1, 2.2, 2.9)."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from libs.common.errors import BadRequest
from services.gateway.endpoints.responses import request
from services.gateway.formats.blocks import Ask, Native
from services.gateway.formats.build import Target
from services.gateway.formats.opaque import unseal
from services.gateway.providers.openai import responses
from tests.fake_provider.answer import sign
from tests.unit.gateway.formats.judges import (
    CLAUDE,
    GPT,
    OLD_CLAUDE,
    OLD_GEMINI,
    OLD_GPT,
    to_anthropic,
    to_chat,
    to_google,
)
from tests.unit.gateway.formats.recorded import parameters
from tests.unit.gateway.formats.streams import ANTHROPIC, CIPHER, OPENAI, sealer

FUNCTION = {
    "type": "function",
    "name": "weather",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
    "strict": True,
}
USER = {"role": "user", "content": "Hello"}
RECORDED = [*parameters("codex", "/v1/responses"), *parameters("responses-api", "/v1/responses")]


def ask_of(body: dict[str, Any], **more: Any) -> Ask:
    full = {"model": "gpt-5.2", "input": "Hello", **body}
    return request.ask(request.head(json.dumps(full).encode(), {}), **more)


def call(identity: str, arguments: str = '{"city":"Porto"}', name: str = "weather", **more: Any) -> dict[str, Any]:
    return {"type": "function_call", "call_id": identity, "name": name, "arguments": arguments, **more}


def output(identity: str, said: Any = "21", kind: str = "function_call_output") -> dict[str, Any]:
    return {"type": kind, "call_id": identity, "output": said}


@pytest.mark.parametrize("body", RECORDED)
def test_a_recorded_body_comes_out_as_it_went_in(body: dict[str, Any]) -> None:
    ask = request.ask(request.head(json.dumps(body).encode(), {}))
    assert json.loads(responses.own_body(ask, body["model"])) == body


@pytest.mark.parametrize("body", RECORDED)
def test_recorded_requests_can_be_served_by_every_provider(body: dict[str, Any]) -> None:
    ask = request.ask(request.head(json.dumps(body).encode(), {}))
    for model in (CLAUDE, OLD_CLAUDE, "claude-sonnet-4-6", "claude-sonnet-5"):
        to_anthropic(ask, model)
    to_google(ask)
    to_google(ask, OLD_GEMINI)
    to_chat(ask)
    to_chat(ask, OLD_GPT)


@pytest.mark.parametrize("body", parameters("codex", "/v1/responses"))
def test_2_9_2_a_body_of_codex_for_anthropic(body: dict[str, Any]) -> None:
    ask = request.ask(request.head(json.dumps(body).encode(), {}))
    sent, built = to_anthropic(ask)
    assert len(sent["system"]) == 3
    assert sent["thinking"] == {"type": "adaptive", "display": "summarized"}
    assert any(tool["name"].startswith("multi_agent_v1__") for tool in sent["tools"])
    assert {"web_search"} <= set(built.dropped)
    assert "client_metadata" not in built.dropped
    assert all(name.namespace == "multi_agent_v1" for name in built.names.values())
    assert sent["max_tokens"] == 128_000


def test_2_9_4_instructions_are_those_of_the_request() -> None:
    earlier = [Raw(json.dumps(item).encode()) for item in (USER, {"role": "assistant", "content": "Hi"})]
    ask = ask_of({"previous_response_id": "resp_1", "input": "again"}, earlier=earlier)
    sent, built = to_google(ask)
    assert "systemInstruction" not in sent
    assert [turn["role"] for turn in sent["contents"]] == ["user", "model", "user"]
    assert built.dropped == ()
    with pytest.raises(BadRequest, match="previous_response_id"):
        to_google(ask_of({"previous_response_id": "resp_1"}))
    changes = {"previous_response_id": Raw(b""), "store": Raw(b"false")}
    own = json.loads(responses.own_body(ask, "gpt-6-sol", changes))
    assert own["store"] is False
    assert "previous_response_id" not in own


def test_2_9_8_items_that_are_only_named_are_looked_up() -> None:
    thinking = {"type": "thinking", "thinking": "Hm.", "signature": sign("Hm.")}
    native = Native(provider="anthropic", kind="thinking", payload=json.dumps(thinking))
    items: dict[str, dict[str, Any]] = {
        "rs_1": {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [],
            "encrypted_content": sealer(ANTHROPIC).seal(native),
        },
        "msg_1": {
            "type": "message",
            "id": "msg_1",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "a"}],
        },
    }
    stored = {name: Raw(json.dumps(item).encode()) for name, item in items.items()}
    references = [{"type": "item_reference", "id": name} for name in items]
    ask = ask_of({"input": [USER, *references, USER]}, stored=stored)
    sent, _ = to_anthropic(unseal(ask, CIPHER, ANTHROPIC).ask)
    assert sent["messages"][1]["content"] == [thinking, {"type": "text", "text": "a"}]
    with pytest.raises(BadRequest, match=r"^Item with id 'rs_1' not found\.$"):
        to_anthropic(ask_of({"input": [USER, *references]}))


def test_2_9_9_and_10_reasoning_comes_back_to_the_model_that_made_it_only() -> None:
    thinking = {"type": "thinking", "thinking": "Hm.", "signature": sign("Hm.")}
    native = Native(provider="anthropic", kind="thinking", payload=json.dumps(thinking))
    reasoning = {"type": "reasoning", "summary": [], "encrypted_content": sealer(ANTHROPIC).seal(native)}
    foreign = {"type": "reasoning", "summary": [], "encrypted_content": "of-openai"}
    for item, expected, removed in ((reasoning, ["thinking", "tool_use"], 0), (foreign, ["tool_use"], 0)):
        ask = ask_of({"input": [USER, item, call("c1"), output("c1")], "tools": [FUNCTION]})
        found = unseal(ask, CIPHER, ANTHROPIC)
        sent, _ = to_anthropic(found.ask)
        assert [block["type"] for block in sent["messages"][1]["content"]] == expected
        assert found.removed == removed
    other = unseal(ask_of({"input": [USER, reasoning, call("c1"), output("c1")], "tools": [FUNCTION]}), CIPHER, OPENAI)
    assert other.removed == 1


def test_2_9_14_only_openai_answers_in_the_background() -> None:
    for field, value in (("background", True), ("conversation", "conv_1"), ("prompt", {"id": "p"})):
        with pytest.raises(BadRequest, match=f"`{field}`"):
            to_anthropic(ask_of({field: value}))
    to_anthropic(ask_of({"background": False}))


def test_2_9_16_a_form_for_the_answer() -> None:
    form = {"type": "json_schema", "name": "weather", "strict": True, "schema": FUNCTION["parameters"]}
    ask = ask_of({"text": {"format": form}})
    assert to_anthropic(ask)[0]["output_config"]["format"]["schema"] == FUNCTION["parameters"]
    assert to_google(ask)[0]["generationConfig"]["responseJsonSchema"] == FUNCTION["parameters"]
    assert to_chat(ask)[0]["response_format"]["json_schema"]["name"] == "weather"
    sent, built = to_anthropic(ask_of({"text": {"format": {"type": "json_object"}}}))
    assert "JSON" in sent["system"][0]["text"]
    assert built.dropped == ("text.format",)


def test_2_9_18_a_call_that_cannot_be_forced() -> None:
    ask = ask_of({"tools": [FUNCTION], "tool_choice": "required"})
    sent, built = to_anthropic(ask)
    assert "tool_choice" not in sent
    assert sent["system"]
    assert built.dropped == ("tool_choice",)
    assert to_anthropic(ask, OLD_CLAUDE)[0]["tool_choice"] == {"type": "any"}


def test_calls_made_together_are_one_turn() -> None:
    body = {"input": [USER, call("c1"), call("c2"), output("c1"), output("c2"), USER], "tools": [FUNCTION]}
    sent, _ = to_anthropic(ask_of(body))
    assert [[block["type"] for block in turn["content"]] for turn in sent["messages"]] == [
        ["text"],
        ["tool_use", "tool_use"],
        ["tool_result", "tool_result", "text"],
    ]
    chat, _ = to_chat(ask_of(body))
    assert [message["role"] for message in chat["messages"]] == ["user", "assistant", "tool", "tool", "user"]
    google, _ = to_google(ask_of(body))
    assert [len(turn["parts"]) for turn in google["contents"]] == [1, 2, 3]


@pytest.mark.parametrize("items", [[USER, call("c1"), USER], [USER, output("c1")]])
def test_calls_and_outputs_belong_together(items: list[Any]) -> None:
    with pytest.raises(BadRequest, match="call_id c1"):
        to_anthropic(ask_of({"input": items, "tools": [FUNCTION]}))
    assert json.loads(responses.own_body(ask_of({"input": items}), "m"))["input"] == items


def test_tools_of_free_text_become_functions_and_their_calls_come_back() -> None:
    tool = {
        "type": "custom",
        "name": "apply",
        "description": "Applies.",
        "format": {"type": "grammar", "syntax": "lark", "definition": "start: x"},
    }
    made = {"type": "custom_tool_call", "call_id": "c1", "name": "apply", "input": "*** Begin"}
    items = [USER, made, output("c1", "done", "custom_tool_call_output")]
    sent, built = to_anthropic(ask_of({"input": items, "tools": [tool]}))
    assert "start: x" in sent["tools"][0]["description"]
    assert sent["messages"][1]["content"][0]["input"] == {"input": "*** Begin"}
    assert built.names["apply"].kind == "custom"


def test_tools_that_only_openai_has_a_type_for_become_functions() -> None:
    tools = [{"type": "local_shell"}, {"type": "shell"}, {"type": "apply_patch"}]
    operation = {"type": "delete_file", "path": "a"}
    shell_output = [{"stdout": "a.py", "stderr": "", "outcome": {"type": "exit", "exit_code": 0}}]
    items: Sequence[Any] = [
        USER,
        {
            "type": "local_shell_call",
            "id": "l1",
            "call_id": "l1",
            "action": {"type": "exec", "command": ["ls"], "env": {}},
        },
        {"type": "local_shell_call_output", "id": "l1", "output": "a"},
        {"type": "shell_call", "call_id": "s1", "action": {"commands": ["ls"]}},
        {"type": "shell_call_output", "call_id": "s1", "output": shell_output},
        {"type": "apply_patch_call", "call_id": "p1", "operation": operation, "status": "completed"},
        {"type": "apply_patch_call_output", "call_id": "p1", "status": "failed", "output": "no such file"},
    ]
    sent, built = to_anthropic(ask_of({"input": items, "tools": tools}))
    assert {name.kind for name in built.names.values()} == {"local_shell", "shell", "apply_patch"}
    contents = [turn["content"][0] for turn in sent["messages"]]
    assert [block.get("input") for block in contents[1::2]] == [
        {"command": ["ls"], "env": {}},
        {"commands": ["ls"]},
        {"operation": operation},
    ]
    assert contents[4]["content"][0]["text"] == "a.py\nexit code 0"
    assert contents[6]["is_error"] is True


def test_tools_among_the_items_are_tools() -> None:
    item = {"type": "additional_tools", "tools": [{**FUNCTION, "name": "later"}]}
    sent, _ = to_chat(ask_of({"input": [item, USER], "tools": [FUNCTION]}))
    assert [tool["function"]["name"] for tool in sent["tools"]] == ["weather", "later"]


def test_hosted_tools() -> None:
    search = {"type": "web_search"}
    sent, built = to_google(ask_of({"tools": [FUNCTION, search]}))
    assert built.dropped == ("web_search",)
    assert len(sent["tools"][0]["functionDeclarations"]) == 1
    for body in (
        {"tools": [search]},
        {"tools": [FUNCTION, search], "tool_choice": {"type": "web_search"}},
        {"tools": [FUNCTION, {"type": "code_interpreter"}], "tool_choice": "required"},
        {
            "tools": [FUNCTION, {"type": "code_interpreter"}],
            "input": [USER, {"type": "code_interpreter_call", "code": "1"}, USER],
        },
    ):
        with pytest.raises(BadRequest, match="capability_rejected: tools"):
            to_google(ask_of(body))
    digest = ask_of(
        {"input": [USER, {"type": "web_search_call", "action": {"type": "search", "query": "tides"}}, USER]}
    )
    sent, built = to_anthropic(digest)
    assert sent["messages"][1]["content"][0]["text"] == "tides"
    assert built.dropped == ("web_search_call",)


def test_instructions_in_the_middle() -> None:
    later = {"type": "message", "role": "developer", "content": "Be brief."}
    body = {"instructions": "Help.", "input": [{"role": "system", "content": "Kindly."}, USER, later]}
    sent, _ = to_anthropic(ask_of(body))
    assert [block["text"] for block in sent["system"]] == ["Help.", "Kindly."]
    assert sent["messages"][-1] == {"role": "system", "content": [{"type": "text", "text": "Be brief."}]}
    note = {"type": "text", "text": "<system-note>\nBe brief.\n</system-note>"}
    assert to_anthropic(ask_of(body), OLD_CLAUDE)[0]["messages"][-1]["content"][-1] == note
    between = {"input": [USER, call("c1"), later, output("c1"), USER], "tools": [FUNCTION]}
    for model in (CLAUDE, OLD_CLAUDE):
        to_anthropic(ask_of(between), model)
    to_google(ask_of(between))
    assert to_google(ask_of(body))[0]["contents"][-1]["parts"][-1]["text"] == note["text"]


def test_media() -> None:
    content = [
        {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo="},
        {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="},
        {"type": "input_text", "text": "see", "prompt_cache_breakpoint": {"mode": "explicit", "ttl": "12h"}},
    ]
    ask = ask_of({"input": [{"role": "user", "content": content}]})
    blocks = to_anthropic(ask)[0]["messages"][0]["content"]
    assert [block["type"] for block in blocks] == ["image", "document", "text"]
    assert blocks[2]["cache_control"] == {"type": "ephemeral", "ttl": "1h"}
    assert [next(iter(part)) for part in to_google(ask)[0]["contents"][0]["parts"]] == [
        "inlineData",
        "inlineData",
        "text",
    ]
    assert [part["type"] for part in to_chat(ask)[0]["messages"][0]["content"]] == ["image_url", "file", "text"]
    for part in ({"type": "input_image", "file_id": "f"}, {"type": "input_file", "file_id": "f"}):
        with pytest.raises(BadRequest, match="capability_rejected"):
            to_anthropic(ask_of({"input": [{"role": "user", "content": [part]}]}))


def test_an_unknown_item_is_refused_by_type_and_place() -> None:
    with pytest.raises(BadRequest, match=r"input\[1\].*hologram"):
        to_anthropic(ask_of({"input": [USER, {"type": "hologram"}]}))


def test_parameters() -> None:
    body = {
        "temperature": 0.5,
        "top_p": 0.5,
        "top_logprobs": 2,
        "max_output_tokens": 50,
        "user": "u",
        "truncation": "auto",
    }
    sent, built = to_anthropic(ask_of(body), OLD_CLAUDE)
    assert (sent["temperature"], sent["max_tokens"], len(sent["metadata"]["user_id"])) == (0.5, 50, 32)
    assert set(built.dropped) == {"top_p", "top_logprobs", "truncation"}
    sent, built = to_google(ask_of(body), OLD_GEMINI)
    assert sent["generationConfig"]["topP"] == 0.5
    assert set(built.dropped) == {"truncation"}
    reasoning = {
        "reasoning": {"effort": "high", "summary": "auto"},
        "service_tier": "flex",
        "text": {"verbosity": "low"},
    }
    sent, built = to_anthropic(ask_of(reasoning))
    assert sent["output_config"] == {"effort": "high"}
    assert set(built.dropped) == {"service_tier", "text.verbosity"}
    assert to_google(ask_of(reasoning))[0]["serviceTier"] == "flex"
    assert to_chat(ask_of(reasoning))[0]["verbosity"] == "low"
    allowed = {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "weather"}]}
    limited = ask_of({"tools": [FUNCTION, {**FUNCTION, "name": "other"}], "tool_choice": allowed})
    assert [tool["name"] for tool in to_anthropic(limited)[0]["tools"]] == ["weather"]
    assert to_chat(limited)[0]["tool_choice"]["allowed_tools"]["mode"] == "auto"
    cached = ask_of({"tools": [FUNCTION], "instructions": "Help.", "prompt_cache_options": {"ttl": "12h"}})
    sent, _ = to_anthropic(cached)
    assert sent["tools"][0]["cache_control"] == sent["system"][0]["cache_control"] == {"type": "ephemeral", "ttl": "1h"}


_TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
_ITEMS = st.lists(
    st.sampled_from(
        (
            USER,
            {"role": "developer", "content": "d"},
            {
                "type": "message",
                "role": "assistant",
                "content": [{"type": "output_text", "text": "a", "annotations": []}],
            },
            {"type": "reasoning", "summary": [], "encrypted_content": "e"},
            {"type": "web_search_call", "id": "ws", "action": {"query": "q"}},
            {"type": "unheard_of", "a": [1]},
        )
    )
    | _TEXTS.map(lambda text: {"role": "user", "content": [{"type": "input_text", "text": text}]})
    | _TEXTS.map(lambda text: call("c", json.dumps({"a": text})))
    | _TEXTS.map(lambda text: output("c", text)),
    max_size=5,
)


@given(_ITEMS | _TEXTS)
def test_any_body_comes_out_as_it_went_in(items: Any) -> None:
    body = {"model": GPT, "input": items, "foo": {"bar": 1}}
    ask = request.ask(request.head(json.dumps(body).encode(), {}))
    assert json.loads(responses.build(ask, Target(model=GPT)).body) == body
