"""Requests of the gateways themselves, beside those that they pass on. They prove themselves with the pepper.

Not among the routes under /api, which is what gateways pass on from anybody.
"""

import hmac
import json
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from libs.common import keys
from libs.common.contracts.auth import (
    FIND_ISSUER_OVER_HTTP,
    FROM_GATEWAY,
    GATEWAY_HEADER,
    VERIFY_OVER_HTTP,
    CallerIssuer,
    FindIssuerOverHttp,
    Principal,
    VerifyOverHttp,
    proof_of,
)
from libs.common.contracts.base import DECODE_ERRORS, decoder
from libs.common.errors import PromptlyError, Unauthorized
from services.auth.issuers.service import CallerIssuers
from services.auth.keys.api_keys import ApiKeys

_LARGEST = 16384
_REFUSED = "This address is for gateways."


def gateway_peers(app: ASGIApp, api_keys: ApiKeys, issuers: CallerIssuers) -> ASGIApp:
    """The application, which sees the client's address where a gateway of ours passed a request on; and, beside it, whom a
    key belongs to, and who trusts an issuer, for gateways without a bus.
    """
    pepper = api_keys.pepper
    proof = keys.digest(FROM_GATEWAY, pepper).encode()

    async def verify(body: bytes) -> Principal:
        wanted: VerifyOverHttp = _decoded(body, VerifyOverHttp)
        _prove(wanted.digest, wanted.proof, pepper)
        return await api_keys.principal(wanted.digest)

    async def find_issuer(body: bytes) -> CallerIssuer:
        asked: FindIssuerOverHttp = _decoded(body, FindIssuerOverHttp)
        _prove(asked.wanted.issuer, asked.proof, pepper)
        return await issuers.find(asked.wanted)

    answers: dict[str, Callable[[bytes], Awaitable[Principal | CallerIssuer]]] = {
        VERIFY_OVER_HTTP: verify,
        FIND_ISSUER_OVER_HTTP: find_issuer,
    }

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP:
            if (answer := answers.get(scope["path"])) is not None:
                try:
                    status, body = 200, msgspec.json.encode(await answer(await _body(receive)))
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


def _decoded(body: bytes, shape: Any) -> Any:
    try:
        return decoder(shape).decode(body)
    except DECODE_ERRORS:
        raise Unauthorized(_REFUSED) from None


def _prove(about: str, proof: str, pepper: str) -> None:
    """Raises `Unauthorized` unless whoever asks has the pepper."""
    expected = keys.digest(proof_of(about), pepper).encode()
    if not hmac.compare_digest(proof.encode("utf-8", "surrogatepass"), expected):
        raise Unauthorized(_REFUSED)


async def _body(receive: Receive) -> bytes:
    body, more = b"", True
    while more and len(body) <= _LARGEST:
        message = await receive()
        if message["type"] != "http.request":
            break
        body, more = body + message.get("body", b""), message.get("more_body", False)
    return body[:_LARGEST]
