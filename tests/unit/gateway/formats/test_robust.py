"""Whatever comes, readers raise nothing, and what they have to look at for long they look at once."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.errors import BadRequest
from services.gateway.domain.attempts import Failure
from services.gateway.endpoints.generate import request as generate_request
from services.gateway.endpoints.generate.answer import GenerateStream, GenerateWriting
from services.gateway.endpoints.messages import request as messages_request
from services.gateway.endpoints.messages.answer import MessageStream, MessageWriting
from services.gateway.endpoints.responses import request as responses_request
from services.gateway.endpoints.responses.answer import ResponseStream, ResponseWriting
from services.gateway.formats.blocks import Ask
from services.gateway.formats.deltas import Delta, Fail, Open, Start, Stop, StreamWriter, TextPiece
from services.gateway.formats.filters import ClientDeltas, StopSequences
from services.gateway.providers.anthropic import answer as anthropic
from services.gateway.providers.anthropic import messages
from services.gateway.providers.anthropic.peek import peek as anthropic_peek
from services.gateway.providers.compatible import chat
from services.gateway.providers.google import answer as google
from services.gateway.providers.google import generate
from services.gateway.providers.google.peek import peek as google_peek
from services.gateway.providers.openai import answer as openai
from services.gateway.providers.openai import responses
from services.gateway.providers.openai.peek import peek as openai_peek
from tests.growth.measure import Sizes, growths
from tests.unit.gateway.formats.judges import CLAUDE, GEMINI, OLD_GPT, target
from tests.unit.gateway.formats.streams import TEXT, TOOL, message_stream
from tests.unit.gateway.formats.test_cut_streams import STREAMS

_ODD = st.sampled_from(
    (b"", b"null", b"[]", b"{}", b"-1", b'"x"', b"true", b"\xff", b"\x00", b'"\\ud800"', b"\n\n", b"1e999", b"\r")
)


def writers() -> list[StreamWriter]:
    return [
        MessageStream(MessageWriting(message_id="m", thinking=True)),
        ResponseStream(ResponseWriting(response_id="resp_a", created=1, model="m", top={})),
        GenerateStream(GenerateWriting(response_id="r", model="m", thoughts=True)),
    ]


@given(
    st.sampled_from(sorted(STREAMS)), st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 12), _ODD), max_size=4)
)
def test_readers_and_writers_raise_nothing(name: str, changes: list[tuple[int, int, bytes]]) -> None:
    make, data = STREAMS[name]
    for place, length, odd in changes:
        begin = place % len(data)
        data = data[:begin] + odd + data[begin + length :]
    source = ClientDeltas(make(), model="m")
    deltas = [*source.feed(data), *source.end()]
    assert isinstance(deltas[-1], Stop | Fail)
    for writer in writers():
        for delta in deltas:
            writer.write(delta)
    for peek in (anthropic_peek(), openai_peek(), google_peek()):
        peek.feed(data)
        peek.end()


@given(st.binary(max_size=60), st.sampled_from((anthropic, openai, google)))
def test_whole_answers_that_are_none(data: bytes, provider: Any) -> None:
    for body in (data, b'{"content":' + data + b"}", b'{"output":[' + data + b"]}", b'{"candidates":[' + data + b"]}"):
        try:
            provider.read_answer(body, model="m", request_id="r")
        except Failure:
            continue


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                """type role content text parts name id call_id arguments input output tools input_schema source data url
            function functionCall functionResponse response args thought thoughtSignature signature summary functionDeclarations
            tool_use_id thinking encrypted_content action effort format schema mode ttl cache_control""".split()
            ),
            below
            | st.sampled_from(
                """user assistant model system text image document thinking tool_use tool_result function function_call
            function_call_output message reasoning input_text input_image custom namespace json_schema any tool""".split()
            ),
            max_size=5,
        )
    ),
    max_leaves=14,
)
_FIELDS = st.sampled_from(
    """messages input contents system instructions systemInstruction tools tool_choice toolConfig thinking reasoning text
    generationConfig output_config metadata stop_sequences context_management prompt_cache_options""".split()
)
_PARSERS: dict[str, Callable[[bytes], Ask]] = {
    "messages": lambda body: messages_request.ask(messages_request.head(body, {})),
    "responses": lambda body: responses_request.ask(responses_request.head(body, {})),
    "generate": lambda body: generate_request.ask(generate_request.head(body, {}, model="m", stream=False)),
}


@given(st.sampled_from(sorted(_PARSERS)), st.dictionaries(_FIELDS, _JSON, max_size=5))
def test_requests_are_read_or_refused(name: str, fields: dict[str, Any]) -> None:
    body = json.dumps({"model": "m", "max_tokens": 5, **fields}).encode()
    try:
        ask = _PARSERS[name](body)
    except BadRequest:
        return
    chat.messages_view(ask)
    chat.tools_view(ask)
    for build, model in (
        (messages.build, CLAUDE),
        (generate.build, GEMINI),
        (responses.build, OLD_GPT),
        (chat.build, OLD_GPT),
    ):
        try:
            json.loads(build(ask, target(model)).body)
        except BadRequest:
            continue


def _messages(size: int) -> str:
    call = {"type": "tool_use", "id": "c", "name": "f", "input": {}}
    count = size // 140
    users = [{"role": "user", "content": [{"type": "text", "text": "a"}]}] * count
    assistants = [{"role": "assistant", "content": [call]}] * count
    return json.dumps({"model": "m", "max_tokens": 5, "messages": users + assistants})


def _alternating(size: int) -> str:
    items = [{"type": "message", "role": "developer", "content": "x"}, {"role": "user", "content": "a"}] * (size // 100)
    return json.dumps({"model": "m", "input": items})


def _calls_together(size: int) -> str:
    count = size // 170
    calls = [{"type": "function_call", "call_id": f"c{at}", "name": f"f{at}", "arguments": "{}"} for at in range(count)]
    results = [{"type": "function_call_output", "call_id": f"c{at}", "output": "x"} for at in reversed(range(count))]
    return json.dumps({"model": "m", "input": [*calls, *results]})


def _unnamed_calls(size: int) -> str:
    count = size // 130
    calls = [{"functionCall": {"name": "f", "args": {}}}] * count
    results = [{"functionResponse": {"name": "f", "response": {}}}] * count
    return json.dumps({"contents": [{"role": "model", "parts": calls}, {"role": "user", "parts": results}]})


def _reversed_calls(size: int) -> str:
    count = size // 150
    calls = [{"functionCall": {"id": f"c{at}", "name": "f", "args": {}}} for at in range(count)]
    results = [{"functionResponse": {"id": f"c{at}", "name": "f", "response": {}}} for at in reversed(range(count))]
    return json.dumps({"contents": [{"role": "model", "parts": calls}, {"role": "user", "parts": results}]})


_CONVERSATIONS: dict[str, tuple[str, Callable[[int], str]]] = {
    "messages": ("messages", _messages),
    "alternating": ("responses", _alternating),
    "together": ("responses", _calls_together),
    "unnamed": ("generate", _unnamed_calls),
    "reversed": ("generate", _reversed_calls),
}
# In characters. What is not slow at half a megabyte is not looked at any further.
_SIZES = Sizes(screen=512_000, smallest=64_000, largest=512_000, times_usual=0)


@pytest.mark.parametrize("name", sorted(_CONVERSATIONS))
def test_long_conversations_take_time_by_their_length(name: str) -> None:
    parser, make = _CONVERSATIONS[name]

    def work(text: str) -> None:
        ask = _PARSERS[parser](text.encode())
        chat.messages_view(ask)
        for build, model in ((messages.build, CLAUDE), (generate.build, GEMINI), (chat.build, OLD_GPT)):
            try:
                build(ask, target(model))
            except BadRequest:
                continue

    _is_linear(work, make)


def test_long_streams_take_time_by_their_length() -> None:
    def stream(size: int) -> str:
        count = size // 230
        return message_stream((TEXT[0], TEXT[1] * count), (TOOL[0], TOOL[1][:1] * count)).decode()

    def work(text: str) -> None:
        data = text.encode()
        source = ClientDeltas(anthropic.reader(model="m", request_id="r"), model="m", stop=("never\nthere",))
        deltas = [*source.feed(data), *source.end()]
        for writer in writers():
            for delta in deltas:
                writer.write(delta)
        peek = anthropic_peek()
        for at in range(0, len(data), 64):
            peek.feed(data[at : at + 64])

    _is_linear(work, stream)


def test_text_that_almost_is_a_stop_sequence_is_looked_at_once() -> None:
    def work(text: str) -> None:
        stopper = StopSequences(("a" * 64 + "b",))
        deltas: list[Delta] = [Start("m"), Open(0, "text"), *(TextPiece(0, one) for one in text)]
        for delta in deltas:
            stopper.take([delta])

    _is_linear(work, lambda size: "a" * (size // 16))


def _is_linear(work: Callable[[str], object], make: Callable[[int], str]) -> None:
    for found in growths(work, {"it": make}, _SIZES, lambda: None).values():
        assert not found.steep, found
