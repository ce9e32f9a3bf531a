"""Messages in, the same messages out: nothing is lost on the way through the neutral model."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.endpoints.messages import request
from services.gateway.formats.blocks import Call, Native, Reasoning, Result, Text
from services.gateway.formats.build import Target
from services.gateway.formats.envelope import with_model
from services.gateway.formats.opaque import unseal
from services.gateway.providers.anthropic import messages
from tests.unit.gateway.formats.recorded import parameters
from tests.unit.gateway.formats.streams import ANTHROPIC, CIPHER, OPENAI, sealer


def envelope_of(body: dict[str, Any]) -> Any:
    """A parsed body; counts have no limit, so they get one."""
    return request.head(json.dumps({"max_tokens": 100, **body}).encode(), {})


@pytest.mark.parametrize("body", parameters("claude-code", "/v1/messages"))
def test_a_recorded_body_comes_out_as_it_went_in(body: dict[str, Any]) -> None:
    ask = request.ask(envelope_of(body))
    assert json.loads(messages.own_body(ask, body["model"])) == {"max_tokens": 100, **body}


@pytest.mark.parametrize("body", parameters("claude-code", "/v1/messages"))
def test_1_8_2_only_the_model_differs(body: dict[str, Any]) -> None:
    raw = json.dumps({"max_tokens": 9, **body}, indent=1).encode()
    found = with_model(request.head(raw, {}), "claude-other")
    assert found == raw.replace(json.dumps(body["model"]).encode(), b'"claude-other"', 1)


def test_the_model_is_replaced_however_the_body_is_written() -> None:
    for raw, expected in (
        (b' {"a":"model","model" : "x" , "b":{"model":"y"}}', b' {"a":"model","model" : "z" , "b":{"model":"y"}}'),
        (b'{"b":[1,2],"model":"x"}', b'{"b":[1,2],"model":"z"}'),
    ):
        assert with_model(request.head(raw, {}), "z") == expected
    for twice in (b'{"model":"x","model":"y","a":1}', b'{"model":"x","model":"x","a":1}', b'{"mod\\u0065l":"y","a":1}'):
        assert json.loads(with_model(request.head(twice, {}), "z")) == {"model": "z", "a": 1}


def test_1_8_3_signed_thinking_keeps_its_bytes() -> None:
    block = b'{"signature":"abc\\u00e9","type":"thinking","thinking":""}'
    body = (
        b'{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"a"},{"content":[%b],"role":"assistant"}]}'
        % block
    )
    assert block in messages.own_body(request.ask(request.head(body, {})), "m")


def test_1_8_4_sealed_thinking_of_another_provider_leaves_its_turn() -> None:
    signature = sealer(OPENAI).seal(Native(provider="openai", kind="item", payload="{}"))
    thinking = {"type": "thinking", "thinking": "x", "signature": signature}
    turns: list[dict[str, Any]] = [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": [thinking]},
        {"role": "user", "content": [{"type": "text", "text": "b", "cache_control": {"type": "ephemeral"}}]},
        {"role": "assistant", "content": [thinking, {"type": "text", "text": "c"}]},
        {"role": "user", "content": "d"},
    ]
    envelope = envelope_of({"model": "m", "messages": turns})
    assert "sealed" in envelope.flags
    found = unseal(request.ask(envelope), CIPHER, ANTHROPIC)
    sent = json.loads(messages.own_body(found.ask, "m"))["messages"]
    assert sent == [turns[0], turns[2], {"role": "assistant", "content": [{"type": "text", "text": "c"}]}, turns[4]]
    assert found.removed == 2


def test_the_neutral_request_has_what_the_body_says() -> None:
    ask = request.ask(
        envelope_of(
            {
                "model": "m",
                "stream": True,
                "messages": [
                    {"role": "user", "content": "a"},
                    {
                        "role": "assistant",
                        "content": [{"type": "tool_use", "id": "t1", "name": "f", "input": {"x": 1.0}}],
                    },
                    {
                        "role": "user",
                        "content": [{"type": "tool_result", "tool_use_id": "t1", "is_error": True, "content": "no"}],
                    },
                    {"role": "assistant", "content": [{"type": "thinking", "thinking": "t", "signature": "s"}]},
                ],
                "metadata": {"user_id": '{"session_id":"s1","device_id":"d"}'},
                "thinking": {"type": "enabled", "budget_tokens": 2048},
                "output_config": {"effort": "high"},
            }
        )
    )
    said, call, result, thought = (turn.blocks[0] for turn in ask.turns)
    assert isinstance(said, Text)
    assert isinstance(call, Call)
    assert bytes(call.arguments) == b'{"x": 1.0}'
    assert isinstance(result, Result)
    assert result.error
    assert isinstance(thought, Reasoning)
    assert (ask.session, ask.thinking.budget, ask.thinking.effort, ask.stream) == ("s1", 2048, "high", True)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=4), below, max_size=3),
    max_leaves=6,
)
_CACHE = st.sampled_from(({}, {"cache_control": {"type": "ephemeral"}}))
_TEXTS = st.builds(lambda text, cache: {"type": "text", "text": text, **cache}, st.text(max_size=12), _CACHE)
_RESULTS = st.builds(
    lambda content: {"type": "tool_result", "tool_use_id": "t", "content": content},
    st.text(max_size=6) | st.lists(_TEXTS, max_size=2),
)
_CALLS = st.builds(
    lambda given: {"type": "tool_use", "id": "t", "name": "f", "input": given},
    st.dictionaries(st.text(max_size=3), _JSON, max_size=3),
)
_OTHERS = st.sampled_from(
    (
        {"type": "thinking", "thinking": "", "signature": "s"},
        {"type": "redacted_thinking", "data": "d"},
        {"type": "image", "source": {"type": "url", "url": "https://x.example/a.png"}},
        {"type": "something_new", "value": [1, {"a": None}]},
        {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "q"}},
    )
)
_CONTENT = st.text(max_size=12) | st.lists(_TEXTS | _RESULTS | _CALLS | _OTHERS, max_size=4)
_MESSAGES = st.lists(
    st.builds(
        lambda role, content, more: {"role": role, "content": content, **more},
        st.sampled_from(("user", "assistant", "system")),
        _CONTENT,
        st.sampled_from(({}, {"output_config": {"effort": "low"}})),
    ),
    max_size=4,
)


@given(_MESSAGES, _CONTENT, st.dictionaries(st.sampled_from(("foo", "speed", "container")), _JSON, max_size=2))
def test_any_body_comes_out_as_it_went_in(turns: Any, system: Any, more: dict[str, Any]) -> None:
    body = {"model": "m", "max_tokens": 5, "messages": turns, "system": system, **more}
    ask = request.ask(request.head(json.dumps(body).encode(), {}))
    assert json.loads(messages.build(ask, Target(model="m")).body) == body
