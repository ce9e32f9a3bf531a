"""What a client of the Messages API asks for, in the formats of the other providers (endpoints.md, 1.8)."""

import json
from typing import Any

import pytest

from libs.common.errors import BadRequest
from services.gateway.domain.turns import Kept
from services.gateway.endpoints.messages import request
from services.gateway.formats.blocks import Ask, Native
from services.gateway.formats.opaque import unseal
from services.gateway.providers.compatible import chat
from services.gateway.translate.google_contents import NO_SIGNATURE
from tests.unit.gateway.formats.judges import GEMINI, GPT, OLD_GPT, to_chat, to_google, to_responses
from tests.unit.gateway.formats.recorded import parameters
from tests.unit.gateway.formats.streams import CIPHER, OPENAI, sealer

TOOL = {"name": "weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}
PNG = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}
USER = {"role": "user", "content": "Hello"}


def ask_of(body: dict[str, Any], **headers: str) -> Ask:
    full = {"model": "claude-opus-5-5", "max_tokens": 1000, "messages": [USER], **body}
    return request.ask(request.head(json.dumps(full).encode(), headers))


def called(*ids: str, name: str = "weather") -> dict[str, Any]:
    uses = [{"type": "tool_use", "id": one, "name": name, "input": {"city": one}} for one in ids]
    return {"role": "assistant", "content": uses}


def result(identity: str, content: Any = "21", **more: Any) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": identity, "content": content, **more}


@pytest.mark.parametrize("body", parameters("claude-code", "/v1/messages?"))
def test_recorded_requests_can_be_served_by_every_provider(body: dict[str, Any]) -> None:
    ask = ask_of(body)
    sent, _ = to_google(ask)
    assert "billing-header" not in json.dumps(sent["systemInstruction"])
    to_google(ask, "gemini-2.5-flash")
    to_chat(ask)
    to_responses(ask)
    to_responses(ask, OLD_GPT)


def test_1_8_5_sealed_reasoning_comes_back_to_the_model_that_made_it() -> None:
    item = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAAenc"}
    native = Native(provider="openai", kind="item", payload=json.dumps(item))
    thinking = {"type": "thinking", "thinking": "", "signature": sealer(OPENAI).seal(native)}
    turn = {"role": "assistant", "content": [thinking, *called("t1")["content"]]}
    ask = ask_of({"messages": [USER, turn, {"role": "user", "content": [result("t1")]}], "tools": [TOOL]})
    sent, _ = to_responses(unseal(ask, CIPHER, OPENAI).ask)
    assert [one["type"] for one in sent["input"][1:3]] == ["reasoning", "function_call"]
    assert sent["input"][1] == item
    other = unseal(ask, CIPHER, type(OPENAI)(provider="openai", key_id="k2", model=GPT))
    sent, _ = to_responses(other.ask)
    assert [one["type"] for one in sent["input"]] == ["message", "function_call", "function_call_output"]
    assert other.removed == 1


def test_1_8_6_a_failed_result_with_an_image() -> None:
    content = [{"type": "text", "text": "no such file"}, PNG]
    turns = [USER, called("t1"), {"role": "user", "content": [result("t1", content, is_error=True)]}]
    sent, _ = to_google(ask_of({"messages": turns, "tools": [TOOL]}))
    response = sent["contents"][-1]["parts"][0]["functionResponse"]
    assert response["response"] == {"error": "no such file"}
    assert response["parts"] == [{"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}}]
    old, _ = to_google(ask_of({"messages": turns, "tools": [TOOL]}), "gemini-2.5-flash")
    assert [set(part) for part in old["contents"][-1]["parts"]] == [{"functionResponse"}, {"inlineData"}]
    said, _ = to_chat(ask_of({"messages": turns, "tools": [TOOL]}))
    assert [message["role"] for message in said["messages"][-2:]] == ["tool", "user"]
    assert said["messages"][-2]["content"] == "[error] no such file"
    item = to_responses(ask_of({"messages": turns, "tools": [TOOL]}))[0]["input"][-1]
    assert [part["type"] for part in item["output"]] == ["input_text", "input_image"]


def test_1_8_7_results_come_first_in_the_order_that_they_were_sent_in() -> None:
    last = {"role": "user", "content": [{"type": "text", "text": "and?"}, result("t2"), result("t1")]}
    ask = ask_of({"messages": [USER, called("t1", "t2"), last], "tools": [TOOL]})
    items = to_responses(ask)[0]["input"][1:]
    assert [(one["type"], one.get("call_id")) for one in items] == [
        ("function_call", "t1"),
        ("function_call", "t2"),
        ("function_call_output", "t2"),
        ("function_call_output", "t1"),
        ("message", None),
    ]
    parts = to_google(ask)[0]["contents"][-1]["parts"]
    assert [part["functionResponse"]["id"] for part in parts[:2]] == ["t1", "t2"]


def test_1_8_9_an_instruction_after_a_result() -> None:
    turns = [
        USER,
        called("t1"),
        {"role": "user", "content": [result("t1")]},
        {"role": "system", "content": "Be brief.", "output_config": {"effort": "low"}},
    ]
    ask = ask_of({"messages": turns, "tools": [TOOL]})
    items = to_responses(ask)[0]
    assert items["input"][-1] == {
        "type": "message",
        "role": "developer",
        "content": [{"type": "input_text", "text": "Be brief."}],
    }
    assert items["reasoning"]["effort"] == "low"
    parts = to_google(ask)[0]["contents"][-1]["parts"]
    assert parts[-1] == {"text": "<system-note>\nBe brief.\n</system-note>"}
    assert to_chat(ask)[0]["messages"][-1] == {"role": "system", "content": "Be brief."}


def test_1_8_10_the_attribution_stays_and_the_session_keys_the_cache() -> None:
    body = {
        "system": [
            {"type": "text", "text": "x-anthropic-billing-header: cc_version=1; cch=2;"},
            {"type": "text", "text": "You help.", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
        ],
        "metadata": {"user_id": json.dumps({"session_id": "s1", "device_id": "d"})},
    }
    sent, _ = to_responses(ask_of(body))
    mark = {"mode": "explicit", "ttl": "12h"}
    part = {"type": "input_text", "text": "You help.", "prompt_cache_breakpoint": mark}
    assert sent["input"][0] == {"type": "message", "role": "developer", "content": [part]}
    assert sent["prompt_cache_key"] == "s1"
    assert len(sent["safety_identifier"]) == 64


def test_1_8_12_stop_sequences_are_cut_here() -> None:
    sent, built = to_responses(ask_of({"stop_sequences": ["\nHuman:"]}))
    assert "stop" not in sent
    assert built.stop == ("\nHuman:",)
    many = [str(number) for number in range(7)]
    sent, built = to_google(ask_of({"stop_sequences": many}))
    assert sent["generationConfig"]["stopSequences"] == many[:5]
    assert built.stop == ("5", "6")


def test_1_8_15_limits_are_the_models_own() -> None:
    sent, built = to_responses(ask_of({"max_tokens": 128_000}), OLD_GPT)
    assert sent["max_output_tokens"] == 16_384
    assert built.dropped == ("max_tokens",)
    assert to_responses(ask_of({"max_tokens": 1}))[0]["max_output_tokens"] == 16


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("thread", {"continue": {"id": "t"}}),
        ("container", "c"),
        ("mcp_servers", [{"type": "url"}]),
        ("inference_geo", "eu"),
        ("compaction", {"type": "now"}),
    ],
)
def test_1_8_18_what_only_anthropic_does_is_refused_by_name(field: str, value: Any) -> None:
    for build in (to_google, to_chat, to_responses):
        with pytest.raises(BadRequest, match=f"capability_rejected: {field}"):
            build(ask_of({field: value}))


def test_1_8_19_long_names_stay_apart_and_come_back() -> None:
    names = ["n" * 64 + "a" * 16, "n" * 64 + "b" * 16]
    tools = [{**TOOL, "name": name} for name in names]
    for build in (to_responses, to_chat, to_google):
        _, built = build(ask_of({"tools": tools, "tool_choice": {"type": "tool", "name": names[1]}}))
        assert sorted(one.name for one in built.names.values()) == names
        assert all(len(sent) <= 64 for sent in built.names)


def test_1_8_20_a_signature_comes_back_by_the_calls_id() -> None:
    turns = [USER, called("t1"), {"role": "user", "content": [result("t1")]}]
    ask = ask_of({"messages": turns, "tools": [TOOL]})
    recalled = {"t1": Kept(served_model=GEMINI, signature="ZmFrZS1zaWduYXR1cmU6eA==")}
    sent, built = to_google(ask, recalled=recalled)
    assert sent["contents"][1]["parts"][0]["thoughtSignature"] == "ZmFrZS1zaWduYXR1cmU6eA=="
    assert built.dropped == ()
    sent, _ = to_google(ask)
    assert sent["contents"][1]["parts"][0]["thoughtSignature"] == NO_SIGNATURE
    sent, _ = to_google(ask, recalled={"t1": Kept(served_model=GEMINI)})
    assert sent["contents"][1]["parts"][0]["thoughtSignature"] == NO_SIGNATURE


def test_reasoning_that_was_kept_comes_back_before_its_call() -> None:
    item = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAAenc"}
    turns = [USER, called("t1"), {"role": "user", "content": [result("t1")]}]
    ask = ask_of({"messages": turns, "tools": [TOOL]})
    sent, _ = to_responses(ask, recalled={"t1": Kept(served_model=GPT, blocks=[item])})
    assert [one["type"] for one in sent["input"]] == ["message", "reasoning", "function_call", "function_call_output"]


def test_text_around_calls_has_its_phase() -> None:
    turn = {"role": "assistant", "content": [{"type": "text", "text": "I look."}, *called("t1")["content"]]}
    ask = ask_of({"messages": [USER, turn, {"role": "user", "content": [result("t1")]}], "tools": [TOOL]})
    assert to_responses(ask)[0]["input"][1]["phase"] == "commentary"


def test_hosted_tools_are_left_out_unless_they_are_all_that_is_wanted() -> None:
    search = {"type": "web_search_20250305", "name": "web_search"}
    sent, built = to_responses(ask_of({"tools": [TOOL, search]}))
    assert [tool["name"] for tool in sent["tools"]] == ["weather"]
    assert built.dropped == ("web_search_20250305",)
    for body in ({"tools": [search]}, {"tools": [TOOL, search], "tool_choice": {"type": "tool", "name": "web_search"}}):
        with pytest.raises(BadRequest, match="capability_rejected: tools"):
            to_google(ask_of(body))
    with pytest.raises(BadRequest, match="capability_rejected"):
        to_chat(ask_of({"tools": [TOOL, {"type": "computer_toolset_1", "name": "computer"}]}))


def test_the_clients_own_typed_tools_become_functions() -> None:
    sent, built = to_chat(ask_of({"tools": [{"type": "bash_20250124", "name": "bash"}]}))
    assert sent["tools"][0]["function"]["name"] == "bash"
    assert "command" in sent["tools"][0]["function"]["parameters"]["properties"]
    assert built.dropped == ()


def test_more_tools_than_openai_takes_are_refused() -> None:
    tools = [{**TOOL, "name": f"t{number}"} for number in range(129)]
    for build in (to_chat, to_responses):
        with pytest.raises(BadRequest, match="capability_rejected: tools"):
            build(ask_of({"tools": tools}))
    to_google(ask_of({"tools": tools}))


def test_choices() -> None:
    for given, chat_choice, google in (
        ({"type": "any"}, "required", {"mode": "ANY"}),
        ({"type": "none"}, "none", {"mode": "NONE"}),
        (
            {"type": "tool", "name": "weather"},
            {"type": "function", "function": {"name": "weather"}},
            {"mode": "ANY", "allowedFunctionNames": ["weather"]},
        ),
    ):
        ask = ask_of({"tools": [TOOL], "tool_choice": given})
        assert to_chat(ask)[0]["tool_choice"] == chat_choice
        assert to_google(ask)[0]["toolConfig"]["functionCallingConfig"] == google
    ask = ask_of({"tools": [TOOL], "tool_choice": {"type": "auto", "disable_parallel_tool_use": True}})
    assert to_responses(ask)[0]["parallel_tool_calls"] is False
    assert to_google(ask)[1].dropped == ("disable_parallel_tool_use",)


def test_thinking() -> None:
    summarized = {"thinking": {"type": "adaptive", "display": "summarized"}, "output_config": {"effort": "high"}}
    sent, _ = to_responses(ask_of(summarized))
    assert sent["reasoning"] == {"effort": "high", "summary": "auto"}
    assert sent["include"] == ["reasoning.encrypted_content"]
    config = to_google(ask_of(summarized))[0]["generationConfig"]["thinkingConfig"]
    assert config == {"includeThoughts": True, "thinkingLevel": "high"}
    budget = {"max_tokens": 9000, "thinking": {"type": "enabled", "budget_tokens": 4000}}
    assert to_chat(ask_of(budget))[0]["reasoning_effort"] == "medium"
    config = to_google(ask_of(budget), "gemini-2.5-flash")[0]["generationConfig"]["thinkingConfig"]
    assert config == {"includeThoughts": True, "thinkingBudget": 4000}
    off = {"thinking": {"type": "disabled"}}
    assert to_google(ask_of(off), "gemini-2.5-flash")[0]["generationConfig"]["thinkingConfig"]["thinkingBudget"] == 0
    assert to_google(ask_of(off))[1].dropped == ("thinking",)


def test_a_form_for_the_answer() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False, "$schema": "x"}
    ask = ask_of({"output_config": {"format": {"type": "json_schema", "schema": schema}}})
    assert to_responses(ask)[0]["text"]["format"]["name"] == "output"
    assert to_chat(ask)[0]["response_format"]["json_schema"]["strict"] is True
    assert "$schema" not in to_google(ask)[0]["generationConfig"]["responseJsonSchema"]


def test_documents_and_references() -> None:
    pdf = {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="}
    content = [
        {"type": "document", "source": pdf, "title": "a.pdf"},
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "said"}, "title": "T"},
        {"type": "search_result", "source": "https://x", "title": "S", "content": [{"type": "text", "text": "found"}]},
    ]
    ask = ask_of({"messages": [{"role": "user", "content": content}]})
    parts = to_responses(ask)[0]["input"][0]["content"]
    assert parts[0] == {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="}
    assert [part["text"] for part in parts[1:]] == ["T\n\nsaid", "S\n\nhttps://x\n\nfound"]
    assert to_google(ask)[0]["contents"][0]["parts"][0]["inlineData"]["mimeType"] == "application/pdf"
    assert to_chat(ask)[0]["messages"][0]["content"][0]["file"]["filename"] == "a.pdf"
    file = {"type": "document", "source": {"type": "file", "file_id": "f"}}
    with pytest.raises(BadRequest, match="capability_rejected"):
        to_chat(ask_of({"messages": [{"role": "user", "content": [file]}]}))


def test_an_unknown_block_is_refused_by_type() -> None:
    turns = [{"role": "user", "content": [{"type": "hologram"}]}]
    with pytest.raises(BadRequest, match="hologram"):
        to_google(ask_of({"messages": turns}))


def test_fields_that_only_anthropic_has_are_reported_where_they_change_an_answer() -> None:
    edits = {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]}
    assert to_chat(ask_of({"context_management": edits}))[1].dropped == ()
    edits = {"edits": [{"type": "clear_tool_uses_20250919"}]}
    body = {"context_management": edits, "speed": "fast", "foo": 1, "output_config": {"task_budget": {}}}
    assert set(to_chat(ask_of(body))[1].dropped) == {"context_management", "speed", "foo", "task_budget"}


def test_the_view_that_optimizer_router_and_cache_read() -> None:
    turns = [USER, called("t1"), {"role": "user", "content": [result("t1"), {"type": "text", "text": "go"}]}]
    ask = ask_of({"system": "You help.", "messages": turns, "tools": [TOOL], "container": "c"})
    seen = [message for message, _ in chat.messages_view(ask)]
    assert [message["role"] for message in seen] == ["system", "user", "assistant", "tool", "user"]
    assert seen[-2] == {"role": "tool", "tool_call_id": "t1", "content": "21"}
    assert json.loads(bytes(chat.tools_view(ask)))[0]["function"]["name"] == "weather"
