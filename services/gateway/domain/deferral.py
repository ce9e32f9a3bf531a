"""Requests that can wait: a provider's slower tier of service answers them at a lower price."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

import msgspec

from services.gateway.domain.request import Request

# Seconds. A shorter wait is not worth the risk of a second call; and nobody holds a connection for longer than the second.
SHORTEST: Final = 300
LONGEST: Final = 900

# From this deadline on, in seconds, a request whose client asks for it waits for a batch of the provider's. Most are done within an hour,
# but a provider may take a day: what is left an hour before the deadline is answered at once.
BATCHED: Final = 43_200
LAST_CALL: Final = 3_600
BATCH_TIER: Final = "batch"
_MAX_PREFER = 1_000


def prefers_async(headers: Mapping[str, str]) -> bool:
    """Whether the client takes a status address in the place of an answer (RFC 7240). Header names are lower-case."""
    said = headers.get("prefer", "")[:_MAX_PREFER].lower()
    return any(part.partition(";")[0].strip() == "respond-async" for part in said.split(","))


def can_be_batched(request: Request, factor: Decimal | None, headers: Mapping[str, str]) -> bool:
    """Whether a request waits for a batch that multiplies prices with `factor`: as for a slower tier, with a deadline that is far enough
    away, no stream, and a client that takes a status address.
    """
    if request.envelope.stream or bytes(request.envelope.top.get("background", b"")).strip() == b"true":
        return False
    return (request.overrides.deadline or 0) >= BATCHED and prefers_async(headers) and can_wait(request, factor)


def can_wait(request: Request, factor: Decimal | None) -> bool:
    """Whether a request goes to a tier that multiplies prices with `factor` (None: unknown): the client can wait and asks for no tier,
    the organization wants it, and it costs less.
    """
    deadline = request.overrides.deadline
    if deadline is None or deadline < SHORTEST or not request.settings.deferral or request.envelope.tier is not None:
        return False
    return factor is not None and factor < 1


def with_field(body: bytes, name: str, value: str) -> bytes | None:
    """The body with a field added; None where it says something there already."""
    fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    if bytes(fields.get(name, b"null")).strip() != b"null":
        return None
    fields[name] = msgspec.Raw(msgspec.json.encode(value))
    return msgspec.json.encode(fields)
