"""Requests that can wait: a provider's slower tier of service answers them at a lower price."""

from decimal import Decimal
from typing import Final

import msgspec

from services.gateway.domain.request import Request

# Seconds. A shorter wait is not worth the risk of a second call; and nobody holds a connection for longer than the second.
SHORTEST: Final = 300
LONGEST: Final = 900


def can_wait(request: Request, factor: Decimal | None) -> bool:
    """Whether a request goes to a tier that multiplies prices with `factor` (None: unknown): the client can wait and asks for no tier,
    the organization wants it, and it costs less.
    """
    deadline = request.overrides.deadline
    if deadline is None or deadline < SHORTEST or not request.settings.deferral or request.envelope.tier is not None:
        return False
    return factor is not None and factor < 1


def with_tier(body: bytes, tier: str) -> bytes | None:
    """The body with a service tier asked for; None where it asks for one already."""
    fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    if bytes(fields.get("service_tier", b"null")).strip() != b"null":
        return None
    fields["service_tier"] = msgspec.Raw(msgspec.json.encode(tier))
    return msgspec.json.encode(fields)
