"""Where each provider listens, and how a key is shown to it."""

from collections.abc import Callable, Mapping
from urllib.parse import quote

import httpx
import msgspec


class Wire(msgspec.Struct, frozen=True, kw_only=True):
    """`endpoint` gets the base URL's path, a model and whether to stream; `models` the path, for the list that shows
    whether a key works; `auth` gets the key in clear.
    """

    base_url: str
    endpoint: Callable[[str, str, bool], str]
    models: Callable[[str], str]
    auth: Callable[[str], Mapping[str, str]]

    def url(self, base: str | None, model: str, *, stream: bool) -> httpx.URL:
        """The address of one call. A base URL may end with its version or without, and may carry a query."""
        found = httpx.URL(base or self.base_url)
        return _at(found, self.endpoint(found.path.rstrip("/"), model, stream))

    def models_url(self, base: str | None) -> httpx.URL:
        """The address of the list of models."""
        found = httpx.URL(base or self.base_url)
        return _at(found, self.models(found.path.rstrip("/")))


def wires(*, openai: str, anthropic: str, google: str, anthropic_version: str) -> dict[str, Wire]:
    """The providers by their name; the first three are base URLs of the official APIs."""
    speaks_openai = Wire(
        base_url=openai,
        endpoint=lambda path, model, stream: f"{path}/chat/completions",
        models=lambda path: f"{path}/models",
        auth=lambda key: {"authorization": f"Bearer {key}"},
    )
    return {
        "openai": speaks_openai,
        "openai_compatible": speaks_openai,
        "anthropic": Wire(
            base_url=anthropic,
            endpoint=lambda path, model, stream: f"{path.removesuffix('/v1')}/v1/messages",
            models=lambda path: f"{path.removesuffix('/v1')}/v1/models",
            auth=lambda key: {"x-api-key": key, "anthropic-version": anthropic_version},
        ),
        "google": Wire(
            base_url=google,
            endpoint=_google,
            models=lambda path: f"{_google_root(path)}/models",
            auth=lambda key: {"x-goog-api-key": key},
        ),
    }


def _google(path: str, model: str, stream: bool) -> str:
    method = "streamGenerateContent?alt=sse" if stream else "generateContent"
    return f"{_google_root(path)}/models/{quote(model, safe='')}:{method}"


def _google_root(path: str) -> str:
    return path if path.endswith(("/v1beta", "/v1")) else f"{path}/v1beta"


def _at(base: httpx.URL, endpoint: str) -> httpx.URL:
    path, _, query = endpoint.partition("?")
    wanted = "&".join(filter(None, (base.query.decode(), query)))
    return base.copy_with(path=path, query=wanted.encode() or None)
