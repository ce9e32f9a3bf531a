"""/api/*: the control plane, passed on to auth as it is."""

import re
from collections.abc import AsyncGenerator
from typing import Any

import httpx
from litestar import HttpMethod, Request, route
from litestar.datastructures import State

from libs.common.errors import NotFound, Unavailable
from services.gateway.http.chat import body_of
from services.gateway.http.streaming import StreamingAnswer

# RFC 9110 §7.6.1: what belongs to one connection; what the next one writes for itself; what only we may say.
_HOP = frozenset(
    "connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding upgrade "
    "host content-length forwarded x-forwarded-for x-forwarded-host x-forwarded-proto x-real-ip".split()
)
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
)
async def control_plane(request: Request[Any, Any, Any], state: State) -> StreamingAnswer:
    """Pass a request on; cookies and bodies stay as they are."""
    client: httpx.AsyncClient = state.auth_client
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
    body = await body_of(request, state.body_timeout)
    try:
        upstream = await client.send(
            client.build_request(request.method, url.decode("latin-1"), headers=headers, content=body or None),
            stream=True,
        )
    except httpx.HTTPError:
        raise Unavailable("The control plane cannot be reached right now. Try again in a moment.") from None
    kept = [(k, v) for k, v in upstream.headers.raw if k.decode("latin-1").lower() not in _HOP]
    return StreamingAnswer(_pieces(upstream), kept, upstream.status_code)


async def _pieces(upstream: httpx.Response) -> AsyncGenerator[bytes, None]:
    try:
        yield b""
        async for piece in upstream.aiter_raw():
            yield piece
    finally:
        await upstream.aclose()
