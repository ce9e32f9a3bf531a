"""Every oddity of a provider's answer, plain and streamed: the surfaces' readers take what the gateway's chat readers take."""

from types import ModuleType
from typing import Any

import msgspec
import pytest

from libs.common.contracts.events import TokenClasses
from services.gateway.domain.attempts import Failure
from services.gateway.formats.blocks import Answer, Call, Text
from services.gateway.formats.deltas import StreamReader, read_whole
from services.gateway.formats.filters import ClientDeltas
from services.gateway.providers.anthropic import answer as anthropic
from services.gateway.providers.compatible import answer as chat
from services.gateway.providers.google import answer as google
from tests.fake_provider import faults, wire_anthropic, wire_google, wire_openai
from tests.fake_provider.answer import make
from tests.fake_provider.faults import FAULTS, Fault
from tests.fake_provider.script import Step

MODELS = {"openai": "gpt-4o", "anthropic": "claude-haiku-4-5", "google": "gemini-2.5-flash"}
WIRES: dict[str, ModuleType] = {"openai": wire_openai, "anthropic": wire_anthropic, "google": wire_google}
CALLS = [
    {"id": f"call_{at}", "type": "function", "function": {"name": name, "arguments": f'{{"at":{at}}}'}}
    for at, name in enumerate("fg")
]


def reader(provider: str) -> StreamReader:
    model = MODELS[provider]
    match provider:
        case "anthropic":
            return anthropic.reader(model=model, request_id="r")
        case "google":
            return google.reader(model=model, request_id="r")
        case _:
            return chat.reader(model=model, request_id="r", created=1)


def read(provider: str, data: bytes) -> Answer:
    model = MODELS[provider]
    match provider:
        case "anthropic":
            return anthropic.read_answer(data, model=model, request_id="r")
        case "google":
            return google.read_answer(data, model=model, request_id="r")
        case _:
            return chat.read_answer(data, model=model, request_id="r", created=1)


def check(found: Answer, fault: Fault, outcome: str, given: Any) -> None:
    if fault.calls_a_tool:
        calls = [block for block in found.blocks if isinstance(block, Call)]
        assert [call.name for call in calls] == ["f", "g"]
        assert len({call.id for call in calls}) == 2
        assert all(call.id for call in calls)
        assert [bytes(call.arguments).replace(b" ", b"") for call in calls] == [b'{"at":0}', b'{"at":1}']
        assert found.stop == "tool_use"
    else:
        said = "".join(block.text for block in found.blocks if isinstance(block, Text))
        expected = given.content if fault.name != "not-utf-8" else given.content.replace("the", "th\ufffd", 1)
        assert said.strip() == expected.strip()
    assert len(found.model) <= 300
    if outcome == "answered":
        assert found.usage is not None
        assert not found.usage.estimated
        assert found.usage.input == given.used.prompt
        assert found.usage.output == given.used.completion
    else:
        # What was not counted, or not in a way that can be believed, the gateway counts itself.
        assert found.usage is None or found.usage.estimated


CASES = [
    pytest.param(fault, provider, id=f"{fault.name}-{provider}")
    for fault in FAULTS
    for provider in fault.only
    if "content-encoding" not in fault.headers
]


@pytest.mark.parametrize(("fault", "provider"), CASES)
def test_a_fault(fault: Fault, provider: str) -> None:
    wire = WIRES[provider]
    given = make(1, 1, MODELS[provider], Step(tool_calls=CALLS if fault.calls_a_tool else None), "x", 40)
    body, events = wire.whole(given), wire.events(given, {"stream_options": {"include_usage": True}})
    for streamed, outcome in ((False, fault.plain), (True, fault.streamed)):
        if outcome == "skip":
            continue
        data = (faults.stream if streamed else faults.whole)(fault, provider, body, events)
        source = ClientDeltas(reader(provider), model="m")
        if outcome == "refused":
            with pytest.raises(Failure) as caught:
                read_whole(source, data) if streamed else read(provider, data)
            assert caught.value.kind == "malformed"
            continue
        check(read_whole(source, data) if streamed else read(provider, data), fault, outcome, given)


@pytest.mark.parametrize(
    "content", [[{"type": "tool_use", "id": "a", "input": {}}], [{"type": "text", "text": ""}], []]
)
def test_what_is_no_answer_was_paid_for_all_the_same(content: list[dict[str, Any]]) -> None:
    usage = {"input_tokens": 7, "cache_read_input_tokens": 3, "output_tokens": 2}
    body = msgspec.json.encode({"type": "message", "content": content, "usage": usage})
    with pytest.raises(Failure) as caught:
        read("anthropic", body)
    assert caught.value.kind == "malformed"
    assert caught.value.billed == TokenClasses(uncached_input=7, cache_read=3, output_text=2)
