"""/api/*: the control plane, passed on to auth as it is."""

from collections.abc import AsyncGenerator
from typing import Any

import httpx
from litestar import HttpMethod, Request, route
from litestar.datastructures import State

from libs.common.errors import Unavailable
from services.gateway.http.streaming import StreamingAnswer

# RFC 9110 §7.6.1: what belongs to one connection, and what the next one writes for itself.
_HOP = frozenset(
    "connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding upgrade "
    "host content-length".split()
)


@route(
    ["/api/{path:path}"],
    http_method=[HttpMethod.GET, HttpMethod.POST, HttpMethod.PUT, HttpMethod.PATCH, HttpMethod.DELETE],
    status_code=200,
)
async def control_plane(request: Request[Any, Any, Any], state: State) -> StreamingAnswer:
    """Pass a request on; cookies and bodies stay as they are."""
    client: httpx.AsyncClient = state.auth_client
    raw_path: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    query: bytes = request.scope["query_string"]
    url = raw_path.partition(b"?")[0] + (b"?" + query if query else b"")
    peer = request.scope["client"]
    headers = [(k, v) for k, v in request.scope["headers"] if k.decode("latin-1").lower() not in _HOP]
    if peer is not None:
        headers.append((b"x-forwarded-for", peer[0].encode()))
    body = await request.body()
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
        async for piece in upstream.aiter_raw():
            yield piece
    finally:
        await upstream.aclose()
