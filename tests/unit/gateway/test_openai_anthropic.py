"""Requests: what the messages of a conversation become under each rule of Anthropic's API."""

import base64
from typing import Any

import pytest
from anthropic.types.message_create_params import MessageCreateParamsNonStreaming as Params

from libs.common.errors import BadRequest
from services.gateway.translate.dialect import Kept
from tests.unit.gateway.anthropic_wire import (
    LEGACY,
    NEW,
    OLDER,
    STRICT,
    ask,
    call,
    calling,
    misfit,
    result,
    tool,
    user,
)

SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "additionalProperties": False}
THOUGHT = {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}
HIDDEN = {"type": "redacted_thinking", "data": "eA=="}
PNG = "data:image/png;base64,iVBORw0KGgo="


def sent(*messages: dict[str, Any], model: str = LEGACY, **more: Any) -> dict[str, Any]:
    return ask({"model": "m", "messages": list(messages), **more}, model)[0]


def dropped(model: str = LEGACY, **more: Any) -> tuple[str, ...]:
    return ask({"model": "m", "messages": [user()], **more}, model)[1]


def texts(blocks: list[dict[str, Any]]) -> list[str]:
    return [block["text"] for block in blocks if block["type"] == "text"]


def test_the_least_request() -> None:
    assert sent(user()) == {
        "model": LEGACY,
        "max_tokens": 8192,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}],
    }
    assert ask({"messages": [user()]}, stream=True)[0]["stream"] is True


def test_the_check_sees_what_does_not_belong() -> None:
    body = sent(user())
    assert misfit({**body, "n": 1}, Params)
    assert misfit({**body, "messages": [{"role": "user", "content": [{"type": "text", "text": "a", "x": 1}]}]}, Params)
    assert misfit({**body, "max_tokens": "8"}, Params)


def test_system_messages_are_lifted_out_in_order() -> None:
    body = sent(
        {"role": "system", "content": "One"},
        user("a"),
        {"role": "developer", "content": [{"type": "text", "text": "Two", "cache_control": {"type": "ephemeral"}}]},
        user("b"),
        {"role": "system", "content": " "},
    )
    assert body["system"] == [
        {"type": "text", "text": "One"},
        {"type": "text", "text": "Two", "cache_control": {"type": "ephemeral"}},
    ]
    assert [turn["role"] for turn in body["messages"]] == ["user"]
    assert texts(body["messages"][0]["content"]) == ["a", "b"]
    assert texts(sent({"role": "system", "content": "Only"})["messages"][0]["content"]) == ["."]


@pytest.mark.parametrize(
    ("messages", "roles"),
    [
        ([{"role": "assistant", "content": "Hi"}, user()], ["user", "assistant", "user"]),
        ([user(), user(), {"role": "assistant", "content": ""}, user()], ["user"]),
        (
            [user(""), {"role": "assistant", "content": "x"}, user([{"type": "text", "text": " "}])],
            ["user", "assistant", "user"],
        ),
        ([{**user(), "name": "ann"}, {"role": "assistant", "refusal": "No."}, user()], ["user", "assistant", "user"]),
    ],
)
def test_turns_alternate_and_none_is_empty(messages: list[dict[str, Any]], roles: list[str]) -> None:
    assert [turn["role"] for turn in sent(*messages)["messages"]] == roles


def test_a_prefill_stays_where_the_model_takes_one() -> None:
    opening = [user("Greek for sun?"), {"role": "assistant", "content": "The answer is (  \n"}]
    assert sent(*opening)["messages"][-1] == {
        "role": "assistant",
        "content": [{"type": "text", "text": "The answer is ("}],
    }
    for model, more in (
        (OLDER, {}),
        (STRICT, {}),
        (LEGACY, {"reasoning_effort": "low"}),
        (LEGACY, {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": SCHEMA}}}),
    ):
        last = sent(*opening, model=model, **more)["messages"][-1]
        assert last["role"] == "user"
        assert last["content"][-1]["text"].endswith("\n\nThe answer is (")


def test_results_come_first_in_one_turn() -> None:
    body = sent(
        user(),
        calling(call("x.1", '{"q": 1}'), call("x:1", ""), content="Let me look."),
        result("x:1", [{"type": "text", "text": "B", "cache_control": {"type": "ephemeral"}}]),
        result("x.1", ""),
        user("And?"),
        tools=[tool()],
    )
    assert body["messages"][1]["content"] == [
        {"type": "text", "text": "Let me look."},
        {"type": "tool_use", "id": "x_1", "name": "f", "input": {"q": 1}},
        {"type": "tool_use", "id": "x_1_2", "name": "f", "input": {}},
    ]
    content = [{"type": "text", "text": "B"}]
    assert body["messages"][2]["content"] == [
        {"type": "tool_result", "tool_use_id": "x_1_2", "content": content, "cache_control": {"type": "ephemeral"}},
        {"type": "tool_result", "tool_use_id": "x_1"},
        {"type": "text", "text": "And?"},
    ]


@pytest.mark.parametrize(
    ("arguments", "given"),
    [
        ("", {}),
        (None, {}),
        ("  ", {}),
        ('{"a":1}', {"a": 1}),
        ({"a": 1}, {"a": 1}),
        ("{broken", {"_raw": "{broken"}),
        ("[1]", {"_raw": "[1]"}),
        ("null", {"_raw": "null"}),
        ("[" * 100_000, {"_raw": "[" * 100_000}),
    ],
)
def test_arguments_are_an_object_always(arguments: Any, given: dict[str, Any]) -> None:
    body = sent(user(), calling(call("a", arguments)), result("a"), tools=[tool()])
    assert body["messages"][1]["content"][0]["input"] == given


def test_ids_lose_what_other_providers_put_there() -> None:
    body = sent(user(), calling(call("call_1__thought__Zm9v/+==")), result("call_1__thought__Zm9v/+=="), tools=[tool()])
    assert body["messages"][1]["content"][0]["id"] == "call_1"
    again = [message for _ in range(3) for message in (calling(call("call_0")), result("call_0"))]
    ids = [turn["content"][0]["id"] for turn in sent(user(), *again)["messages"] if turn["role"] == "assistant"]
    assert ids == ["call_0", "call_0_2", "call_0_3"]


def test_orphans_do_not_reach_the_provider() -> None:
    body = sent(result("gone", "17"), user("Why?"))
    assert texts(body["messages"][0]["content"]) == ["Result of an earlier tool call:", "17", "Why?"]
    assert "tools" not in body
    body = sent(user(), calling(call("a"), call("b")), result("b"), result("b", "again"))
    answers = body["messages"][2]["content"]
    assert [block.get("tool_use_id") for block in answers] == ["b", "a", None, None]
    assert "no result" in answers[1]["content"][0]["text"]
    assert sent(user(), calling(call("a")))["messages"][2]["content"][0]["tool_use_id"] == "a"
    late = sent(user(), calling(call("a")), user("Well?"), {"role": "assistant", "content": "…"}, result("a", "late"))
    assert texts(late["messages"][-1]["content"]) == ["Result of an earlier tool call:", "late"]


def test_functions_of_old_are_tools() -> None:
    body, lost = ask(
        {
            "messages": [
                user(),
                {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": '{"a": 1}'}},
                {"role": "function", "name": "f", "content": "2"},
            ],
            "functions": [{"name": "f", "parameters": SCHEMA}],
            "function_call": {"name": "f"},
        }
    )
    assert body["tools"] == [{"name": "f", "input_schema": SCHEMA}]
    assert body["tool_choice"] == {"type": "tool", "name": "f", "disable_parallel_tool_use": True}
    assert body["messages"][2]["content"][0]["tool_use_id"] == body["messages"][1]["content"][0]["id"] == "f"
    assert lost == ()


def test_a_history_with_calls_has_tools() -> None:
    history = [user(), calling(call("a", of="f"), call("b", of="g"), call("c", of="f")), result("a")]
    body = sent(*history)
    assert [one["name"] for one in body["tools"]] == ["f", "g"]
    assert body["tool_choice"] == {"type": "none"}
    assert dropped(tool_choice="required") == ("tool_choice",)


def test_images_and_files() -> None:
    pdf = base64.b64encode(b"%PDF-1.7").decode()
    note = base64.b64encode("Ångström".encode()).decode()
    body = sent(
        user(
            [
                {"type": "text", "text": "See:"},
                {"type": "image_url", "image_url": {"url": PNG, "detail": "high"}},
                {"type": "image_url", "image_url": {"url": "data:image/jpg;base64,/9j/"}},
                {"type": "image_url", "image_url": {"url": "https://example.com/a.webp"}},
                {"type": "file", "file": {"file_data": f"data:application/pdf;base64,{pdf}", "filename": "a.pdf"}},
                {"type": "file", "file": {"file_data": pdf}},
                {"type": "file", "file": {"file_data": f"data:text/markdown;charset=utf-8;base64,{note}"}},
            ]
        )
    )
    assert [block.get("source") for block in body["messages"][0]["content"][1:]] == [
        {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="},
        {"type": "base64", "media_type": "image/jpeg", "data": "/9j/"},
        {"type": "url", "url": "https://example.com/a.webp"},
        {"type": "base64", "media_type": "application/pdf", "data": pdf},
        {"type": "base64", "media_type": "application/pdf", "data": pdf},
        {"type": "text", "media_type": "text/plain", "data": "Ångström"},
    ]
    assert body["messages"][0]["content"][4]["title"] == "a.pdf"


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image_url", "image_url": {"url": "http://example.com/a.png"}},
        {"type": "image_url", "image_url": {"url": "data:image/tiff;base64,AAAA"}},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,"}},
        {"type": "image_url"},
        {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
        {"type": "file", "file": {"file_id": "file-1"}},
        {"type": "file", "file": {"file_data": "data:text/plain;base64,%%%"}},
        {"type": "file", "file": {"file_data": "data:text/plain;base64,/w=="}},
        {"type": "file", "file": {"file_data": "data:text/plain;base64,"}},
        {"type": "file", "file": {"file_data": "data:application/zip;base64,AAAA"}},
        {"type": "text"},
        {},
    ],
)
def test_a_part_without_a_form_is_named(part: dict[str, Any]) -> None:
    with pytest.raises(BadRequest) as caught:
        sent(user(), user([{"type": "text", "text": "a"}, part]))
    assert caught.value.details.param == "messages[1].content[1]"
    assert "`messages[1].content[1]`" in caught.value.message


def test_cache_breakpoints() -> None:
    def part(said: str, **marker: Any) -> dict[str, Any]:
        return {"type": "text", "text": said, **marker}

    body = sent(
        user(
            [
                part("a", cache_control={"type": "ephemeral", "ttl": "5m"}),
                part("b", prompt_cache_breakpoint={"mode": "explicit", "ttl": "12h"}),
                part("c", prompt_cache_breakpoint={"mode": "explicit", "ttl": "30m"}),
                part("d", cache_control={"type": "ephemeral", "ttl": "1h"}),
                part("e", cache_control=None, prompt_cache_breakpoint={"mode": "explicit"}),
            ]
        )
    )
    short, long = {"type": "ephemeral"}, {"type": "ephemeral", "ttl": "1h"}
    found = [block.get("cache_control") for block in body["messages"][0]["content"]]
    assert found == [None, long, short, short, short]


LOOP = [user(), calling(call("a")), result("a")]


def kinds(body: dict[str, Any], turn: int = 1) -> list[str]:
    return [block["type"] for block in body["messages"][turn]["content"]]


def test_thinking_goes_back_to_the_model_it_came_from() -> None:
    asked = {"messages": LOOP, "tools": [tool()], "reasoning_effort": "low"}
    for model in (LEGACY, NEW):
        own = {"a": Kept(served_model=model, blocks=[{**THOUGHT, "extra": 1}, HIDDEN])}
        body, lost = ask(asked, model, kept=own)
        assert body["messages"][1]["content"][:2] == [THOUGHT, HIDDEN]
        assert "thinking" in body
        assert lost == ()
        other = {"a": Kept(served_model="claude-opus-4-5", blocks=[THOUGHT])}
        body, lost = ask(asked, model, kept=other)
        assert kinds(body) == ["tool_use"]
        assert lost == (("reasoning_effort",) if model == LEGACY else ())
    assert "thinking" not in ask(asked, LEGACY)[0]
    assert kinds(
        ask({**asked, "reasoning_effort": "none"}, NEW, kept={"a": Kept(served_model=NEW, blocks=[THOUGHT])})[0]
    ) == ["tool_use"]


def test_thinking_comes_from_the_client_where_nothing_was_kept() -> None:
    said = [user(), calling(call("a"), thinking_blocks=[THOUGHT, {"type": "thinking"}, "?"]), result("a")]
    assert kinds(ask({"messages": said, "tools": [tool()]}, STRICT)[0]) == ["thinking", "tool_use"]


def test_only_the_open_loop_gets_its_thinking_and_gets_all_of_it() -> None:
    kept = {name: Kept(served_model=STRICT, blocks=[THOUGHT]) for name in "abc"}
    closed = [*LOOP, {"role": "assistant", "content": "So."}, user("Next?")]
    loop = [*closed, calling(call("b")), result("b"), calling(call("c")), result("c"), user("Also")]
    body, _ = ask({"messages": loop, "tools": [tool()]}, STRICT, kept=kept)
    assert [kinds(body, at)[0] for at in (1, 5, 7)] == ["tool_use", "thinking", "thinking"]
    kept.pop("b")
    body, _ = ask({"messages": loop, "tools": [tool()]}, STRICT, kept=kept)
    assert [kinds(body, at)[0] for at in (1, 5, 7)] == ["tool_use", "tool_use", "tool_use"]
