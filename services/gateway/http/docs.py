"""/docs: both documents and a page that shows them, all from this process, so that it works without a network."""

from functools import cache
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
from litestar import Request, Response, get
from litestar.datastructures import State

from libs.common.errors import Unavailable
from services.gateway.http.middleware import request_scope
from services.gateway.http.openapi.document import document

_HERE: Final = Path(__file__).parent / "openapi"
_PAGE: Final = (_HERE / "page.html").read_text()
_SCRIPT: Final = (_HERE / "rapidoc-min.js").read_bytes()
# The page's script writes styles into itself. Nothing comes from elsewhere, and nothing is sent there.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@get("/docs")
async def gateway_page(request: Request[Any, Any, Any]) -> Response[str]:
    """The data plane, to read and to try."""
    return _page(request, "gateway")


@get("/docs/control-plane")
async def control_plane_page(request: Request[Any, Any, Any]) -> Response[str]:
    """The control plane, to read and to try."""
    return _page(request, "control-plane")


@get("/docs/gateway.json")
async def gateway_document() -> Response[bytes]:
    """The data plane as OpenAPI."""
    return Response(_gateway(), media_type="application/json")


@get("/docs/control-plane.json")
async def control_plane_document(state: State) -> Response[bytes]:
    """The control plane as OpenAPI: auth knows it."""
    client: httpx.AsyncClient = state.auth_client
    try:
        answer = (await client.get("/api/openapi.json")).raise_for_status()
    except httpx.HTTPError:
        raise Unavailable("The control plane cannot be reached right now. Try again in a moment.") from None
    return Response(answer.content, media_type="application/json")


@get("/docs/rapidoc-min.js")
async def script(request: Request[Any, Any, Any]) -> Response[bytes]:
    """What draws the page."""
    request_scope(request.scope).headers["cache-control"] = "public, max-age=86400"
    return Response(_SCRIPT, media_type="text/javascript")


@cache
def _gateway() -> bytes:
    return msgspec.json.encode(document())


def _page(request: Request[Any, Any, Any], document: str) -> Response[str]:
    request_scope(request.scope).headers["content-security-policy"] = _POLICY
    return Response(_PAGE.replace("{document}", document), media_type="text/html")


DOCS: Final = (gateway_page, control_plane_page, gateway_document, control_plane_document, script)
