"""What a client may change for one request, in headers."""

import re
from collections.abc import Mapping

import msgspec

from libs.common.contracts.auth import Level, OptimizationSettings, RoutingMode
from libs.common.errors import BadRequest

_LEVELS = ("off", "conservative", "moderate", "aggressive")
_CACHE = ("no-store", "no-cache", "off")
_ROUTING = ("auto", "manual", "shadow")
_SCOPE = re.compile(r"[A-Za-z0-9_.:@/+=-]{1,128}")
_WEBHOOK = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TAG = re.compile(r"([A-Za-z0-9_.-]{1,64})=([^,=]{1,256})")
_DEADLINE = re.compile(r"([0-9]{1,5})([smh]?)", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600}
MAX_TAGS = 10
MAX_DEADLINE = 86_400  # seconds


class Overrides(msgspec.Struct, frozen=True, kw_only=True):
    """One request's own choices; None leaves the organization's. Cached answers are shared within one `cache_scope` only. The answer is
    wanted within `deadline` seconds; None: at once. `webhook` names the organization's own that is told when a request has waited.
    """

    level: Level | None = None
    routing_mode: RoutingMode | None = None
    read_cache: bool = True
    write_cache: bool = True
    cache_scope: str | None = None
    deadline: int | None = None
    webhook: str | None = None
    tags: dict[str, str] = {}

    def apply(self, settings: OptimizationSettings) -> OptimizationSettings:
        """The settings that this request runs under."""
        if self.level is None and self.routing_mode is None:
            return settings
        return msgspec.structs.replace(
            settings,
            level=self.level or settings.level,
            routing_mode=self.routing_mode or settings.routing_mode,
        )


NONE = Overrides()


def parse(headers: Mapping[str, str], known_tags: Mapping[str, str]) -> Overrides:
    """Read the `x-promptly-*` headers; `BadRequest` for a value that means nothing. `known_tags` are the principal's: no header changes
    them; one without a value is one that only a token may give.
    """
    level = headers.get("x-promptly-level")
    cache = headers.get("x-promptly-cache")
    routing = headers.get("x-promptly-routing")
    scope = headers.get("x-promptly-cache-scope")
    deadline = headers.get("x-promptly-deadline")
    webhook = headers.get("x-promptly-webhook")
    tags = headers.get("x-promptly-tags")
    if all(value is None for value in (level, cache, routing, scope, deadline, webhook, tags)):
        return Overrides(tags=with_known({}, known_tags)) if known_tags else NONE
    _one_of("x-promptly-level", level, _LEVELS)
    _one_of("x-promptly-cache", cache, _CACHE)
    _one_of("x-promptly-routing", routing, _ROUTING)
    return Overrides(
        level=level,  # type: ignore[arg-type]  # checked above
        routing_mode=routing,  # type: ignore[arg-type]  # checked above
        read_cache=cache not in ("no-cache", "off"),
        write_cache=cache not in ("no-store", "off"),
        cache_scope=_scope(scope),
        deadline=_deadline(deadline),
        webhook=_webhook(webhook),
        tags=with_known(_tags(tags or ""), known_tags),
    )


def with_known(said: Mapping[str, str], known: Mapping[str, str]) -> dict[str, str]:
    """The tags that a client gives, and the principal's in the place of those of the same name."""
    return {name: value for name, value in {**said, **known}.items() if value or name not in known}


def _one_of(name: str, value: str | None, allowed: tuple[str, ...]) -> None:
    if value is not None and value not in allowed:
        raise BadRequest(f"The header {name} takes {', '.join(allowed)}.", code="invalid_header", param=name)


def _scope(value: str | None) -> str | None:
    if value is not None and _SCOPE.fullmatch(value) is None:
        raise BadRequest(
            "The header x-promptly-cache-scope takes 1 to 128 letters, digits or characters of _ . : @ / + = -.",
            code="invalid_header",
            param="x-promptly-cache-scope",
        )
    return value


def _deadline(value: str | None) -> int | None:
    if value is None:
        return None
    match = _DEADLINE.fullmatch(value.strip())
    seconds = 0 if match is None else int(match[1]) * _SECONDS[match[2] or "s"]
    if not 1 <= seconds <= MAX_DEADLINE:
        raise BadRequest(
            "The header x-promptly-deadline takes how long the answer may take, such as 90s, 30m or 2h, and 24h at most.",
            code="invalid_header",
            param="x-promptly-deadline",
        )
    return seconds


def _webhook(value: str | None) -> str | None:
    if value is not None and _WEBHOOK.fullmatch(value) is None:
        raise BadRequest(
            "The header x-promptly-webhook takes the name of a webhook of your organization (1 to 64 letters, digits or characters"
            " of _ -), no address.",
            code="invalid_header",
            param="x-promptly-webhook",
        )
    return value


def _tags(value: str) -> dict[str, str]:
    tags = {}
    for part in filter(None, (piece.strip() for piece in value.split(","))):
        match = _TAG.fullmatch(part)
        if match is None:
            raise BadRequest(
                "The header x-promptly-tags takes key=value pairs with commas between them.",
                code="invalid_header",
                param="x-promptly-tags",
            )
        tags[match[1]] = match[2]
    if len(tags) > MAX_TAGS:
        raise BadRequest(f"The header x-promptly-tags takes at most {MAX_TAGS} pairs.", code="invalid_header")
    return tags
