"""Providers as they declare themselves, and two kinds that have to fit: one without chat, one that signs whole requests."""

import hashlib
import hmac
from collections.abc import Mapping

import pytest

from libs.common import catalog
from libs.common.contracts.auth import Principal, ProviderKey
from libs.common.errors import BadRequest
from services.gateway.domain.attempts import Failure
from services.gateway.domain.targets import available, check_known, find_target, restricted
from services.gateway.providers.base import OutgoingRequest, Provider
from services.gateway.providers.registry import Registry
from tests.fixtures.dialects import PROVIDERS


class Embeddings(Provider):
    """Answers no chat."""

    name = "embeddings"
    telemetry_name = "embeddings"
    surfaces = frozenset(("embeddings",))

    def url(self, surface: str, base_url: str, model: str, *, stream: bool) -> str:
        return f"{base_url}/embed"

    def models_url(self, base_url: str) -> str:
        return f"{base_url}/models"

    def sign(self, request: OutgoingRequest, key: str) -> Mapping[str, str]:
        """A signature of everything that is sent."""
        sent = b"\n".join((request.method.encode(), request.url.encode(), *_lines(request.headers), request.body))
        return {"authorization": f"HMAC {hmac.new(key.encode(), sent, hashlib.sha256).hexdigest()}"}

    def error(self, status: int, headers: Mapping[str, str], content: bytes) -> Failure:
        return Failure("status", "no", status=status)


def _lines(headers: Mapping[str, str]) -> list[bytes]:
    return [f"{name}:{value}".encode() for name, value in sorted(headers.items())]


def principal(*providers: str) -> Principal:
    keys = (ProviderKey(id=f"pk_{name}", provider=name, sealed="", models=("m",)) for name in providers)  # type: ignore[arg-type]
    return Principal(org_id="org", key_id="key", provider_keys=tuple(keys))


def test_every_provider_answers_chat_today() -> None:
    everybody = {"openai", "openai_compatible", "anthropic", "google", "mistral"}
    for surface in ("chat", "messages", "responses", "generate"):
        assert PROVIDERS.answering(surface) == everybody
    for provider in PROVIDERS:
        assert provider.foreign_surface in provider.formats
        assert provider.surfaces <= provider.formats.keys()
    assert PROVIDERS["anthropic"].surfaces == {"messages"}
    assert PROVIDERS["google"].surfaces == {"generate"}
    assert PROVIDERS.answering("embeddings") == frozenset()


def test_a_provider_without_chat_is_no_target_of_a_chat_request() -> None:
    registry = Registry([*PROVIDERS, Embeddings("https://embed")])
    assert registry.answering("embeddings") == {"embeddings"}
    org = restricted(principal("embeddings", "anthropic"), registry.answering("chat"))
    target = find_target("m", org, catalog.load())
    assert target is not None
    assert [key.provider for key in target.keys] == ["anthropic"]
    assert set(available(org)) == {"anthropic"}
    with pytest.raises(BadRequest, match="No valid provider key"):
        check_known("m", restricted(principal("embeddings"), registry.answering("chat")), catalog.load())


def test_keys_of_providers_that_nobody_knows_are_left_out() -> None:
    org = principal("unheard_of", "google")
    assert [key.provider for key in restricted(org, PROVIDERS.answering("chat")).provider_keys] == ["google"]
    known = principal("google")
    assert restricted(known, PROVIDERS.answering("chat")) is known


def test_a_signature_may_depend_on_the_whole_request() -> None:
    provider = Embeddings("https://embed")
    one = OutgoingRequest(method="POST", url="https://embed/embed", headers={"content-type": "a"}, body=b"1")
    others = [
        OutgoingRequest(method="GET", url=one.url, headers=one.headers, body=one.body),
        OutgoingRequest(method="POST", url="https://embed/other", headers=one.headers, body=one.body),
        OutgoingRequest(method="POST", url=one.url, headers={"content-type": "b"}, body=one.body),
        OutgoingRequest(method="POST", url=one.url, headers=one.headers, body=b"2"),
    ]
    signatures = {provider.sign(request, "key")["authorization"] for request in (one, *others)}
    assert len(signatures) == 5


@pytest.mark.parametrize(
    ("name", "base", "url", "models"),
    [
        ("openai", "https://a/v1/", "https://a/v1/chat/completions", "https://a/v1/models"),
        ("openai_compatible", "https://a", "https://a/chat/completions", "https://a/models"),
        ("anthropic", "https://a", "https://a/v1/messages", "https://a/v1/models"),
        ("anthropic", "https://a/v1/", "https://a/v1/messages", "https://a/v1/models"),
        ("google", "https://a", "https://a/v1beta/models/m:generateContent", "https://a/v1beta/models"),
        ("google", "https://a/v1", "https://a/v1/models/m:generateContent", "https://a/v1/models"),
    ],
)
def test_addresses(name: str, base: str, url: str, models: str) -> None:
    provider = PROVIDERS[name]
    assert provider.url(provider.chat_surface, base, "m", stream=False) == url
    assert provider.models_url(base) == models


def test_credentials_stand_in_headers_and_nowhere_else() -> None:
    request = OutgoingRequest(method="POST", url="https://a")
    assert {provider.name: dict(provider.sign(request, "k")) for provider in PROVIDERS} == {
        "openai": {"authorization": "Bearer k"},
        "openai_compatible": {"authorization": "Bearer k"},
        "mistral": {"authorization": "Bearer k"},
        "anthropic": {"x-api-key": "k", "anthropic-version": "2023-06-01"},
        "google": {"x-goog-api-key": "k"},
    }
