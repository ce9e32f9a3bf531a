"""What goes to Gemini of a conversation: each body is checked against Google's own SDK before anything else."""

from collections.abc import Mapping
from typing import Any

import pytest

from libs.common.errors import BadRequest
from services.gateway.translate.dialect import Kept
from tests.unit.gateway.google_asking import HELLO, NEW, OLD, TOOL, ask
from tests.unit.gateway.google_sdk import accepted

DUMMY = "skip_thought_signature_validator"


def sent(messages: list[dict[str, Any]], model: str = OLD, kept: Mapping[str, Kept] | None = None) -> dict[str, Any]:
    return accepted(ask({"messages": messages}, model, kept=kept).body)


def call(identity: str | None, name: str = "f", arguments: str = "{}", **more: Any) -> dict[str, Any]:
    return {"id": identity, "type": "function", "function": {"name": name, "arguments": arguments}, **more}


def said(*calls: dict[str, Any], content: Any = None) -> dict[str, Any]:
    return {"role": "assistant", "content": content, "tool_calls": list(calls)}


def result(identity: str, content: Any) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": identity, "content": content}


def user(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"role": "user", "parts": list(parts)}


def model(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"role": "model", "parts": list(parts)}


def text(found: str) -> dict[str, Any]:
    return {"text": found}


def called(identity: str, name: str = "f", **args: Any) -> dict[str, Any]:
    return {"functionCall": {"id": identity, "name": name, "args": args}}


def answered(identity: str, response: dict[str, Any], name: str = "f") -> dict[str, Any]:
    return {"functionResponse": {"id": identity, "name": name, "response": response}}


@pytest.mark.parametrize(
    ("messages", "contents"),
    [
        (HELLO, [user(text("Hello"))]),
        ([{"role": "assistant", "content": "Hi"}], [user(text(".")), model(text("Hi"))]),
        ([*HELLO, *HELLO], [user(text("Hello"), text("Hello"))]),
        ([*HELLO, {"role": "assistant", "content": "Hel"}], [user(text("Hello")), model(text("Hel"))]),
        ([{"role": "user", "content": ""}], [user(text("."))]),
        ([*HELLO, {"role": "assistant", "content": ""}, *HELLO], [user(text("Hello"), text("Hello"))]),
        (
            [*HELLO, {"role": "assistant", "content": None, "refusal": "No."}, *HELLO],
            [user(text("Hello")), model(text("No.")), user(text("Hello"))],
        ),
        (
            [
                *HELLO,
                {"role": "assistant", "content": [{"type": "text", "text": "a"}, {"type": "refusal", "refusal": "b"}]},
            ],
            [user(text("Hello")), model(text("a"), text("b"))],
        ),
        # Results come in the order of the calls, right after them, and join the user's next words.
        (
            [*HELLO, said(call("a"), call("b", "g"), content="ok"), result("b", "2"), result("a", '{"n": 1}'), *HELLO],
            [
                user(text("Hello")),
                model(text("ok"), called("a"), called("b", "g")),
                user(answered("a", {"n": 1}), answered("b", {"output": "2"}, "g"), text("Hello")),
            ],
        ),
        (
            [*HELLO, said(call("a")), said(call("b")), result("b", "2"), result("a", "1")],
            [
                user(text("Hello")),
                model(called("a")),
                user(answered("a", {"output": "1"})),
                model(called("b")),
                user(answered("b", {"output": "2"})),
            ],
        ),
        # Unanswered, answered twice, answered by nobody's call.
        (
            [*HELLO, said(call("a"))],
            [user(text("Hello")), model(called("a")), user(answered("a", {"error": "no result"}))],
        ),
        (
            [*HELLO, said(call("a")), result("a", "1"), result("a", "again"), result("z", "orphan")],
            [
                user(text("Hello")),
                model(called("a")),
                user(answered("a", {"output": "1"}), text("again"), text("orphan")),
            ],
        ),
        # The same id in two turns, and in one.
        (
            [*HELLO, said(call("a")), result("a", "1"), said(call("a")), result("a", "2")],
            [
                user(text("Hello")),
                model(called("a")),
                user(answered("a", {"output": "1"})),
                model(called("a")),
                user(answered("a", {"output": "2"})),
            ],
        ),
        (
            [*HELLO, said(call("a"), call("a")), result("a", "1"), result("a", "2")],
            [
                user(text("Hello")),
                model(called("a"), called("a")),
                user(answered("a", {"output": "1"}), answered("a", {"output": "2"})),
            ],
        ),
        # Ids that carry a signature from elsewhere lose it on both sides.
        (
            [*HELLO, said(call("a__thought__Zm9v")), result("a__thought__Zm9v", "1")],
            [user(text("Hello")), model(called("a")), user(answered("a", {"output": "1"}))],
        ),
        (
            [*HELLO, said(call("a")), result("a", [{"type": "text", "text": '{"n":'}, {"type": "text", "text": "1}"}])],
            [user(text("Hello")), model(called("a")), user(answered("a", {"n": 1}))],
        ),
        # The older form, which has no ids.
        (
            [
                *HELLO,
                {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": '{"x": 1}'}},
                {"role": "function", "name": "f", "content": "1"},
            ],
            [
                user(text("Hello")),
                model({"functionCall": {"name": "f", "args": {"x": 1}}}),
                user({"functionResponse": {"name": "f", "response": {"output": "1"}}}),
            ],
        ),
    ],
)
def test_turns(messages: list[dict[str, Any]], contents: list[dict[str, Any]]) -> None:
    assert sent(messages)["contents"] == contents


def test_system_and_developer_messages_become_the_instruction_in_their_order() -> None:
    messages = [
        {"role": "system", "content": "One."},
        {"role": "user", "content": "Hello"},
        {"role": "developer", "content": [{"type": "text", "text": "Two."}, {"type": "text", "text": ""}]},
        {"role": "system", "content": ""},
    ]
    body = sent(messages)
    assert body["systemInstruction"] == {"parts": [text("One."), text("Two.")]}
    assert body["contents"] == [user(text("Hello"))]
    assert sent(messages[:1])["contents"] == [user(text("."))]
    assert "systemInstruction" not in sent(messages[1:2])


def test_a_model_without_system_instructions_reads_them_first() -> None:
    body = sent([{"role": "system", "content": "One."}, *HELLO], "gemma-3-27b-it")
    assert body["contents"] == [user(text("One."), text("Hello"))]
    assert "systemInstruction" not in body


@pytest.mark.parametrize(
    ("arguments", "args"),
    [
        ('{"a": [1, 2]}', {"a": [1, 2]}),
        ("", {}),
        (" ", {}),
        ("{", {"_raw": "{"}),
        ("[1]", {"_raw": "[1]"}),
        ('{"a": NaN}', {"_raw": '{"a": NaN}'}),
        ("[" * 5000, {"_raw": "[" * 5000}),
    ],
)
def test_arguments_are_an_object_whatever_the_client_has(arguments: str, args: dict[str, Any]) -> None:
    body = sent([*HELLO, said(call("a", arguments=arguments))])
    assert body["contents"][1]["parts"][0]["functionCall"]["args"] == args


def test_numbers_reach_the_model_as_they_were_written() -> None:
    body = ask({"messages": [*HELLO, said(call("a", arguments='{"n": 1.10, "id": 98765432109876543210}'))]}).body
    assert b'{"n": 1.10, "id": 98765432109876543210}' in body


KEPT = {"a": Kept(served_model=NEW, signature="a2VwdA=="), "b": Kept(served_model="gemini-3.5-flash", signature="b3Ro")}
EXTRA = {"extra_content": {"google": {"thought_signature": "ZXh0cmE="}}}


@pytest.mark.parametrize(
    ("calls", "served", "signatures"),
    [
        ([call("a"), call("c")], NEW, ["a2VwdA==", None]),
        ([call("a__thought__Zm9v")], NEW, ["a2VwdA=="]),
        ([call("a", **EXTRA)], NEW, ["ZXh0cmE="]),
        ([call("c", **EXTRA)], OLD, ["ZXh0cmE="]),
        ([call("c"), call("d")], NEW, [DUMMY, None]),
        ([call("b")], NEW, [DUMMY]),
        ([call("b", **EXTRA)], NEW, [DUMMY]),
        ([call("c"), call("a")], NEW, [DUMMY, "a2VwdA=="]),
        ([call("c")], "gemini-flash-latest", [DUMMY]),
        ([call("c"), call("a")], OLD, [None, None]),
        ([call("c", extra_content={"google": None})], NEW, [DUMMY]),
        ([call("c", extra_content="x")], NEW, [DUMMY]),
    ],
)
def test_signatures(calls: list[dict[str, Any]], served: str, signatures: list[str | None]) -> None:
    parts = sent([*HELLO, said(*calls)], served, KEPT)["contents"][1]["parts"]
    assert [part.get("thoughtSignature") for part in parts] == signatures


def test_every_turn_of_calls_begins_signed() -> None:
    body = sent([*HELLO, said(call("c"), call("d")), result("c", "1"), result("d", "2"), said(call("e"))], NEW)
    found = [[part.get("thoughtSignature") for part in turn["parts"]] for turn in body["contents"][1::2]]
    assert found == [[DUMMY, None], [DUMMY]]


def image(url: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url, "detail": "high"}}


def audio(data: str, kind: str) -> dict[str, Any]:
    return {"type": "input_audio", "input_audio": {"data": data, "format": kind}}


def inline(kind: str, data: str = "QUJD") -> dict[str, Any]:
    return {"inlineData": {"mimeType": kind, "data": data}}


def linked(kind: str, url: str) -> dict[str, Any]:
    return {"fileData": {"mimeType": kind, "fileUri": url}}


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (image("data:image/png;base64,QUJD"), inline("image/png")),
        (image("data:image/jpg;base64,QUJD"), inline("image/jpeg")),
        (image("DATA:image/WEBP;charset=x;base64,QUJD"), inline("image/webp")),
        (image("https://x.org/a.PNG?size=1"), linked("image/png", "https://x.org/a.PNG?size=1")),
        (image("https://x.org/a"), linked("image/jpeg", "https://x.org/a")),
        (image("https://x.org/a.jpg"), linked("image/jpeg", "https://x.org/a.jpg")),
        (audio("QUJD", "wav"), inline("audio/wav")),
        (audio("QUJD", "mp3"), inline("audio/mp3")),
        (
            {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,QUJD"}},
            inline("application/pdf"),
        ),
    ],
)
def test_parts_keep_their_order(part: dict[str, Any], expected: dict[str, Any]) -> None:
    content = [
        {"type": "text", "text": "before"},
        part,
        {"type": "text", "text": ""},
        {"type": "text", "text": "after"},
    ]
    found = sent([{"role": "user", "content": content}])["contents"][0]["parts"]
    assert found == [text("before"), expected, text("after")]


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (
            {"messages": [{"role": "user", "content": [image("http://x.org/a.png")]}]},
            "messages[0].content[0].image_url.url",
        ),
        ({"messages": [{"role": "user", "content": [image("gs://x/a.png")]}]}, "messages[0].content[0].image_url.url"),
        ({"messages": [{"role": "user", "content": [image("https://[x/a")]}]}, "messages[0].content[0].image_url.url"),
        ({"messages": [{"role": "user", "content": [image("https:///a")]}]}, "messages[0].content[0].image_url.url"),
        (
            {"messages": [{"role": "user", "content": [image("data:image/png,x")]}]},
            "messages[0].content[0].image_url.url",
        ),
        (
            {"messages": [{"role": "user", "content": [image("data:image/png;base64,")]}]},
            "messages[0].content[0].image_url.url",
        ),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "messages[0].content[0]"),
        ({"messages": [{"role": "user", "content": [audio("", "wav")]}]}, "messages[0].content[0].input_audio"),
        ({"messages": [{"role": "user", "content": [audio("QUJD", "x/y")]}]}, "messages[0].content[0].input_audio"),
        (
            {"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_id": "f"}}]}]},
            "messages[0].content[0].file.file_id",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "file", "file": {}}]}]},
            "messages[0].content[0].file.file_data",
        ),
        ({"messages": [{"role": "user", "content": [{"type": "video_url"}]}]}, "messages[0].content[0].type"),
        ({"messages": [{"role": "system", "content": [image("https://x.org/a")]}]}, "messages[0].content[0]"),
        (
            {"messages": [*HELLO, said({"id": "a", "type": "custom", "custom": {}})]},
            "messages[1].tool_calls[0].function",
        ),
        ({"messages": [*HELLO, said(call("a", "no name"))]}, "messages[1].tool_calls[0].function.name"),
        ({"tools": [{"type": "custom", "custom": {"name": "x"}}]}, "tools"),
        ({"tools": [{"type": "function", "function": {"name": "1x"}}]}, "tools[0].function.name"),
        ({"functions": [{"name": "x" * 129}]}, "functions[0].name"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "other"}}}, "tool_choice"),
        ({"tools": [TOOL], "tool_choice": {"type": "function"}}, "tool_choice"),
        ({"tools": [TOOL], "tool_choice": {"type": "custom", "custom": {"name": "x"}}}, "tool_choice.type"),
        (
            {"tools": [TOOL], "tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": []}}},
            "tool_choice",
        ),
        ({"functions": [TOOL["function"]], "function_call": {"name": "other"}}, "function_call"),
        ({"response_format": {"type": "grammar"}}, "response_format.type"),
        ({"reasoning_effort": "lots"}, "reasoning_effort"),
        ({"stop": ["a"] * 6}, "stop"),
        ({"n": 2}, "n"),
        ({"seed": "x"}, "seed"),
    ],
)
def test_what_has_no_form_is_refused_by_name(body: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequest) as error:
        ask(body)
    assert error.value.details.param == param
    assert error.value.message.startswith(f"`{param}`")
