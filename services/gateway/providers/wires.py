"""Where each provider listens, and how a key is shown to it."""

from collections.abc import Callable, Mapping
from urllib.parse import quote

import msgspec


class Wire(msgspec.Struct, frozen=True, kw_only=True):
    """`endpoint` makes the address of a call out of a base URL, a model and whether to stream; `models` that of the list
    that shows whether a key works; `auth` the headers out of the key in clear. A base URL may end with its version or
    without.
    """

    base_url: str
    endpoint: Callable[[str, str, bool], str]
    models: Callable[[str], str]
    auth: Callable[[str], Mapping[str, str]]


def wires(*, openai: str, anthropic: str, google: str, anthropic_version: str) -> dict[str, Wire]:
    """The providers by their name; the first three are base URLs of the official APIs."""
    speaks_openai = Wire(
        base_url=openai,
        endpoint=lambda base, model, stream: f"{base.rstrip('/')}/chat/completions",
        models=lambda base: f"{base.rstrip('/')}/models",
        auth=lambda key: {"authorization": f"Bearer {key}"},
    )
    return {
        "openai": speaks_openai,
        "openai_compatible": speaks_openai,
        "anthropic": Wire(
            base_url=anthropic,
            endpoint=lambda base, model, stream: f"{_anthropic(base)}/messages",
            models=lambda base: f"{_anthropic(base)}/models",
            auth=lambda key: {"x-api-key": key, "anthropic-version": anthropic_version},
        ),
        "google": Wire(
            base_url=google,
            endpoint=_generate,
            models=lambda base: f"{_google(base)}/models",
            auth=lambda key: {"x-goog-api-key": key},
        ),
    }


def _anthropic(base: str) -> str:
    return f"{base.rstrip('/').removesuffix('/v1')}/v1"


def _google(base: str) -> str:
    base = base.rstrip("/")
    return base if base.endswith(("/v1beta", "/v1")) else f"{base}/v1beta"


def _generate(base: str, model: str, stream: bool) -> str:
    method = "streamGenerateContent?alt=sse" if stream else "generateContent"
    return f"{_google(base)}/models/{quote(model, safe='')}:{method}"
