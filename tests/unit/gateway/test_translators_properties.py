"""Whatever a client says to whichever model: the body that goes out is one that the provider takes, and says it all."""

import contextlib
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.lib.streaming._deltas import accumulate_delta

from libs.common import catalog
from libs.common.errors import BadRequest
from services.gateway.domain import chat
from services.gateway.translate.dialect import Asked, Kept
from tests.fake_provider import strict
from tests.fake_provider.answer import sign
from tests.fixtures.dialects import DIALECTS
from tests.fixtures.three_providers import PROVIDERS, calls_sent, results_sent, texts_sent
from tests.unit.gateway.anthropic_wire import block, finish, on_the_wire, start

HEADERS = {"anthropic-version": "2023-06-01"}
KNOWN = catalog.load()
MODELS = [name for provider in PROVIDERS for name in KNOWN.of_provider(provider) if name not in KNOWN.aliases]
IMAGE = "aGFyYm91cg=="
IMAGE_PART = {"type": "image_url", "image_url": {"url": f"data:image/jpg;base64,{IMAGE}", "detail": "low"}}
EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh", "max"]
SCHEMAS: list[dict[str, Any]] = [
    {"type": "object", "properties": {}},
    {"type": "object", "properties": {"a": {"type": "integer", "minimum": 1}}, "required": ["a"]},
    {"type": "object", "properties": {"a": {"anyOf": [{"type": "string"}, {"type": "null"}]}}},
]

said = st.text(max_size=8) | st.sampled_from(["", " ", "\n", "Ærø — 8.70 m", '{"a": [1.50, "ø"]}', "[1]", "null", "."])
numbers = st.text("ab.:_-", min_size=1, max_size=40) | st.sampled_from(["call_0", "call.0", "call:0", "call_0_2"])
names = st.sampled_from(["f", "g", "look_up"])
arguments = st.sampled_from(["", "{}", '{"a":[1,2.5]}', "[]", "oops", '{"a": "ø"}', " "])
text_parts = st.builds(lambda text: {"type": "text", "text": text}, said)
image = st.just(IMAGE_PART)
content = said | st.lists(text_parts, min_size=1, max_size=3)
extras = st.sampled_from(
    [
        {},
        {"reasoning_content": "Hm."},
        {"thinking_blocks": [{"index": 0, "type": "thinking", "thinking": "Hm.", "signature": sign("Hm.")}]},
        {"name": "somebody"},
    ]
)
signed = st.sampled_from([{}, {"extra_content": {"google": {"thought_signature": sign("f")}}}])
calls = st.builds(
    lambda number, name, given, more: {
        "id": number,
        "type": "function",
        "function": {"name": name, "arguments": given},
        **more,
    },
    numbers,
    names,
    arguments,
    signed,
)


@st.composite
def rounds(draw: st.DrawFn, *, whole: bool) -> list[dict[str, Any]]:
    """Calls and their results; where not `whole`, some have none, and some results belong to no call."""
    made = draw(st.lists(calls, min_size=1, max_size=3, unique_by=lambda call: call["id"]))
    asks = {"role": "assistant", "content": draw(st.none() | content), "tool_calls": made, **draw(extras)}
    ids = draw(st.permutations([call["id"] for call in made]))
    if not whole:
        ids = [*ids[: draw(st.integers(0, len(ids)))], *draw(st.lists(numbers, max_size=2))]
    return [asks, *({"role": "tool", "tool_call_id": number, "content": draw(content)} for number in ids)]


def conversations(*, whole: bool) -> st.SearchStrategy[list[dict[str, Any]]]:
    plain = st.one_of(
        st.builds(
            lambda role, text: [{"role": role, "content": text}], st.sampled_from(["system", "developer"]), content
        ),
        st.builds(lambda text: [{"role": "user", "content": text}], content),
        st.builds(
            lambda parts: [{"role": "user", "content": parts}], st.lists(text_parts | image, min_size=1, max_size=3)
        ),
        st.builds(lambda text, more: [{"role": "assistant", "content": text, **more}], content, extras),
    )
    turns = st.lists(plain | rounds(whole=whole), min_size=1, max_size=7)
    return turns.map(lambda found: [message for turn in found for message in turn])


# OpenAI itself refuses calls without results; such a request passes as it is.
CONVERSATIONS = {provider: conversations(whole=provider == "openai") for provider in PROVIDERS}
OWN = {
    provider: st.sampled_from([name for name in MODELS if name in KNOWN.of_provider(provider)])
    for provider in PROVIDERS
}

parameters = st.fixed_dictionaries(
    {},
    optional={
        "temperature": st.floats(0, 2),
        "top_p": st.floats(0, 1),
        "max_tokens": st.integers(1, 200_000),
        "max_completion_tokens": st.integers(1, 200_000),
        "stop": st.lists(st.sampled_from(["\n", "END", "a"]), max_size=4) | st.just("END"),
        "reasoning_effort": st.sampled_from(EFFORTS),
        "response_format": st.sampled_from(
            [
                {"type": "text"},
                {"type": "json_object"},
                *({"type": "json_schema", "json_schema": {"name": "a", "schema": one}} for one in SCHEMAS),
            ]
        ),
        "presence_penalty": st.floats(-2, 2),
        "frequency_penalty": st.floats(-2, 2),
        "seed": st.integers(-(2**63), 2**63 - 1),
        "logprobs": st.booleans(),
        "n": st.just(1),
        "user": st.text(min_size=1, max_size=9),
        "service_tier": st.sampled_from(["auto", "default", "flex", "priority"]),
        "store": st.booleans(),
        "metadata": st.just({"team": "red"}),
    },
)
functions = st.builds(
    lambda name, schema, more: {"type": "function", "function": {"name": name, **schema, **more}},
    names,
    st.sampled_from([{}, *({"parameters": schema} for schema in SCHEMAS)]),
    st.sampled_from([{}, {"strict": True}, {"description": "It does."}]),
)


@st.composite
def tools(draw: st.DrawFn) -> dict[str, Any]:
    """Tools, and what may be said of them only where there are some."""
    found = draw(st.lists(functions, max_size=3, unique_by=lambda tool: tool["function"]["name"]))
    if not found:
        return {}
    one = {"type": "function", "function": {"name": found[0]["function"]["name"]}}
    choices = ["auto", "none", "required", one]
    optional = {"tool_choice": st.sampled_from(choices), "parallel_tool_calls": st.booleans()}
    return {"tools": found, **draw(st.fixed_dictionaries({}, optional=optional))}


TOOLS = tools()


def kept(messages: list[dict[str, Any]], models: list[str]) -> dict[str, Kept]:
    """What is remembered of the calls: the first model made them, the next made the next ones, and so on."""
    ids = list(dict.fromkeys(call["id"] for message in messages for call in message.get("tool_calls") or ()))
    thought = {"type": "thinking", "thinking": "Hm.", "signature": sign("Hm.")}
    return {
        number: Kept(served_model=model, signature=sign("f"), blocks=[thought])
        for number, model in zip(ids, models, strict=False)
    }


def spoken(messages: list[dict[str, Any]]) -> Iterator[str]:
    """The texts that must not be lost; what is blank says nothing."""
    for message in messages:
        if message["role"] in ("user", "tool"):
            found = message["content"]
            texts = [found] if isinstance(found, str) else [part.get("text", "") for part in found]
            yield from (text for text in texts if text.strip())


@pytest.mark.parametrize("provider", PROVIDERS)
@settings(deadline=None)
@given(data=st.data(), stream=st.booleans())
def test_every_body_is_taken_and_holds_what_was_said(provider: str, data: st.DataObject, stream: bool) -> None:
    messages, model = data.draw(CONVERSATIONS[provider]), data.draw(OWN[provider])
    other = data.draw(st.sampled_from([model, model, "gpt-4o"]))
    asked = {"model": model, "messages": messages, "stream": stream, **data.draw(parameters), **data.draw(TOOLS)}
    read = chat.parse(json.dumps(asked).encode())
    request = Asked(
        raw=read.raw,
        messages=read.raw["messages"],
        model=model,
        known=KNOWN.find(model),
        stream=stream,
        kept=kept(messages, [other] * data.draw(st.integers(0, 3))),
    )
    out = DIALECTS[provider].request(request)
    assert DIALECTS[provider].request(request) == out, "the same twice"
    assert {*out.dropped} <= asked.keys() - {"model", "messages", "stream", "tools"}
    body = json.loads(out.body)
    sent = strict.Sent(model, body, HEADERS, stream)
    refused = strict.refusal(provider, sent)
    assert refused is None, refused
    found = texts_sent(body)
    everything = json.dumps(body)
    for text in spoken(messages):
        assert any(text in one for one in found) or json.dumps(json.loads(text)) in everything
    made = [call["function"]["name"] for message in messages for call in message.get("tool_calls") or ()]
    out_calls = calls_sent(provider, body)
    assert Counter(name for _, name, _ in out_calls) == Counter(made)
    assert {number for number, _ in results_sent(provider, body)} <= {number for number, *_ in out_calls}
    images = sum(part == IMAGE_PART for m in messages if isinstance(m["content"], list) for part in m["content"])
    assert sum(IMAGE in one for one in found) == images


@settings(deadline=None)
@given(
    value=st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=4), st.lists, max_leaves=4),
    where=st.integers(0, 9),
)
def test_nonsense_is_a_bad_request_and_nothing_worse(value: Any, where: int) -> None:
    fields = ["tools", "tool_choice", "response_format", "stop", "reasoning_effort", "n", "functions", "function_call"]
    asked: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "a"}]}
    if where < len(fields):
        asked[fields[where]] = value
    else:
        asked["messages"] = [
            {"role": ("user", "tool")[where - 8], "content": [{"type": "image_url", "image_url": value}]}
        ]
    try:
        read = chat.parse(json.dumps(asked).encode())
    except BadRequest:
        return
    for provider, model in (("anthropic", "claude-opus-5-5"), ("google", "gemini-3.8-flash"), ("openai", "gpt-5")):
        request = Asked(raw=read.raw, messages=read.raw["messages"], model=model, known=KNOWN.find(model), stream=False)
        with contextlib.suppress(BadRequest):
            DIALECTS[provider].request(request)


def test_openai_s_own_collector_takes_several_thoughts_of_one_message() -> None:
    thought = {"type": "thinking", "thinking": "", "signature": ""}
    tool = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}}
    one, two = ({"type": "signature_delta", "signature": sign(name)} for name in "ab")
    hidden = {"type": "redacted_thinking", "data": "eA=="}
    events = [
        start(),
        *block(0, thought, one),
        *block(1, hidden),
        *block(2, tool),
        *block(3, thought, two),
        *finish("tool_use"),
    ]
    chunks = DIALECTS["anthropic"].chunks(model="claude-opus-5-5", request_id="r", created=1).feed(on_the_wire(events))
    collected: dict[object, object] = {}
    for chunk in map(msgspec.json.decode, chunks[:-1]):
        for choice in chunk["choices"]:
            collected = accumulate_delta(collected, choice["delta"])
    blocks: Any = collected["thinking_blocks"]
    assert [found["type"] for found in blocks] == ["thinking", "redacted_thinking", "thinking"]
    assert [found.get("signature") for found in blocks] == [sign("a"), None, sign("b")]
