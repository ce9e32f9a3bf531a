"""Readers of whole endpoints: a request and its answer on their way through one, to a provider of each format."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import msgspec

from libs.common import catalog
from libs.common.contracts.auth import ModelAlias, Principal, WeightedModel
from libs.common.errors import BadRequest
from services.gateway.domain import overrides
from services.gateway.domain.aliases import resolve
from services.gateway.domain.plan import Plan
from services.gateway.domain.request import Request
from services.gateway.domain.stored_response import Conversation, response_id
from services.gateway.domain.targets import Target
from services.gateway.endpoints.anthropic_count import ANTHROPIC_COUNT
from services.gateway.endpoints.anthropic_messages import ANTHROPIC_MESSAGES
from services.gateway.endpoints.base import Attempt
from services.gateway.endpoints.counting import CountingEndpoint
from services.gateway.endpoints.google_count import GoogleCount
from services.gateway.endpoints.google_generate import GoogleGenerate
from services.gateway.endpoints.neutral import NeutralEndpoint
from services.gateway.endpoints.openai_responses import OpenAIResponses
from services.gateway.formats.estimate import rough
from services.gateway.formats.opaque import Cipher
from services.gateway.providers.base import EncodedRequest
from tests.fixtures.dialects import PROVIDERS
from tests.growth import readers_formats
from tests.growth.reader import Reader, refused

_ENDPOINTS: dict[str, tuple[NeutralEndpoint, dict[str, Any]]] = {
    "messages": (ANTHROPIC_MESSAGES, readers_formats.REQUESTS["messages"]),
    "responses": (
        OpenAIResponses(Conversation(response_id=response_id(0, "0" * 32), keeps=True)),
        readers_formats.REQUESTS["responses"],
    ),
    "generate": (GoogleGenerate("m", stream=True), readers_formats.REQUESTS["generate"]),
    "generate as a list": (GoogleGenerate("m", stream=True, listed=True), readers_formats.REQUESTS["generate"]),
}
_TARGETS = {
    "anthropic": ("messages", "claude-opus-5-5"),
    "openai": ("responses", "gpt-6.1-terra"),
    "google": ("generate", "gemini-3.8-flash"),
    "openai_compatible": ("chat", "m"),
}
_PIECE = 4096
_CIPHER = Cipher(seal=bytes.decode, open=str.encode)


def endpoints() -> Iterator[Reader]:
    for name, (endpoint, requests) in _ENDPOINTS.items():
        for kind, (_, _, made) in requests.items():
            yield Reader(f"{name}: {kind}", refused(partial(_asked, endpoint, made)), seldom=True)
        for provider in _TARGETS:
            yield Reader(f"{name}: an answer of {provider}", partial(_answered, endpoint, provider), seldom=True)


def counting() -> Iterator[Reader]:
    counts: dict[str, CountingEndpoint] = {"messages": ANTHROPIC_COUNT, "generate": GoogleCount("m")}
    for name, endpoint in counts.items():
        for kind, (_, _, made) in readers_formats.REQUESTS[name].items():
            yield Reader(f"{name}, counted: {kind}", refused(partial(_counted, endpoint, made)), seldom=True)


_ALIAS = ModelAlias(models=(WeightedModel(model="m"),))


def _counted(endpoint: CountingEndpoint, made: Callable[[str], Any], text: str) -> None:
    body = readers_formats.as_json(made(text))
    for provider in _TARGETS:
        called = attempt(endpoint, provider, readers_formats.as_json(readers_formats.SMALL[endpoint.surface]))
        envelope = endpoint.head(body, {}, "")
        request = msgspec.structs.replace(called.request, envelope=envelope)
        called = msgspec.structs.replace(called, request=request)
        encoded = refused(lambda _, called=called: endpoint.encode_count(called))("")  # type: ignore[misc]
        if isinstance(encoded, EncodedRequest):
            endpoint.read_count(called, encoded, body)
        endpoint.count_key(envelope)
        refused(lambda _, envelope=envelope: rough(endpoint.ask_count(envelope)))("")  # type: ignore[misc]


def _asked(endpoint: NeutralEndpoint, made: Callable[[str], Any], text: str) -> None:
    for provider in _TARGETS:
        body = readers_formats.as_json(made(text))
        refused(lambda _, body=body, name=provider: attempt(endpoint, name, body))("")  # type: ignore[misc]


def attempt(endpoint: NeutralEndpoint, provider: str, body: bytes) -> Attempt:
    """One call of a request, as it goes out."""
    envelope = endpoint.head(body, {"user-agent": "x"}, "")
    envelope = endpoint.for_model(envelope, envelope.model)
    principal = Principal(org_id="org", key_id="key")
    resolve(envelope.model, _ALIAS, principal, catalog.load(), envelope.session or "")
    request = Request(
        id="req_1",
        accepted=0.0,
        time_ms=0,
        kind=endpoint.kind,
        principal=principal,
        envelope=envelope,
        chat=endpoint.chat_view(envelope),
        calls=endpoint.call_ids(envelope),
        overrides=overrides.NONE,
        settings=principal.settings,
        cache_key=endpoint.cache_key(envelope, {}, None),
    )
    model = _TARGETS[provider][1]
    made = Attempt(
        request=request,
        plan=Plan(),
        provider=PROVIDERS[provider],
        target=Target(model=envelope.model, served_model=model, provider=provider, keys=()),
        known=catalog.load().find(model),
        without=frozenset(),
        created=1,
        cipher=_CIPHER,
    )
    return Attempt(
        **{name: getattr(made, name) for name in made.__struct_fields__} | {"encoded": endpoint.encode(made)}
    )


def _answered(endpoint: NeutralEndpoint, provider: str, text: str) -> None:
    surface = _TARGETS[provider][0]
    _, whole, streamed = next(one for one in readers_formats.ANSWERS if one[0].name == surface)
    asked = readers_formats.as_json(readers_formats.SMALL[endpoint.surface])
    called = attempt(endpoint, provider, asked)
    data = readers_formats.as_json(whole(text))

    def read(_: str) -> None:
        found = endpoint.read(called, endpoint.decode(called, data))
        endpoint.with_metadata(found.body, b"{}")
        endpoint.replay(called.request, found.body, b"{}")
        endpoint.events_of(found.body)

    refused(read)("")
    stream = endpoint.stream(called)
    events = readers_formats.as_events(streamed(text))

    def follow(_: str) -> None:
        for at in range(0, len(events), _PIECE):
            stream.feed(events[at : at + _PIECE])
        stream.end()

    refused(follow)("")
    stream.ending(b"{}")
    stream.error(BadRequest("x"))
    stream.summary()
    stream.body()
    endpoint.collect(events)
