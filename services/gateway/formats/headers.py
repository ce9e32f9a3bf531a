"""Headers that pass between client and provider where a request is forwarded as it came. Names are lower-case."""

import re
from collections.abc import Mapping

_NEVER = frozenset(
    """
    authorization x-api-key x-goog-api-key cookie openai-organization openai-project host accept-encoding connection
    content-length content-encoding transfer-encoding te upgrade keep-alive proxy-authorization proxy-connection trailer
    x-forwarded-for x-forwarded-host x-forwarded-proto x-real-ip forwarded via
    """.split()
)
_OURS = "x-promptly-"
_BACK = frozenset(
    """
    request-id x-request-id openai-processing-ms x-codex-turn-state x-models-etag x-reasoning-included openai-model
    """.split()
)
_LIMITS = re.compile(r"retry-after(?:-ms)?|anthropic-ratelimit-[a-z0-9-]+|x-ratelimit-[a-z0-9-]+")
_OF_ACCOUNT = "anthropic-ratelimit-unified-"
# Headers in which a client names itself and its machine: they go to the provider whose client it is, and to nobody else.
_CODEX = ("x-codex-", "originator", "session-id", "thread-id", "openai-beta")
_ANTHROPIC_VERSION = "2023-06-01"


def without_credentials(headers: Mapping[str, str]) -> dict[str, str]:
    """A client's headers without those that never go on: credentials, what belongs to the connection, and ours."""
    return {name: value for name, value in headers.items() if name not in _NEVER and not name.startswith(_OURS)}


def to_anthropic(headers: Mapping[str, str]) -> dict[str, str]:
    """What a client of the Messages API sends along: its version and its betas as they came, and never one of ours."""
    found = {name: value for name, value in headers.items() if name.startswith("anthropic-") and name not in _NEVER}
    found.setdefault("anthropic-version", _ANTHROPIC_VERSION)
    return found


def to_openai(headers: Mapping[str, str]) -> dict[str, str]:
    """What a client of the Responses API sends along to OpenAI, and only there."""
    return {
        name: value
        for name, value in headers.items()
        if name.startswith(_CODEX) and name not in _NEVER and not name.startswith(_OURS)
    }


def to_google(headers: Mapping[str, str]) -> dict[str, str]:
    """What a client of the Gemini API sends along."""
    return {name: value for name, value in headers.items() if name == "x-goog-api-client"}


def to_client(headers: Mapping[str, str], *, own_key: bool) -> dict[str, str]:
    """What of a provider's answer the client gets to see. `own_key`: the provider's key is the organization's own, and so are the
    limits of its account.
    """
    found = {name: value for name, value in headers.items() if name in _BACK or _LIMITS.fullmatch(name)}
    if own_key:
        return found
    return {name: value for name, value in found.items() if not name.startswith(_OF_ACCOUNT)}
