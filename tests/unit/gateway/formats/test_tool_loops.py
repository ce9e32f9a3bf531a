"""A whole loop of tool calls, for each client's format and each provider: what the provider's stream becomes, what the client makes
of it, and what goes back. The strict checks of the fake providers look at every request.
"""

import json
from collections.abc import Callable
from types import ModuleType
from typing import Any, Protocol

import pytest

from services.gateway.domain.turns import Kept
from services.gateway.endpoints.generate import request as generate_request
from services.gateway.endpoints.generate.answer import GenerateStream, GenerateWriting
from services.gateway.endpoints.messages import request as messages_request
from services.gateway.endpoints.messages.answer import MessageStream, MessageWriting
from services.gateway.endpoints.responses import request as responses_request
from services.gateway.endpoints.responses.answer import ResponseStream, ResponseWriting
from services.gateway.formats.blocks import Ask
from services.gateway.formats.build import Built
from services.gateway.formats.deltas import StreamReader, StreamWriter
from services.gateway.formats.filters import ClientDeltas
from services.gateway.formats.opaque import Sealer, Serving, unseal
from services.gateway.providers.anthropic import answer as anthropic
from services.gateway.providers.compatible import answer as chat
from services.gateway.providers.google import answer as google
from services.gateway.providers.openai import answer as openai
from tests.fake_provider import wire_anthropic, wire_google, wire_openai, wire_responses
from tests.fake_provider.answer import Answer, make
from tests.fake_provider.script import Step
from tests.unit.gateway.formats.judges import (
    CLAUDE,
    GEMINI,
    GPT,
    OLD_GPT,
    to_anthropic,
    to_chat,
    to_google,
    to_responses,
)
from tests.unit.gateway.formats.streams import CIPHER, events, sealer

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL_CALLS = [
    {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Porto"}'}},
    {"id": "call_2", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Braga"}'}},
]
CALLING = Step(thinking="They want two cities.", content="I look both up.", tool_calls=TOOL_CALLS)


class Client(Protocol):
    """A client that keeps its own history."""

    def ask(self) -> Ask:
        """Its next request."""
        ...

    def writer(self, made: Sealer) -> StreamWriter:
        """What writes its stream."""
        ...

    def take(self, stream: bytes) -> None:
        """Put an answer into its history, and the results of the calls in it."""
        ...


class MessagesClient:
    """A client of Anthropic's API."""

    def __init__(self) -> None:
        self.turns: list[dict[str, Any]] = [{"role": "user", "content": "How is the weather?"}]

    def ask(self) -> Ask:
        body = {
            "model": "claude-opus-5-5",
            "max_tokens": 30_000,
            "messages": self.turns,
            "tools": [{"name": "weather", "input_schema": SCHEMA}],
            "thinking": {"type": "adaptive", "display": "summarized"},
            "stream": True,
        }
        return messages_request.ask(messages_request.head(json.dumps(body).encode(), {}))

    def writer(self, made: Sealer) -> StreamWriter:
        return MessageStream(MessageWriting(message_id="msg_1", thinking=True, sealer=made))

    def take(self, stream: bytes) -> None:
        blocks: list[dict[str, Any]] = []
        given = ""
        for event in events(stream):
            if event["type"] == "content_block_start":
                blocks.append(event["content_block"])
                given = ""
            elif event["type"] == "content_block_delta":
                delta = event["delta"]
                given += delta.get("partial_json", "")
                for name in ("text", "thinking"):
                    if name in delta:
                        blocks[-1][name] += delta[name]
                blocks[-1] |= {name: delta[name] for name in ("signature",) if name in delta}
            elif event["type"] == "content_block_stop" and blocks[-1]["type"] == "tool_use":
                blocks[-1]["input"] = json.loads(given)
        self.turns.append({"role": "assistant", "content": blocks})
        calls = [block["id"] for block in blocks if block["type"] == "tool_use"]
        results = [{"type": "tool_result", "tool_use_id": name, "content": "21 degrees"} for name in calls]
        if results:
            self.turns.append({"role": "user", "content": results})


class ResponsesClient:
    """A client of OpenAI's Responses API that sends its whole history."""

    def __init__(self) -> None:
        self.items: list[dict[str, Any]] = [{"role": "user", "content": "How is the weather?"}]

    def _body(self) -> dict[str, Any]:
        return {
            "model": "gpt-6-sol",
            "input": self.items,
            "tools": [{"type": "function", "name": "weather", "parameters": SCHEMA, "strict": False}],
            "reasoning": {"effort": "medium", "summary": "auto"},
            "include": ["reasoning.encrypted_content"],
            "store": False,
            "stream": True,
        }

    def ask(self) -> Ask:
        return responses_request.ask(responses_request.head(json.dumps(self._body()).encode(), {}))

    def writer(self, made: Sealer) -> StreamWriter:
        top = self.ask().extras
        return ResponseStream(ResponseWriting(response_id="resp_a", created=1, model="m", top=top, sealer=made))

    def take(self, stream: bytes) -> None:
        output = events(stream)[-1]["response"]["output"]
        self.items += output
        calls = [item["call_id"] for item in output if item["type"] == "function_call"]
        self.items += [{"type": "function_call_output", "call_id": name, "output": "21 degrees"} for name in calls]


class GenerateClient:
    """A client of Google's API."""

    def __init__(self) -> None:
        self.contents: list[dict[str, Any]] = [{"role": "user", "parts": [{"text": "How is the weather?"}]}]

    def ask(self) -> Ask:
        body = {
            "contents": self.contents,
            "tools": [{"functionDeclarations": [{"name": "weather", "parametersJsonSchema": SCHEMA}]}],
            "generationConfig": {"thinkingConfig": {"includeThoughts": True, "thinkingBudget": 8192}},
        }
        head = generate_request.head(json.dumps(body).encode(), {}, model="gemini-3.8-flash", stream=True)
        return generate_request.ask(head)

    def writer(self, made: Sealer) -> StreamWriter:
        return GenerateStream(GenerateWriting(response_id="r", model="m", thoughts=True, sealer=made))

    def take(self, stream: bytes) -> None:
        parts = [
            part
            for chunk in events(stream.replace(b"\r\n", b"\n"))
            for part in chunk["candidates"][0]["content"]["parts"]
            if not part.get("thought")
        ]
        self.contents.append({"role": "model", "parts": parts})
        calls = [part["functionCall"] for part in parts if "functionCall" in part]
        results: list[dict[str, Any]] = [
            {"functionResponse": {"id": call["id"], "name": call["name"], "response": {"output": "21 degrees"}}}
            for call in calls
        ]
        if results:
            self.contents.append({"role": "user", "parts": results})


Build = Callable[..., tuple[dict[str, Any], Built]]
PROVIDERS: dict[str, tuple[ModuleType, str, Build, Callable[[], StreamReader]]] = {
    "anthropic": (wire_anthropic, CLAUDE, to_anthropic, lambda: anthropic.reader(model=CLAUDE, request_id="r")),
    "openai": (wire_responses, GPT, to_responses, lambda: openai.reader(model=GPT, request_id="r")),
    "google": (wire_google, GEMINI, to_google, lambda: google.reader(model=GEMINI, request_id="r")),
    "chat": (wire_openai, OLD_GPT, to_chat, lambda: chat.reader(model=OLD_GPT, request_id="r", created=1)),
}
CLIENTS: dict[str, type[Client]] = {
    "messages": MessagesClient,
    "responses": ResponsesClient,
    "generate": GenerateClient,
}
# A provider whose own format the client speaks gets its requests as they came.
OWN = {("messages", "anthropic"), ("responses", "openai"), ("generate", "google")}


def streamed(wire: ModuleType, model: str, step: Step, body: dict[str, Any]) -> bytes:
    """What a provider streams."""
    answer = make(1, 1_800_000_000, model, step, "x", 40)
    frames = [
        (b"event: %b\n" % event.name.encode() if event.name else b"") + b"data: %b\n\n" % event.data
        for event in wire.events(answer, body)
    ]
    return b"".join(frames)


@pytest.mark.parametrize("provider", sorted(PROVIDERS))
@pytest.mark.parametrize("client", sorted(CLIENTS))
def test_a_loop_of_calls(client: str, provider: str) -> None:
    if (client, provider) in OWN:
        pytest.skip("The provider speaks the client's own format.")
    wire, model, build, make_reader = PROVIDERS[provider]
    serving = Serving(provider=provider, key_id="k1", model=model)
    speaker = CLIENTS[client]()
    kept: dict[str, Kept] = {}
    for step in (CALLING, CALLING, Step(content="Fine.")):
        ask = unseal(speaker.ask(), CIPHER, serving).ask
        body, built = build(ask, model, stream=True, recalled=kept)
        source = ClientDeltas(make_reader(), model=model, back=built.names, stop=built.stop)
        writer = speaker.writer(sealer(serving))
        data = streamed(wire, model, step, body)
        speaker.take(b"".join(map(writer.write, [*source.feed(data), *source.end()])))
        kept |= source.kept
    last, _ = build(unseal(speaker.ask(), CIPHER, serving).ask, model, recalled=kept)
    assert "Fine." in json.dumps(last)
    assert json.dumps(last).count("21 degrees") == 4


@pytest.mark.parametrize("provider", ["anthropic", "openai", "google"])
@pytest.mark.parametrize("client", sorted(CLIENTS))
@pytest.mark.parametrize("way", ["sealed", "recalled"])
def test_reasoning_comes_back_as_it_was(client: str, provider: str, way: str) -> None:
    if (client, provider) in OWN:
        pytest.skip("The provider speaks the client's own format.")
    wire, model, build, make_reader = PROVIDERS[provider]
    serving = Serving(provider=provider, key_id="k1", model=model)
    # A client without sealed reasoning sends back what it got from somebody else, which nobody can open.
    other = Serving(provider=provider, key_id="k2", model=model)
    speaker = CLIENTS[client]()
    body, _ = build(speaker.ask(), model, stream=True)
    source = ClientDeltas(make_reader(), model=model)
    writer = speaker.writer(sealer(serving if way == "sealed" else other))
    deltas = [*source.feed(streamed(wire, model, CALLING, body)), *source.end()]
    speaker.take(b"".join(map(writer.write, deltas)))
    recalled = source.kept if way == "recalled" or (client, provider) == ("messages", "google") else {}
    sent, _ = build(unseal(speaker.ask(), CIPHER, serving).ask, model, recalled=recalled)
    found = wire.signatures(sent)
    answer = make(1, 1, model, CALLING, "x", 40)
    expected = wire.signatures(_history(provider, answer, body))
    assert found == expected
    assert found


def _history(provider: str, answer: Answer, body: dict[str, Any]) -> dict[str, Any]:
    """A request in the provider's own format that sends an answer back as it was."""
    match provider:
        case "anthropic":
            content = json.loads(wire_anthropic.whole(answer))["content"]
            return {"messages": [{"role": "assistant", "content": content}]}
        case "openai":
            return {"input": wire_responses.response(answer, body)["output"]}
        case _:
            return {"contents": [json.loads(wire_google.whole(answer))["candidates"][0]["content"]]}
