"""Whatever a conversation or a stream looks like: the API's rules hold, nothing said is lost, no cut matters."""

from typing import Any

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from libs.common import catalog
from services.gateway.providers.anthropic.chat import ANTHROPIC
from services.gateway.translate.dialect import Kept
from tests.unit.gateway.anthropic_wire import (
    EVENT,
    ask,
    block,
    call,
    calling,
    finish,
    on_the_wire,
    result,
    start,
    tool,
    user,
)

MODELS = [*catalog.load().of_provider("anthropic"), "claude-of-tomorrow"]
THOUGHT = {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}
TEXTS = st.sampled_from(["", " ", "a", "b \n", "Ω"])
IDS = st.sampled_from(["a.1", "a:1", "a_1", "call_0", "call_0__thought__x", "", "å", "a_1_2"])
ARGUMENTS = st.sampled_from(["", "{}", '{"a":[1]}', "[]", "oops", None])
MARKS = st.sampled_from(
    [{}, {"cache_control": {"type": "ephemeral", "ttl": "1h"}}, {"prompt_cache_breakpoint": {"ttl": "30m"}}]
)
PARTS = st.lists(st.builds(lambda said, mark: {"type": "text", "text": said, **mark}, TEXTS, MARKS), max_size=3)
CONTENT = TEXTS | PARTS
MESSAGES = st.one_of(
    st.builds(user, CONTENT),
    st.builds(lambda content: {"role": "system", "content": content}, CONTENT),
    st.builds(lambda content: {"role": "assistant", "content": content}, CONTENT),
    st.builds(
        lambda calls, content, more: {**calling(*calls), "content": content, **more},
        st.lists(st.builds(call, IDS, ARGUMENTS, of=st.sampled_from("fg")), min_size=1, max_size=3),
        CONTENT | st.none(),
        st.sampled_from([{}, {"thinking_blocks": [THOUGHT]}]),
    ),
    st.builds(result, IDS, CONTENT),
    st.builds(lambda content: {"role": "function", "name": "f", "content": content}, TEXTS),
    st.just({"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}}),
)
CHOICES = st.sampled_from([None, "auto", "none", "required", tool("f")])
PARAMETERS = st.fixed_dictionaries(
    {},
    optional={
        "temperature": st.floats(0, 2),
        "top_p": st.floats(0, 1),
        "max_tokens": st.integers(1, 200_000),
        "stop": st.lists(st.sampled_from(["\n", "END"]), max_size=3),
        "reasoning_effort": st.sampled_from(["none", "minimal", "low", "medium", "high", "xhigh", "max"]),
        "response_format": st.sampled_from(
            [{"type": "json_object"}, {"type": "json_schema", "json_schema": {"schema": {"type": "object"}}}]
        ),
        "parallel_tool_calls": st.booleans(),
        "service_tier": st.sampled_from(["auto", "default", "flex"]),
        "user": st.text(min_size=1, max_size=9),
        "seed": st.integers(0, 9),
        "n": st.just(1),
    },
)


@example(
    messages=[
        {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
        {"role": "system", "content": "a"},
        {"role": "assistant", "content": "b"},
    ],
    parameters={},
    tools={},
    choice=None,
    model="claude-sonnet-5",
    stream=False,
    keeps=False,
)
@settings(deadline=None)  # the first example reads the SDK's types
@given(
    messages=st.lists(MESSAGES, min_size=1, max_size=12),
    parameters=PARAMETERS,
    tools=st.sampled_from([{}, {"tools": [tool("f"), tool("g", strict=True)]}]),
    choice=CHOICES,
    model=st.sampled_from(MODELS),
    stream=st.booleans(),
    keeps=st.booleans(),
)
def test_every_body_keeps_the_rules(
    messages: list[dict[str, Any]],
    parameters: dict[str, Any],
    tools: dict[str, Any],
    choice: Any,
    model: str,
    stream: bool,
    keeps: bool,
) -> None:
    kept = {name: Kept(served_model=model, blocks=[THOUGHT]) for name in ("a.1", "call_0")} if keeps else {}
    known = catalog.load().find(model)
    asked = {"model": model, "messages": messages, **parameters, **tools}
    if choice is not None:
        asked["tool_choice"] = choice
    body, dropped = ask(asked, known.name if known is not None else model, stream=stream, kept=kept)
    assert set(dropped) <= asked.keys()
    assert not {"model", "messages", "stream", "tools", "n"} & set(dropped)
    said = msgspec.json.encode([body.get("system", []), body["messages"]]).decode()
    for message in messages:
        content = message.get("content") or ""
        for part in [content] if isinstance(content, str) else [part["text"] for part in content]:
            assert msgspec.json.encode(part.strip()).decode()[1:-1] in said


@settings(deadline=None)
@given(messages=st.lists(MESSAGES, min_size=2, max_size=10), more=MESSAGES)
def test_a_longer_conversation_begins_like_the_shorter_one(
    messages: list[dict[str, Any]], more: dict[str, Any]
) -> None:
    plain = [message for message in messages if message["role"] != "system"] or [user()]
    before, _ = ask({"messages": [*plain, user("x")]}, "claude-haiku-4-5")
    after, _ = ask({"messages": [*plain, user("x"), {"role": "assistant", "content": "y"}, more]}, "claude-haiku-4-5")

    def bare(turns: list[dict[str, Any]]) -> list[Any]:
        # Which breakpoints are the last four depends on what follows.
        return [[{**block, "cache_control": None} for block in turn["content"]] for turn in turns]

    assert bare(after["messages"])[: len(before["messages"])] == bare(before["messages"])


def events(parts: list[tuple[str, list[str]]]) -> list[EVENT]:
    """A stream of text, thinking and call blocks, cut into the given pieces."""
    found: list[EVENT] = [start()]
    for index, (kind, pieces) in enumerate(parts):
        if kind == "text":
            deltas = [{"type": "text_delta", "text": piece} for piece in pieces]
            found += block(index, {"type": "text", "text": ""}, *deltas)
        elif kind == "thinking":
            deltas = [{"type": "thinking_delta", "thinking": piece} for piece in pieces]
            opened = {"type": "thinking", "thinking": "", "signature": ""}
            found += block(index, opened, *deltas, {"type": "signature_delta", "signature": "c2ln"})
        else:
            deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in ["{", '"a": "', *pieces, '"}']]
            found += block(index, {"type": "tool_use", "id": f"toolu_{index}", "name": "f", "input": {}}, *deltas)
    return [*found, *finish("tool_use")]


PIECES = st.lists(st.text("aé👋ж ", max_size=4), max_size=4)
STREAMS = st.lists(st.tuples(st.sampled_from(["text", "thinking", "call"]), PIECES), max_size=5)


@given(parts=STREAMS, newline=st.sampled_from([b"\n", b"\r\n"]))
def test_what_was_streamed_is_what_was_said(parts: list[tuple[str, list[str]]], newline: bytes) -> None:
    stream = ANTHROPIC.chunks(model="claude-sonnet-5", request_id="r", created=1)
    sent = stream.feed(on_the_wire(events(parts), newline=newline))
    deltas = [choice["delta"] for chunk in sent[:-1] for choice in msgspec.json.decode(chunk)["choices"]]

    def joined(kind: str) -> str:
        return "".join("".join(pieces) for part, pieces in parts if part == kind)

    assert "".join(delta.get("content") or "" for delta in deltas) == joined("text")
    assert "".join(delta.get("reasoning_content") or "" for delta in deltas) == joined("thinking")
    calls: dict[int, str] = {}
    for one in (one for delta in deltas for one in delta.get("tool_calls", ())):
        calls[one["index"]] = calls.get(one["index"], "") + one["function"]["arguments"]
    asked = ["".join(pieces) for part, pieces in parts if part == "call"]
    assert [msgspec.json.decode(arguments) for arguments in calls.values()] == [{"a": said} for said in asked]
    assert list(calls) == list(range(len(asked)))
    assert {msgspec.json.decode(chunk)["id"] for chunk in sent[:-1]} == {"chatcmpl-01AbC"}


def test_a_body_cut_anywhere_gives_the_same_chunks() -> None:
    parts = [("thinking", ["é"]), ("text", ["👋", " ж"]), ("call", ["1"]), ("call", [])]
    for newline in (b"\n", b"\r\n"):
        body = on_the_wire(events(parts), newline=newline)
        whole = ANTHROPIC.chunks(model="m", request_id="r", created=1).feed(body)
        for at in range(len(body) + 1):
            stream = ANTHROPIC.chunks(model="m", request_id="r", created=1)
            assert [*stream.feed(body[:at]), *stream.feed(body[at:]), *stream.end()] == whole
        dribble = ANTHROPIC.chunks(model="m", request_id="r", created=1)
        assert [chunk for at in range(len(body)) for chunk in dribble.feed(body[at : at + 1])] == whole
