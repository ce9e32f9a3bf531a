"""Whom a request comes from, as a gateway tells it: gateways prove themselves, so that nobody else can name an address."""

import hmac

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from libs.common import keys
from libs.common.contracts.auth import FROM_GATEWAY, GATEWAY_HEADER


def gateway_peers(app: ASGIApp, pepper: str) -> ASGIApp:
    """The application, which sees the client's address where a gateway of ours passed a request on."""
    proof = keys.digest(FROM_GATEWAY, pepper).encode()

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP:
            headers = dict(scope["headers"])
            told = headers.get(b"x-forwarded-for", b"").rpartition(b",")[2].strip().decode("latin-1")
            if told and hmac.compare_digest(headers.get(GATEWAY_HEADER.encode(), b""), proof):
                scope["client"] = (told, 0)
        await app(scope, receive, send)

    return serve
