"""What the head of a request says about levers, and the surfaces as values."""

import json
from typing import Any

import pytest

from services.gateway.endpoints.generate import request as generate_request
from services.gateway.endpoints.messages import request as messages_request
from services.gateway.endpoints.responses import request as responses_request
from services.gateway.formats.envelope import Envelope
from services.gateway.formats.levers import cacheable, exact_key, optimizable, provider_bound
from services.gateway.formats.surface import ProviderSurface, counted
from services.gateway.providers.anthropic.surface import MESSAGES
from services.gateway.providers.compatible.surface import CHAT
from services.gateway.providers.google.surface import GENERATE
from services.gateway.providers.openai.surface import CHAT as OPENAI_CHAT
from services.gateway.providers.openai.surface import RESPONSES
from tests.unit.gateway.formats.judges import CLAUDE, GEMINI, GPT, OLD_GPT, target
from tests.unit.gateway.formats.streams import message_stream

USER = {"role": "user", "content": "Hello"}


def message(**body: Any) -> Envelope:
    full = {"model": "m", "max_tokens": 9, "messages": [USER], **body}
    return messages_request.head(json.dumps(full).encode(), {})


def response(**body: Any) -> Envelope:
    return responses_request.head(json.dumps({"model": "m", "input": "a", **body}).encode(), {})


def generate(**body: Any) -> Envelope:
    full = {"contents": [], **body}
    return generate_request.head(json.dumps(full).encode(), {}, model="m", stream=False)


@pytest.mark.parametrize("found", [message(), message(thinking={"type": "adaptive"}), response(), generate()])
def test_what_may_be_cached(found: Envelope) -> None:
    assert cacheable(found)
    assert not provider_bound(found)


@pytest.mark.parametrize(
    "found",
    [
        message(max_tokens=0),
        message(container="c"),
        message(tools=[{"type": "web_search_20250305", "name": "w"}]),
        message(messages=[{"role": "user", "content": [{"type": "compaction", "content": "x"}]}]),
        response(background=True),
        response(conversation="c"),
        response(temperature=1.5),
        response(input=[{"type": "item_reference", "id": "x"}]),
        generate(generationConfig={"candidateCount": 2}),
        generate(generation_config={"temperature": 2}),
        generate(cachedContent="c"),
    ],
)
def test_what_may_not(found: Envelope) -> None:
    assert not cacheable(found)


def test_the_key_is_of_what_decides() -> None:
    key = exact_key("messages", message(), {"anthropic-beta": "b, a"})
    assert exact_key("messages", message(stream=True, metadata={"user_id": "u"}), {"anthropic-beta": "a,b"}) == key
    for other in (
        exact_key("responses", message(), {"anthropic-beta": "a,b"}),
        exact_key("messages", message(), {}),
        exact_key("messages", message(max_tokens=8), {"anthropic-beta": "a,b"}),
        exact_key("messages", message(system="s"), {"anthropic-beta": "a,b"}),
        exact_key("messages", message(), {"anthropic-beta": "a,b", "anthropic-version": "x"}),
    ):
        assert other != key


def test_what_binds() -> None:
    assert provider_bound(message(thread={"create": {}}))
    assert provider_bound(response(previous_response_id="r"))
    edits = {"edits": [{"type": "compact_20260112"}]}
    assert "bound:model" in message(context_management=edits).flags
    assert not provider_bound(message(context_management=edits))


def test_what_may_be_optimized() -> None:
    thinking = {"role": "assistant", "content": [{"type": "thinking", "thinking": "", "signature": "s"}]}
    assert optimizable(message(thinking={"type": "adaptive"}), "messages")
    assert not optimizable(message(messages=[USER, thinking]), "messages")
    assert optimizable(message(messages=[USER, thinking]), "responses")
    sealed = {"type": "reasoning", "encrypted_content": "pr1.x"}
    assert not optimizable(response(input=[sealed]), "chat")
    assert not optimizable(message(diagnostics={"previous_message_id": "m"}), "messages")


@pytest.mark.parametrize(
    ("surface", "model", "path"),
    [
        (MESSAGES, CLAUDE, "/v1/messages"),
        (RESPONSES, GPT, "/v1/responses"),
        (GENERATE, GEMINI, f"/v1beta/models/{GEMINI}:streamGenerateContent?alt=sse"),
        (CHAT, OLD_GPT, "/v1/chat/completions"),
        (OPENAI_CHAT, OLD_GPT, "/v1/chat/completions"),
    ],
)
def test_surfaces_are_alike(surface: ProviderSurface, model: str, path: str) -> None:
    assert surface.path(model, stream=True) == path
    asks = [
        messages_request.ask(message()),
        responses_request.ask(response()),
        generate_request.ask(generate(contents=[{"role": "user", "parts": [{"text": "a"}]}])),
    ]
    for ask in asks:
        body = json.loads(surface.build(ask, target(model)).body)
        assert body
        if surface.count_body is not None:
            assert json.loads(surface.count_body(ask, target(model)))
    assert surface.reader(model=model, request_id="r", created=1).end()


def test_counts_and_answers() -> None:
    assert counted("input_tokens")(b'{"input_tokens": 7}') == 7
    for nothing in (b"{}", b"[]", b"x", b'{"input_tokens": "7"}', b'{"input_tokens": -1}', b'{"input_tokens": null}'):
        assert counted("input_tokens")(nothing) is None
    assert MESSAGES.count_path is not None
    assert MESSAGES.count_path(CLAUDE) == "/v1/messages/count_tokens"
    answer = MESSAGES.read(message_stream(), model=CLAUDE, request_id="r", created=1)
    assert answer.stop == "end"
