"""Requests of the gateways themselves, beside those that they pass on. They prove themselves with the pepper.

Not among the routes under /api, which is what gateways pass on from anybody.
"""

import hmac
import json

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from libs.common import keys
from libs.common.contracts.auth import FROM_GATEWAY, GATEWAY_HEADER, VERIFY_OVER_HTTP, VerifyOverHttp, proof_of
from libs.common.contracts.base import DECODE_ERRORS, decoder
from libs.common.errors import PromptlyError, Unauthorized
from services.auth.keys.api_keys import ApiKeys

_LARGEST = 4096


def gateway_peers(app: ASGIApp, api_keys: ApiKeys) -> ASGIApp:
    """The application, which sees the client's address where a gateway of ours passed a request on; and, beside it, whom a
    key belongs to, for gateways without a bus.
    """
    pepper = api_keys.pepper
    proof = keys.digest(FROM_GATEWAY, pepper).encode()

    async def verify(receive: Receive) -> bytes:
        try:
            wanted: VerifyOverHttp = decoder(VerifyOverHttp).decode(await _body(receive))
        except DECODE_ERRORS:
            raise Unauthorized("This address is for gateways.") from None
        if not hmac.compare_digest(wanted.proof.encode(), keys.digest(proof_of(wanted.digest), pepper).encode()):
            raise Unauthorized("This address is for gateways.")
        return msgspec.json.encode(await api_keys.principal(wanted.digest))

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP:
            if scope["path"] == VERIFY_OVER_HTTP:
                try:
                    status, body = 200, await verify(receive)
                except PromptlyError as error:
                    status, body = error.status, json.dumps({"detail": error.message}).encode()
                headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
                await send({"type": "http.response.start", "status": status, "headers": headers})
                await send({"type": "http.response.body", "body": body, "more_body": False})
                return
            received = dict(scope["headers"])
            address = received.get(b"x-forwarded-for", b"").rpartition(b",")[2].strip().decode("latin-1")
            if address and hmac.compare_digest(received.get(GATEWAY_HEADER.encode(), b""), proof):
                scope["client"] = (address, 0)
        await app(scope, receive, send)

    return serve


async def _body(receive: Receive) -> bytes:
    body, more = b"", True
    while more and len(body) <= _LARGEST:
        message = await receive()
        if message["type"] != "http.request":
            break
        body, more = body + message.get("body", b""), message.get("more_body", False)
    return body[:_LARGEST]
