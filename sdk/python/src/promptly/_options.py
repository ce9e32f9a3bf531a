"""What a request may choose for itself."""

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

Level: TypeAlias = Literal["off", "conservative", "moderate", "aggressive"]
Cache: TypeAlias = Literal["no-store", "no-cache", "off"]
Routing: TypeAlias = Literal["auto", "manual", "shadow"]


def promptly_headers(
    *,
    level: Level | None = None,
    cache: Cache | None = None,
    routing: Routing | None = None,
    tags: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """One request's choices as headers: for `extra_headers` wherever OpenAI's client takes no choices of ours."""
    headers: dict[str, str] = {}
    if level is not None:
        headers["x-promptly-level"] = level
    if cache is not None:
        headers["x-promptly-cache"] = cache
    if routing is not None:
        headers["x-promptly-routing"] = routing
    if tags:
        for name, value in tags.items():
            # Inside a header they would be read as the next tag.
            if {",", "="} & {*name, *value}:
                raise ValueError(f"A tag holds neither a comma nor an equals sign: {name!r}.")
        headers["x-promptly-tags"] = ",".join(f"{name}={value}" for name, value in tags.items())
    return headers


def as_headers(params: dict[str, Any]) -> dict[str, Any]:
    """Parameters in which our choices have become headers; a header that the caller wrote wins."""
    chosen = {name: params.pop(name, None) for name in ("level", "cache", "routing", "tags")}
    if headers := promptly_headers(**chosen):
        params["extra_headers"] = {**headers, **(params.get("extra_headers") or {})}
    return params
