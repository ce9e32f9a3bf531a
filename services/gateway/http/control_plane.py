"""/api/*: the control plane, passed on to auth as it is."""

import asyncio
import re
from collections.abc import AsyncGenerator
from typing import Any

import httpx
from litestar import HttpMethod, Request, route
from litestar.datastructures import State

from libs.common.contracts.auth import GATEWAY_HEADER
from libs.common.errors import NotFound, Unavailable
from services.gateway.http.request import body_of
from services.gateway.http.streaming import StreamingAnswer

# RFC 9110 §7.6.1: what belongs to one connection; what the next one writes for itself; what only we may say.
_HOP = frozenset(
    "connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding upgrade "
    "host content-length forwarded x-forwarded-for x-forwarded-host x-forwarded-proto x-real-ip x-promptly-gateway".split()
)
# What lasts as long as somebody looks has connections of its own: views cannot use up those of everything else.
_FLOWING = frozenset(("/api/requests/stream", "/api/requests/export.csv"))
_SLASHES = re.compile("/{2,}")
_ANSWER_SECONDS = 30.0
_DOTS = re.compile(rb"(^|/|%2f)(\.|%2e){1,2}(/|%2f|$)", re.IGNORECASE)


@route(
    ["/api/{path:path}"],
    http_method=[
        HttpMethod.GET,
        HttpMethod.HEAD,
        HttpMethod.OPTIONS,
        HttpMethod.POST,
        HttpMethod.PUT,
        HttpMethod.PATCH,
        HttpMethod.DELETE,
    ],
    status_code=200,
    request_max_body_size=1 << 20,
)
async def control_plane(request: Request[Any, Any, Any], state: State) -> StreamingAnswer:
    """Pass a request on; cookies and bodies stay as they are."""
    raw_path: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    path = raw_path.partition(b"?")[0]
    if _DOTS.search(path):
        raise NotFound("There is nothing at this address.")
    query: bytes = request.scope["query_string"]
    url = path + (b"?" + query if query else b"")
    named = {name.strip().lower() for name in request.headers.get("connection", "").split(",")}
    headers = [
        (name, value)
        for name, value in request.scope["headers"]
        if (known := name.decode("latin-1").lower()) not in _HOP and known not in named
    ]
    if (peer := request.scope["client"]) is not None:
        headers.append((b"x-forwarded-for", peer[0].encode()))
        headers.append((GATEWAY_HEADER.encode(), state.gateway_proof))
    body = await body_of(request, state.body_timeout)
    flows = _SLASHES.sub("/", request.scope["path"]).rstrip("/") in _FLOWING
    client: httpx.AsyncClient = state.auth_streams if flows else state.auth_client
    outgoing = client.build_request(request.method, url.decode("latin-1"), headers=headers, content=body or None)
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            upstream = await client.send(outgoing, stream=True)
            pieces = _pieces(upstream) if flows else _once(await _whole(upstream))
    except httpx.PoolTimeout:
        busy = "Too many live views and exports are open; close one." if flows else "The control plane is busy."
        raise Unavailable(f"{busy} Try again in a moment.") from None
    except (httpx.HTTPError, TimeoutError):
        raise Unavailable("The control plane cannot be reached right now. Try again in a moment.") from None
    kept = [(k, v) for k, v in upstream.headers.raw if k.decode("latin-1").lower() not in _HOP]
    if not any(name.lower() == b"x-content-type-options" for name, _ in kept):
        kept.append((b"x-content-type-options", b"nosniff"))
    return StreamingAnswer(pieces, kept, upstream.status_code)


async def _whole(upstream: httpx.Response) -> bytes:
    """Read at once, so that a client that takes its time holds no connection of everybody's."""
    try:
        return b"".join([piece async for piece in upstream.aiter_raw()])
    finally:
        await upstream.aclose()


async def _once(body: bytes) -> AsyncGenerator[bytes, None]:
    yield body


async def _pieces(upstream: httpx.Response) -> AsyncGenerator[bytes, None]:
    try:
        yield b""
        async for piece in upstream.aiter_raw():
            yield piece
    finally:
        await upstream.aclose()
