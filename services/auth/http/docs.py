"""The description of this API: gateways show it at /docs."""

from typing import Any

import msgspec
from litestar import Controller, Request, Response, get
from litestar.datastructures import State

from services.auth.domain.permissions import PUBLIC
from services.auth.http.openapi.document import document


class DocsController(Controller):
    """/api/openapi.json"""

    path = "/openapi.json"

    @get(needs=PUBLIC)
    async def openapi(self, request: Request[Any, Any, Any], state: State) -> Response[bytes]:
        """This document."""
        if "document" not in state:
            state["document"] = msgspec.json.encode(document(request.app.routes))
        return Response(state["document"], media_type="application/json")
