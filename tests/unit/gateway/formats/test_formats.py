"""The neutral model by itself: heads, sealed reasoning, names, stop sequences, and the way through two formats and back."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.common.errors import BadRequest
from services.gateway.domain.json_depth import MAX_DEPTH
from services.gateway.endpoints.generate import request as generate_request
from services.gateway.endpoints.messages import request as messages_request
from services.gateway.endpoints.messages.answer import MessageWriting, no_output, token_count
from services.gateway.endpoints.responses import request as responses_request
from services.gateway.formats.blocks import Answer, Call, Native, Text, Tool, Usage
from services.gateway.formats.deltas import (
    ArgumentPiece,
    Close,
    Count,
    Delta,
    InTurn,
    Open,
    Start,
    Stop,
    TextPiece,
    collect,
    pieces_of,
)
from services.gateway.formats.envelope import top_level
from services.gateway.formats.filters import StopSequences, client_answer
from services.gateway.formats.json_fields import encode
from services.gateway.formats.opaque import Sealer, Serving, holds_sealed, opened, unseal, without_reasoning
from services.gateway.formats.tool_names import ToolNames
from services.gateway.providers.anthropic import messages
from services.gateway.providers.anthropic.peek import seen_whole
from services.gateway.providers.google.peek import seen_whole as google_seen
from services.gateway.providers.openai.peek import seen_whole as openai_seen
from tests.unit.gateway.formats.judges import GPT, target, to_anthropic, to_responses
from tests.unit.gateway.formats.streams import ANTHROPIC, CIPHER, OPENAI, sealer


def test_heads() -> None:
    body = {
        "model": "m",
        "max_tokens": 5,
        "stream": True,
        "service_tier": "auto",
        "messages": [{"role": "user", "content": [{"type": "thinking", "thinking": "", "signature": "pr1.x"}]}],
        "tools": [{"name": "f"}, {"type": "web_search_20250305", "name": "web_search"}],
        "metadata": {"user_id": "u"},
        "container": "c",
    }
    sent = {"x-claude-code-session-id": "s", "x-claude-code-agent-id": "a"}
    found = messages_request.head(json.dumps(body).encode(), sent)
    assert (found.model, found.stream, found.max_tokens, found.tools) == ("m", True, 5, 2)
    assert (found.session, found.agent, found.end_user, found.tier) == ("s", "a", "u", "auto")
    assert found.flags == {"thinking", "sealed", "hosted", "bound:container"}
    answered = {"model": "m", "input": [{"type": "function_call_output"}], "user": "u", "conversation": "conv"}
    head = responses_request.head(json.dumps(answered).encode(), {"thread-id": "t"})
    assert (head.session, head.end_user) == ("t", "u")
    assert head.flags == {"tool_result", "bound:conversation"}
    config = {"generationConfig": {"maxOutputTokens": 7}, "contents": [], "tools": [{"functionDeclarations": [{}, {}]}]}
    asked = generate_request.head(json.dumps(config).encode(), {}, model="g", stream=True)
    assert (asked.max_tokens, asked.tools, asked.stream) == (7, 2, True)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"a":' + b"[" * 70 + b"]" * 70 + b"}", b'{"a":"\\ud800'])
def test_bodies_that_cannot_be_read(body: bytes) -> None:
    with pytest.raises(BadRequest):
        top_level(body)


def test_depth_is_counted_outside_of_strings() -> None:
    top_level(json.dumps({"a": "[" * 1000, "b": [{}] * 1000}).encode())
    nested: Any = 1
    for _ in range(MAX_DEPTH):
        nested = [nested]
    top_level(json.dumps({"a": nested}).encode())
    with pytest.raises(BadRequest, match="`a` is nested"):
        top_level(json.dumps({"a": [nested]}).encode())


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"model": 1}, "model"),
        ({"model": "m", "messages": []}, "max_tokens"),
        ({"model": "m", "max_tokens": 1, "messages": {}}, "messages"),
        (
            {"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": [{"text": "a"}]}]},
            "content[0].type",
        ),
        ({"model": "m", "max_tokens": 1, "messages": [{"role": "robot", "content": "a"}]}, "messages[0].role"),
    ],
)
def test_what_is_wrong_is_named(body: dict[str, Any], field: str) -> None:
    with pytest.raises(BadRequest, match=field.replace("[", r"\[").replace("]", r"\]")):
        messages_request.ask(messages_request.head(json.dumps(body).encode(), {}))


def test_sealed_reasoning_is_for_one_provider_key_and_model() -> None:
    native = Native(provider="anthropic", kind="thinking", payload="{}")
    text = sealer(ANTHROPIC).seal(native)
    assert text.startswith("pr1.")
    assert opened(text, CIPHER, ANTHROPIC) == native
    for other in (
        OPENAI,
        Serving(provider="anthropic", key_id="k2", model=ANTHROPIC.model),
        Serving(provider="anthropic", key_id="k1", model="claude-haiku-5-5"),
    ):
        assert opened(text, CIPHER, other) is None
    for broken in ("pr1.", "pr1.!!", "pr1." + CIPHER.seal(b"no json"), "pr2." + text[4:], ""):
        assert opened(broken, CIPHER, ANTHROPIC) is None


def test_reasoning_can_be_taken_out() -> None:
    block = {
        "type": "thinking",
        "thinking": "",
        "signature": Sealer(CIPHER, OPENAI).seal(Native(provider="o", kind="i", payload="")),
    }
    body = {
        "model": "m",
        "max_tokens": 1,
        "messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": [block]}],
    }
    ask = messages_request.ask(messages_request.head(json.dumps(body).encode(), {}))
    assert holds_sealed(ask)
    assert len(without_reasoning(ask).turns) == 1
    assert not holds_sealed(unseal(ask, CIPHER, ANTHROPIC).ask)


def test_names_of_tools() -> None:
    tools = [Tool(name="close", namespace="agents"), Tool(name="agents__close"), Tool(name="odd name"), Tool(name="f")]
    names = ToolNames(tools, [Call(id="c", name="gone", arguments=encode({}))], limit=64)
    sent = [names.sent(tool.name, tool.namespace) for tool in tools]
    assert sent[0] == "agents__close"
    assert len({*sent}) == 4
    assert " " not in sent[2]
    assert set(names.back) == set(sent[:3])
    assert names.sent("gone") == "gone"


@given(
    st.text("ab\n", max_size=12),
    st.lists(st.text("ab\n", min_size=1, max_size=4), max_size=3),
    st.lists(st.integers(0, 12)),
)
def test_an_answer_ends_before_its_first_stop_sequence(text: str, stops: list[str], places: list[int]) -> None:
    cuts = sorted({0, len(text), *(min(place, len(text)) for place in places)})
    pieces = [TextPiece(0, text[begin:end]) for begin, end in zip(cuts, cuts[1:], strict=False)]
    deltas: list[Delta] = [Start("m"), Open(0, "text"), *pieces, Close(0), Stop("end")]
    stopper = StopSequences(stops)
    out = [one for delta in deltas for one in stopper.take([delta])]
    found = "".join(delta.text for delta in out if isinstance(delta, TextPiece))
    places_of = [text.find(stop) for stop in stops if stop in text]
    if places_of:
        # The piece that completes a sequence decides; what came before it is never taken back.
        assert stopper.reached
        assert text.startswith(found)
        assert not any(stop in found for stop in stops)
        assert isinstance(out[-1], Stop)
        assert out[-1].reason == "stop_sequence"
        assert any(isinstance(delta, Count) and delta.usage.estimated for delta in out)
    else:
        assert found == text
    assert collect(out).blocks[0] == Text(text=found)


def test_a_whole_answer_is_cut_and_counted_in_full() -> None:
    usage = Usage(uncached=5, output=9)
    answer = Answer(model="m", blocks=(Text(text="ok\nHuman: x"),), stop="end", usage=usage)
    found, kept = client_answer(answer, stop=("\nHuman:",))
    assert (found.blocks, found.stop, found.stop_sequence) == ((Text(text="ok"),), "stop_sequence", "\nHuman:")
    assert found.usage == usage
    assert kept == {}
    assert collect(pieces_of(answer)) == answer


_ORDERS = st.lists(st.sampled_from((0, 1, 2)), max_size=30)


@given(_ORDERS)
def test_blocks_come_one_after_the_other(order: list[int]) -> None:
    opened: set[int] = set()
    deltas: list[Delta] = [Start("m")]
    for number, index in enumerate(order):
        if index not in opened:
            opened.add(index)
            deltas.append(Open(index, "call", f"c{index}", "f"))
        deltas.append(ArgumentPiece(index, str(number)))
    deltas += [*(Close(index) for index in sorted(opened, reverse=True)), Stop("end")]
    in_turn = InTurn()
    out = [one for delta in deltas for one in in_turn.take([delta])]
    current = None
    for delta in out:
        if isinstance(delta, Open):
            assert current is None
            current = delta.index
        elif isinstance(delta, ArgumentPiece):
            assert delta.index == current
        elif isinstance(delta, Close):
            assert delta.index == current
            current = None
    assert sorted(map(repr, out)) == sorted(map(repr, deltas))


_SAID = st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=6)
_TURNS = st.lists(
    st.one_of(
        st.builds(lambda text: [{"role": "user", "content": [{"type": "text", "text": text}]}], _SAID),
        st.builds(
            lambda text, given, said, failed: [
                {
                    "role": "assistant",
                    "content": [
                        {"type": "text", "text": text},
                        {"type": "tool_use", "id": "?", "name": "f", "input": given},
                    ],
                },
                {
                    "role": "user",
                    "content": [
                        {
                            "type": "tool_result",
                            "tool_use_id": "?",
                            "content": [{"type": "text", "text": said}],
                        }
                    ],
                },
            ],
            _SAID,
            st.dictionaries(_SAID, st.integers() | _SAID, max_size=2),
            _SAID,
            st.booleans(),
        ),
    ),
    min_size=1,
    max_size=4,
)


@settings(deadline=None)
@given(_TURNS)
def test_a_conversation_through_two_formats_and_back(groups: list[list[dict[str, Any]]]) -> None:
    turns: list[dict[str, Any]] = [{"role": "user", "content": [{"type": "text", "text": "begin"}]}]
    for number, group in enumerate(groups):
        for turn in group:
            turns.append(json.loads(json.dumps(turn).replace('"?"', f'"c{number}"')))
    tool = {"name": "f", "input_schema": {"type": "object", "properties": {"a": {"type": "string"}}}}
    body = {
        "model": "m",
        "max_tokens": 50,
        "messages": turns,
        "tools": [tool],
        "system": [{"type": "text", "text": "s"}],
    }
    ask = messages_request.ask(messages_request.head(json.dumps(body).encode(), {}))
    there, _ = to_responses(ask)
    back = responses_request.ask(responses_request.head(json.dumps(there).encode(), {}))
    found, _ = to_anthropic(back)
    merged: list[dict[str, Any]] = []
    for turn in turns:
        if merged and merged[-1]["role"] == turn["role"]:
            merged[-1] = {**merged[-1], "content": [*merged[-1]["content"], *turn["content"]]}
        else:
            merged.append(turn)
    assert found["messages"] == merged
    assert found["system"] == body["system"]
    assert found["tools"] == [tool]


def test_counting_and_prewarming() -> None:
    body = {"model": "m", "max_tokens": 0, "messages": [{"role": "user", "content": "a"}], "stream": True}
    ask = messages_request.ask(messages_request.head(json.dumps(body).encode(), {}))
    assert set(json.loads(messages.count_body(ask, target("claude-opus-5-5")))) == {"model", "messages"}
    assert json.loads(token_count(3)) == {"input_tokens": 3}
    answer = json.loads(no_output(GPT, MessageWriting(message_id="m")))
    assert (answer["content"], answer["usage"]["input_tokens"]) == ([], 0)


def test_1_8_17_what_several_models_did_is_counted_one_by_one() -> None:
    iterations = [
        {"type": "compaction", "input_tokens": 100, "output_tokens": 10},
        {"type": "fallback_message", "model": "claude-haiku-5-5", "input_tokens": 20, "output_tokens": 2},
    ]
    usage = {
        "input_tokens": 20,
        "output_tokens": 2,
        "iterations": iterations,
        "server_tool_use": {"web_search_requests": 3},
    }
    call = {"type": "tool_use", "id": "t1", "name": "f", "input": {}}
    body = {"id": "msg", "type": "message", "model": "claude-x", "content": [call], "stop_reason": "tool_use"}
    seen = seen_whole(json.dumps({**body, "usage": usage}).encode())
    assert seen.iterations == [
        ("claude-x", Usage(uncached=100, output=10)),
        ("claude-haiku-5-5", Usage(uncached=20, output=2)),
    ]
    assert (seen.units, seen.call_ids, seen.stop) == ({"web_search": 3}, ["t1"], "tool_use")
    response = {"id": "r", "status": "completed", "output": [], "usage": {"input_tokens": 4, "output_tokens": 1}}
    searched = {"tool_usage": {"web_search": {"num_requests": 2}}}
    assert openai_seen(json.dumps({**response, **searched}).encode()).units == {"web_search": 2}
    candidate = {"content": {"parts": [{"text": "a"}]}, "finishReason": "MAX_TOKENS"}
    assert google_seen(json.dumps({"candidates": [candidate]}).encode()).stop == "length"
    assert google_seen(b"<html>").failure is not None
