"""Readers of the formats beside `readers_formats`: requests on their way to every provider, sealed and fitted, and stored answers."""

import base64
import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import msgspec
from msgspec import Raw

from libs.common.catalog import load
from libs.common.contracts.events import TokenClasses
from libs.common.errors import PromptlyError
from services.gateway.domain import trials
from services.gateway.domain.attempts import Failure
from services.gateway.domain.deferral import with_field
from services.gateway.domain.prefix_writes import Place, Rates
from services.gateway.endpoints.chat_view import chat_view
from services.gateway.endpoints.generate import replay as generate_replay
from services.gateway.endpoints.generate import request as generate_request
from services.gateway.endpoints.generate.answer import GenerateWriting, generated
from services.gateway.endpoints.messages import replay as messages_replay
from services.gateway.endpoints.messages import request as messages_request
from services.gateway.endpoints.messages.answer import MessageWriting, message, no_output
from services.gateway.endpoints.responses import replay as responses_replay
from services.gateway.endpoints.responses import request as responses_request
from services.gateway.endpoints.responses.answer import ResponseWriting, response
from services.gateway.formats import errors, headers, levers
from services.gateway.formats.blocks import Ask, Native
from services.gateway.formats.build import Target
from services.gateway.formats.envelope import Envelope, with_model
from services.gateway.formats.filters import client_answer
from services.gateway.formats.opaque import (
    Cipher,
    Sealer,
    Serving,
    as_base64,
    from_base64,
    holds_sealed,
    refused_reasoning,
    unseal,
    without_reasoning,
)
from services.gateway.formats.surface import ProviderSurface
from services.gateway.providers.anthropic.breakpoints import beginning
from services.gateway.providers.anthropic.surface import MESSAGES
from services.gateway.providers.compatible import chat
from services.gateway.providers.compatible.surface import CHAT
from services.gateway.providers.google.surface import GENERATE
from services.gateway.providers.openai.surface import RESPONSES
from services.gateway.state.cache_keys import CacheKeys
from services.gateway.state.prefix_reuse import PrefixReuse
from tests.growth import format_samples
from tests.growth.reader import Reader, pieces, refused

_PIECE = 240
_SERVING = Serving(provider="anthropic", key_id="k", model="claude-opus-5-5")


def _opened(text: str) -> bytes | None:
    try:
        return base64.urlsafe_b64decode(text)
    except ValueError:
        return None


_CIPHER = Cipher(lambda data: base64.urlsafe_b64encode(data).decode(), _opened)
_SEALER = Sealer(_CIPHER, _SERVING)
_SURFACES: tuple[tuple[ProviderSurface, str], ...] = (
    (MESSAGES, "claude-opus-5-5"),
    (MESSAGES, "claude-haiku-4-5"),
    (RESPONSES, "gpt-6-sol"),
    (RESPONSES, "gpt-4o"),
    (GENERATE, "gemini-3.8-flash"),
    (GENERATE, "gemini-2.5-flash"),
    (CHAT, "gpt-4o"),
)


def requests() -> Iterator[Reader]:
    yield Reader("breakpoints", _breakpoints)
    yield Reader("levers on trial", _on_trial)
    for name, (parse, make) in _BODIES.items():
        yield Reader(
            f"{name} to every provider, of short turns", refused(partial(_asked, parse, make)), slow=True, seldom=True
        )
        yield Reader(
            f"{name} to every provider, of one turn",
            refused(partial(_asked_at_once, parse, make)),
            slow=True,
            seldom=True,
        )
        yield Reader(f"bytes instead of a request of {name}", refused(partial(_read, parse)))
    yield Reader("a sealed text", refused(_sealed))
    yield Reader("headers that are passed on", refused(_headers))


def _on_trial(text: str) -> None:
    url = f"data:image/png;base64,{text}"
    parts = [{"type": "text", "text": text}, {"type": "image_url", "image_url": {"url": url}}]
    tool = {"name": "f", "description": text, "input_schema": {"properties": {"a": {"description": text}}}}
    body = msgspec.json.encode({"messages": [{"role": "user", "content": parts}], "tools": [tool] * 3})
    trials.says_how_to_think(msgspec.json.decode(body, type=dict[str, msgspec.Raw]))
    trials.with_effort(body, ("output_config", "effort"), "medium")
    trials.with_definitions(body, {text: text[:-1]})
    trials.with_low_detail(body, "gpt-4o")


def _breakpoints(text: str) -> None:
    said = _clean(text)
    tool = {"name": "t", "description": said, "input_schema": {}}
    half = len(said) // 2
    lines = [{"role": "user", "content": line} for line in pieces(said[:half], _PIECE)]
    newest = {"role": "user", "content": [{"type": "text", "text": said[half:]}]}
    messages = [*lines, {"role": "assistant", "content": said}, newest]
    data = json.dumps({"system": said, "tools": [tool], "messages": messages}).encode()
    found = beginning(data)
    CacheKeys(lambda: 0.0).key(Place("org", "key", "m"), said.encode(), said)
    if found is not None:
        found.with_breakpoints("5m", turns=True)
        reuse = PrefixReuse(lambda: 0.0)
        made = reuse.decide(Place("org", "key", "m"), found, Rates(read=0.1, write=1.25, write_1h=2.0))
        if made is not None:
            reuse.note(made, TokenClasses(cache_read=1))


def answers() -> Iterator[Reader]:
    for name, (surface, whole) in _ANSWERS.items():
        yield Reader(f"a stored answer of {name}", refused(partial(_answered, surface, whole)), slow=True, seldom=True)
        yield Reader(f"bytes instead of an answer of {name}", refused(partial(_unlike, surface)))
    yield Reader("an error in each format", refused(_failed))


def _read(parse: "Parse", text: str) -> None:
    parse(_bytes(text))


def _tried(make: Callable[[Ask, Target], object], ask: Ask, target: Target) -> None:
    """A refusal is an answer too."""
    try:
        make(ask, target)
    except PromptlyError:
        return


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


Parse = Callable[[bytes], tuple[Envelope, Ask]]
Make = Callable[[list[str], str], dict[str, Any]]


def _parse_message(body: bytes) -> tuple[Envelope, Ask]:
    found = messages_request.head(body, {})
    messages_request.wants_thinking(found.top)
    return found, messages_request.ask(found)


def _parse_response(body: bytes) -> tuple[Envelope, Ask]:
    found = responses_request.head(body, {})
    responses_request.wants_sealed(found.top)
    responses_request.stores(found.top)
    return found, responses_request.ask(found)


def _parse_generate(body: bytes) -> tuple[Envelope, Ask]:
    found = generate_request.head(body, {}, model="gemini-x", stream=False)
    generate_request.count_ask(body, model="gemini-x")
    return found, generate_request.ask(found)


_BODIES: dict[str, tuple[Parse, Make]] = {
    "messages": (_parse_message, format_samples.messages),
    "responses": (_parse_response, format_samples.responses),
    "generateContent": (_parse_generate, format_samples.generate),
}


def _asked(parse: Parse, make: Make, text: str) -> None:
    _served(parse, make(pieces(_clean(text), _PIECE) or ["x"], _sealed_thinking("x")))


def _asked_at_once(parse: Parse, make: Make, text: str) -> None:
    _served(parse, make([_clean(text) or "x"], _sealed_thinking(_clean(text))))


def _sealed_thinking(text: str) -> str:
    block = {"type": "thinking", "thinking": text, "signature": "s"}
    return _SEALER.seal(Native(provider="anthropic", kind="thinking", payload=json.dumps(block)))


def _served(parse: Parse, body: dict[str, Any]) -> None:
    data = json.dumps(body).encode()
    found, ask = parse(data)
    with_model(found, "other")
    with_field(data, "service_tier", "flex")
    levers.cacheable(found)
    levers.provider_bound(found)
    levers.optimizable(found, "messages")
    levers.exact_key("messages", found, {})
    _shortened(ask, found)
    chat.tools_view(ask)
    holds_sealed(ask)
    known = load()
    for one in (unseal(ask, _CIPHER, _SERVING).ask, without_reasoning(ask)):
        for surface, model in _SURFACES:
            for named in (True, False):
                target = Target(model=model, known=known.find(model), named=named)
                _tried(surface.build, one, target)
            if surface.count_body is not None:
                _tried(surface.count_body, one, target)


def _shortened(ask: Ask, found: Envelope) -> None:
    """The chat view of a request, and its body with every text that may be another."""
    try:
        view = chat_view(ask, found)
    except PromptlyError:
        return
    assert view.own is not None
    messages = json.loads(bytes(view.raw["messages"]))
    positions = range(len(messages))
    free = set(positions) - set(view.own.held) - set(view.own.fixed)
    for at in free:
        if isinstance(messages[at]["content"], str):
            messages[at]["content"] += "."
    view.own.body(Raw(json.dumps(messages).encode()), positions)
    view.own.body(view.raw["messages"], [at for at in positions if at in view.own.held])


def _sealed(text: str) -> None:
    from_base64("cHIxL" + _clean(text))
    from_base64(as_base64("pr1." + _clean(text)))
    refused_reasoning(Failure("status", text, status=400))


def _headers(text: str) -> None:
    given = {"anthropic-beta": text, "x-codex-turn-metadata": text, "retry-after": text, text[:60]: text}
    headers.to_anthropic(given)
    headers.to_openai(given)
    headers.to_google(given)
    headers.to_client(given, own_key=False)


def _failed(text: str) -> None:
    found = errors.problem(text, status=429, code="rate_limit_exceeded", retry_after=1)
    errors.anthropic(found, "r")
    errors.openai(found)
    errors.google(found)
    errors.in_stream(Failure("status", text, status=429))


_ANSWERS: dict[str, tuple[ProviderSurface, Callable[[str], dict[str, Any]]]] = {
    "messages": (MESSAGES, format_samples.whole_message),
    "responses": (RESPONSES, format_samples.whole_response),
    "generateContent": (GENERATE, format_samples.whole_generated),
    "chat": (CHAT, format_samples.whole_completion),
}


def _response_writing() -> ResponseWriting:
    return ResponseWriting(response_id="resp_a", created=1, model="m", top={}, sealer=_SEALER)


def _answered(surface: ProviderSurface, whole: Callable[[str], dict[str, Any]], text: str) -> None:
    data = json.dumps(whole(_clean(text))).encode()
    if surface.seen is not None:
        surface.seen(data)
    found = surface.read(data, model="m", request_id="r", created=1)
    answer, _ = client_answer(found, stop=("never there",))
    no_output("m", MessageWriting(message_id="m"))
    first = message(answer, MessageWriting(message_id="m", thinking=True, sealer=_SEALER))
    messages_replay.renewed(first, "n")
    messages_replay.events_of(first)
    second = response(answer, _response_writing())
    responses_replay.renewed(second, "resp_b", {}, store=False)
    responses_replay.events_of(second)
    third = generated(answer, GenerateWriting(response_id="r", model="m"))
    generate_replay.renewed(third, "n")
    generate_replay.events_of(third, listed=True)


def _unlike(surface: ProviderSurface, text: str) -> None:
    data = _bytes(text)
    reader = surface.reader(model="m", request_id="r", created=1)
    reader.feed(data)
    reader.end()
    if surface.seen is not None:
        surface.seen(data)
    if surface.count is not None:
        surface.count(data)
    for body in (b"data: " + data, data):
        try:
            surface.read(body, model="m", request_id="r", created=1)
        except Failure:
            continue
