"""Which format, and which model, a path asks for."""

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import parse_qs

from tests.fake_provider import wire_anthropic, wire_google, wire_openai, wire_responses
from tests.fake_provider.formats import Format

_GOOGLE = re.compile(r"/v1(?:beta)?/models/([^/:]+):(generateContent|streamGenerateContent)")
_FORMATS: tuple[Format, ...] = (wire_openai, wire_anthropic, wire_google, wire_responses)


class Route(NamedTuple):
    """Where a request goes. `model` and `stream` are None where the body says; `sse` is false for a JSON array."""

    format: Format
    lists_models: bool = False
    model: str | None = None
    stream: bool | None = None
    sse: bool = True


def find(method: str, path: str, query: str, headers: Mapping[str, str]) -> Route | None:
    """The route of a request; None where no provider answers there."""
    openai, anthropic, google, responses = _FORMATS
    match method, path:
        case "POST", "/v1/chat/completions":
            return Route(openai)
        case "POST", "/v1/responses":
            return Route(responses)
        case "POST", "/v1/messages":
            return Route(anthropic)
        case "GET", "/v1/models":
            if "x-goog-api-key" in headers:
                return Route(google, lists_models=True)
            asks_anthropic = "anthropic-version" in headers or "x-api-key" in headers
            return Route(anthropic if asks_anthropic else openai, lists_models=True)
        case "GET", "/v1beta/models":
            return Route(google, lists_models=True)
    found = _GOOGLE.fullmatch(path)
    if found is None or method != "POST":
        return None
    sse = parse_qs(query).get("alt") == ["sse"]
    return Route(google, model=found[1], stream=found[2] == "streamGenerateContent", sse=sse)


def find_any(path: str) -> Format:
    """The format in which an unknown path is refused."""
    openai, anthropic, google, _ = _FORMATS
    if path.startswith("/v1beta/"):
        return google
    return anthropic if path.startswith("/v1/messages") else openai
